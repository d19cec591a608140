// Objects whose edges are still to be walked, oldest first: on graphs that were made in one go the order is that of
// addresses, and what comes next is known long enough before to be fetched.
//
// The queue outlives a slice. What an earlier slice has left in it may have died since, so it is looked up anew when it is taken.

using System.Runtime.CompilerServices;
using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal unsafe struct GreyQueue(HeapState* heap)
{
    private readonly HeapState* _heap = heap;

    /// <summary>So many of the next objects are from an earlier slice.</summary>
    private ulong _stale = heap->Grey.Count;

    /// <summary>False = no memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryAdd(void* payload) => _heap->Grey.TryAdd(payload);

    public readonly bool IsEmpty => _heap->Grey.Count == 0;

    /// <summary>Takes the next object of a queue that is not empty; null = it has died.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void* Take()
    {
        void* ahead = _heap->Grey.Peek(Prefetch.Distance);
        if (ahead != null)
        {
            Prefetch.Header(ahead);
        }

        void* payload = _heap->Grey.Take();
        if (_stale == 0)
        {
            return payload;
        }

        _stale--;
        return Edge.IsTouchedObject(_heap, payload) ? payload : null;
    }
}
