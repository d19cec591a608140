// From an object to the chain of its weak references: open addressing with linear probing, in memory of the system's.
// Objects without weak references, nearly all, have no entry and pay nothing.
//
// Entry: { object, first weak reference }. Invariants: WeakCount <= 3/4 WeakCapacity, a power of two; an entry lies at its
// home or behind an unbroken run of entries from there (deletion shifts back, so there are no tombstones).

using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Weak;

internal static unsafe class WeakTable
{
    private const ulong FirstCapacity = 256;
    private const ulong EntryBytes = 16;

    /// <summary>The first weak reference in the object's chain, or null.</summary>
    public static WeakRefPayload* Find(HeapState* heap, void* target)
    {
        if (heap->WeakCount == 0)
        {
            return null;
        }

        for (ulong i = Home(heap, target); ; i = (i + 1) & (heap->WeakCapacity - 1))
        {
            void** entry = heap->WeakSlots + (2 * i);
            if (entry[0] == target || entry[0] == null)
            {
                return (WeakRefPayload*)entry[1];
            }
        }
    }

    /// <summary>Makes room for one more entry. False when the system has no memory: nothing changed then.</summary>
    public static bool TryReserve(HeapState* heap)
    {
        if (heap->WeakCount < heap->WeakCapacity / 4 * 3)
        {
            return true;
        }

        ulong capacity = heap->WeakCapacity == 0 ? FirstCapacity : heap->WeakCapacity * 2;
        void** slots = (void**)Memory.Reserve(capacity * EntryBytes, Config.OsPageSize);
        if (slots == null)
        {
            return false;
        }

        void** old = heap->WeakSlots;
        ulong oldCapacity = heap->WeakCapacity;
        heap->WeakSlots = slots;
        heap->WeakCapacity = capacity;
        heap->WeakCount = 0;
        for (ulong i = 0; i < oldCapacity; i++)
        {
            if (old[2 * i] != null)
            {
                Set(heap, old[2 * i], (WeakRefPayload*)old[(2 * i) + 1]);
            }
        }

        if (old != null)
        {
            Memory.Release((byte*)old, oldCapacity * EntryBytes);
        }

        return true;
    }

    /// <summary>Sets the object's chain; a new entry needs room that <see cref="TryReserve"/> made.</summary>
    public static void Set(HeapState* heap, void* target, WeakRefPayload* first)
    {
        ulong i = Home(heap, target);
        while (heap->WeakSlots[2 * i] != null && heap->WeakSlots[2 * i] != target)
        {
            i = (i + 1) & (heap->WeakCapacity - 1);
        }

        if (heap->WeakSlots[2 * i] == null)
        {
            heap->WeakSlots[2 * i] = target;
            heap->WeakCount++;
        }

        heap->WeakSlots[(2 * i) + 1] = first;
    }

    /// <summary>Removes the object's entry, which exists.</summary>
    public static void Remove(HeapState* heap, void* target)
    {
        ulong mask = heap->WeakCapacity - 1;
        ulong hole = Home(heap, target);
        while (heap->WeakSlots[2 * hole] != target)
        {
            hole = (hole + 1) & mask;
        }

        // Close the hole with whatever behind it may lie that far forward (Knuth, TAOCP 3, 6.4, algorithm R).
        for (ulong i = (hole + 1) & mask; heap->WeakSlots[2 * i] != null; i = (i + 1) & mask)
        {
            ulong home = Home(heap, heap->WeakSlots[2 * i]);
            if (((i - home) & mask) >= ((i - hole) & mask))
            {
                heap->WeakSlots[2 * hole] = heap->WeakSlots[2 * i];
                heap->WeakSlots[(2 * hole) + 1] = heap->WeakSlots[(2 * i) + 1];
                hole = i;
            }
        }

        heap->WeakSlots[2 * hole] = null;
        heap->WeakSlots[(2 * hole) + 1] = null;
        heap->WeakCount--;
    }

    public static void Free(HeapState* heap)
    {
        if (heap->WeakSlots != null)
        {
            Memory.Release((byte*)heap->WeakSlots, heap->WeakCapacity * EntryBytes);
        }

        heap->WeakSlots = null;
        heap->WeakCapacity = 0;
        heap->WeakCount = 0;
    }

    /// <summary>Fibonacci hashing of the address (Knuth, TAOCP 3, 6.4).</summary>
    private static ulong Home(HeapState* heap, void* target) =>
        ((((ulong)target >> 4) * 0x9E3779B97F4A7C15ul) >> 20) & (heap->WeakCapacity - 1);
}
