// A growable array of pointers straight from the system, for the lists that a collection makes. It grows by doubling, shrinks
// when asked to, and a failure to grow leaves it as it was.
//
// Invariant: Count <= Capacity; Items is null iff Capacity is 0.

using System.Runtime.CompilerServices;
using RefRuntime.Core;

namespace RefRuntime.Os;

internal unsafe struct PointerBuffer
{
    /// <summary>Kept between uses; a larger one goes back to the system by <see cref="Reset"/>.</summary>
    private const ulong KeepEntries = 32 * 1024;

    /// <summary>What TryShrink gives back at a time.</summary>
    private const ulong ShrinkEntries = 4 * KeepEntries;

    private const ulong FirstEntries = 512;

    public void** Items;
    public ulong Count;
    public ulong Capacity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPush(void* item)
    {
        if (Count == Capacity && !TryGrow())
        {
            return false;
        }

        Items[Count++] = item;
        return true;
    }

    /// <summary>Makes room for so many entries in all.</summary>
    public bool TryReserve(ulong entries)
    {
        while (Capacity < entries)
        {
            if (!TryGrow())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives back a piece of what lies behind the entries: the whole of it would be milliseconds. False when that is little.</summary>
    public bool TryShrink()
    {
        // In steps of KeepEntries: whole pages, however large the system's are.
        ulong kept = Bits.AlignUp(Count + 1, KeepEntries);
        if (Capacity <= kept)
        {
            return false;
        }

        ulong entries = Capacity - kept < ShrinkEntries ? Capacity - kept : ShrinkEntries;
        Capacity -= entries;
        Memory.Release((byte*)(Items + Capacity), entries * 8);
        return true;
    }

    /// <summary>Empties the buffer; a large one is given back.</summary>
    public void Reset()
    {
        Count = 0;
        if (Capacity > KeepEntries)
        {
            Free();
        }
    }

    public void Free()
    {
        if (Items != null)
        {
            Memory.Release((byte*)Items, Capacity * 8);
        }

        this = default;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryGrow()
    {
        ulong capacity = Capacity == 0 ? FirstEntries : Capacity * 2;
        byte* items = Items == null
            ? Memory.Reserve(capacity * 8, 16)
            : Memory.Grow((byte*)Items, Capacity * 8, capacity * 8);
        if (items == null)
        {
            return false;
        }

        Items = (void**)items;
        Capacity = capacity;
        return true;
    }
}
