// One bit for each SegmentSize of the address space: does a segment of ours lie there? It makes "is this any object of
// ours" safe and O(1) for any pointer value. Process-wide; bits change by atomic operations, since many heaps share a word.
//
// The map is reserved once (8 MiB of addresses, touched only where segments are) and never released.

using System.Runtime.CompilerServices;
using System.Threading;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class SegmentMap
{
    private const ulong MapBytes = (1ul << (Config.AddressBits - Config.SegmentShift)) / 8;

    // No initialisers: these are read on every call, and a class initialiser would be checked each time.
    private static ulong* s_words;
    private static ulong s_addressLimit;

    /// <summary>The map, and the address from which on nothing is in it: 0 before it is there.</summary>
    public static ulong* Words => s_words;
    public static ulong AddressLimit => s_addressLimit;

    /// <summary>False when the system has no memory; every lookup then answers "not ours", and it may be tried again.</summary>
    public static bool TryInitialize()
    {
        if (s_words != null)
        {
            return true;
        }

        ulong* words = (ulong*)Memory.Reserve(MapBytes, Config.OsPageSize);
        if (words == null)
        {
            return false;
        }

        // The limit last: whoever sees it finds the map.
        s_words = words;
        Volatile.Write(ref s_addressLimit, 1ul << Config.AddressBits);
        return true;
    }

    /// <summary>True if the address lies in the first SegmentSize bytes of a segment of ours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Contains(void* address)
    {
        ulong value = (ulong)address;
        if (value >= Volatile.Read(ref s_addressLimit))
        {
            return false;
        }

        ulong index = value >> Config.SegmentShift;
        return ((s_words[index >> 6] >> (int)(index & 63)) & 1) != 0;
    }

    /// <summary>Can the address be marked?</summary>
    public static bool Covers(void* address) => (ulong)address < s_addressLimit;

    public static void Add(Segment* segment)
    {
        ulong index = (ulong)segment >> Config.SegmentShift;
        Interlocked.Or(ref s_words[index >> 6], 1ul << (int)(index & 63));
    }

    public static void Remove(Segment* segment)
    {
        ulong index = (ulong)segment >> Config.SegmentShift;
        Interlocked.And(ref s_words[index >> 6], ~(1ul << (int)(index & 63)));
    }
}
