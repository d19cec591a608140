// Objects whose count is 0 and that wait for their death. A fixed array takes nearly all of them; what does not fit waits
// in the bitmaps of the pages, which are there anyway. So releasing never needs memory, however wide or deep the graph.
//
// Each release in progress uses the part of the array above the top it found (a callback may release again); who finds
// the array at its own base empty also takes what has spilled.

using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Lifetime;

internal static unsafe class DeathQueue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Push(HeapState* heap, void* payload)
    {
        if (heap->QueueTop < Config.DeathQueueLength)
        {
            heap->Queue[heap->QueueTop++] = (ulong)payload;
        }
        else
        {
            Spill(heap, payload);
        }
    }

    /// <summary>The next object to die for the release that began at <paramref name="queueBase"/>, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Pop(HeapState* heap, ulong queueBase)
    {
        if (heap->QueueTop > queueBase)
        {
            return (void*)heap->Queue[--heap->QueueTop];
        }

        return heap->QueueSpilled != 0 ? Unspill(heap) : null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Spill(HeapState* heap, void* payload)
    {
        CandidateLog.Remove(heap, payload);
        Header.Word(payload) |= HeaderFlags.Spilled;
        CandidateLog.SetBit(payload);
        heap->QueueSpilled = 1;
    }

    /// <summary>Returns one spilled object, or null, and fills the free part of the array with others.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* Unspill(HeapState* heap)
    {
        Finder finder = new() { Heap = heap };
        if (CandidateLog.Visit(heap, ref finder))
        {
            heap->QueueSpilled = 0;
        }

        return finder.First;
    }

    private struct Finder : IBlockVisitor
    {
        public HeapState* Heap;
        public void* First;

        public bool Visit(Page* page, void* payload)
        {
            if ((Header.Word(payload) & HeaderFlags.Spilled) == 0)
            {
                return true;
            }

            if (First != null && Heap->QueueTop == Config.DeathQueueLength)
            {
                return false;
            }

            CandidateLog.ClearBit(page, payload);
            Header.Word(payload) &= ~HeaderFlags.Spilled;
            if (First == null)
            {
                First = payload;
            }
            else
            {
                Heap->Queue[Heap->QueueTop++] = (ulong)payload;
            }

            return true;
        }
    }
}
