// How many bytes live, counted one segment at a time, so that nobody waits for it: a page says how many of its blocks are in
// service and how many of these are free. The counts of segments are of different moments, and blocks in bins count as living:
// it is for decisions, not for statistics (LiveBlocks).
//
// Pages in use would be had for nothing, but they say little about a heap that is fragmented: a page stays in use for one block.

namespace RefRuntime.Heap;

internal static unsafe class Census
{
    public static void Begin(HeapState* heap)
    {
        heap->CensusNext = heap->Segments;
        heap->CensusBytes = 0;
    }

    /// <summary>Counts the next segment, some microseconds. True when all are counted.</summary>
    public static bool TryStep(HeapState* heap)
    {
        Segment* segment = heap->CensusNext;
        if (segment == null)
        {
            return true;
        }

        LiveBlocks live = default;
        live.Add(segment);
        heap->CensusBytes += live.Bytes;
        heap->CensusNext = segment->Next;
        return heap->CensusNext == null;
    }

    /// <summary>The segment leaves the heap.</summary>
    public static void Forget(HeapState* heap, Segment* segment)
    {
        if (heap->CensusNext == segment)
        {
            heap->CensusNext = segment->Next;
        }
    }

    /// <summary>What the last census has found: bytes of blocks of objects and of raw memory, and foreign bytes.</summary>
    public static ulong Total(HeapState* heap)
    {
        ulong objects = heap->CensusBytes > heap->QuarantineBytes ? heap->CensusBytes - heap->QuarantineBytes : 0;
        return objects + heap->RawBytes + heap->ExternalBytes;
    }
}
