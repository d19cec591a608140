// Asking for memory before it is read. A hint: without support for it nothing happens.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal static unsafe class Prefetch
{
    /// <summary>How far ahead in a table of objects: long enough for main memory, short enough for the cache.</summary>
    public const uint Distance = 16;

    /// <summary>Fetches the beginning of an object: its header and the first four words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Header(void* payload)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((byte*)payload - Config.HeaderSize);
            Sse.Prefetch0((byte*)payload + 24);
        }
    }

    /// <summary>Fetches the word of the log in which the object's bit stands.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LogWord(void* payload) =>
        Line(Segment.BitmapAt(payload) + (Blocks.IndexOf(Segment.PageOf(payload), payload) >> 6));

    /// <summary>Fetches the cache line of the address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Line(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Fetches what the segment's head knows of the page that the address lies in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PageEntry(void* payload) => Line(Segment.PageOf(payload));
}
