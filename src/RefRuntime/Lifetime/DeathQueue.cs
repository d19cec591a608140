// Objects whose count is 0 and that wait for their death. A fixed array takes nearly all of them; what does not fit waits
// in the bitmaps of the pages, which are there anyway. So releasing never needs memory, however wide or deep the graph.
//
// Each release in progress uses the part of the array above the top it found (a callback may release again); who finds
// the array at its own base empty also takes what has spilled.

using System.Numerics;
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
        Page* page = Segment.PageOf(payload);
        Segment.Of(page)->SpilledPages |= 1ul << Segment.IndexOf(page);
        heap->QueueSpilled = 1;
    }

    /// <summary>Returns one spilled object, or null, and fills the free part of the array with others.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* Unspill(HeapState* heap)
    {
        void* first = null;
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            for (ulong pages = segment->SpilledPages; pages != 0; pages &= pages - 1)
            {
                int index = BitOperations.TrailingZeroCount(pages);
                if (!TryTakeAll(heap, Segment.PageTable(segment) + index, ref first))
                {
                    return first;
                }

                segment->SpilledPages &= ~(1ul << index);
            }
        }

        heap->QueueSpilled = 0;
        return first;
    }

    /// <summary>Takes what has spilled into the page's bitmap, the first in hand and the others into the array. False when that is full.</summary>
    private static bool TryTakeAll(HeapState* heap, Page* page, ref void* first)
    {
        ulong* bitmap = Segment.Bitmap(page);
        uint words = (Blocks.CarvedOf(page) + 63) / 64;
        for (uint w = 0; w < words; w++)
        {
            for (ulong bits = bitmap[w]; bits != 0; bits &= bits - 1)
            {
                void* payload = Blocks.PayloadAt(page, (w * 64) + (uint)BitOperations.TrailingZeroCount(bits));
                if ((Header.Word(payload) & HeaderFlags.Spilled) == 0)
                {
                    continue;
                }

                if (first != null && heap->QueueTop == Config.DeathQueueLength)
                {
                    return false;
                }

                CandidateLog.ClearBit(page, payload);
                Header.Word(payload) &= ~HeaderFlags.Spilled;
                if (first == null)
                {
                    first = payload;
                }
                else
                {
                    heap->Queue[heap->QueueTop++] = (ulong)payload;
                }
            }
        }

        return true;
    }
}
