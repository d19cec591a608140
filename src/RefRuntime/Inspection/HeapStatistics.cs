// The statistics of a heap. What the allocator's fast paths would have to count up is derived here instead: blocks put
// into bins, less what still lies there.

using System.Numerics;
using RefRuntime.Abi;
using RefRuntime.Heap;

namespace RefRuntime.Inspection;

internal static unsafe class HeapStatistics
{
    public static Stats Read(HeapState* heap)
    {
        ulong objects = 0;
        ulong bytes = 0;
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            Page* table = Segment.PageTable(segment);
            for (ulong used = ~segment->FreePages; used != 0; used &= used - 1)
            {
                Page* page = table + BitOperations.TrailingZeroCount(used);
                if (page->Domain == Domain.Objects && page->Limit != 0)
                {
                    ulong live = page->Kind == PageKind.Small ? (ulong)(page->Carved - page->FreeCount) : 1;
                    objects += live;
                    bytes += live * Blocks.BytesOf(page);
                }
            }
        }

        ulong inBins = 0;
        for (int i = 0; i < SizeClass.Count; i++)
        {
            ulong waiting = Blocks.CountBinned(heap, i);
            inBins += waiting;
            bytes -= waiting * SizeClass.BlockSize(i);
        }

        bytes -= heap->QuarantineBytes;
        ulong alive = objects - inBins - heap->QuarantineObjects;
        ulong allocated = heap->ObjectsBinned - inBins;
        return new Stats
        {
            LiveObjects = alive,
            LiveBytes = bytes,
            ReservedBytes = heap->ReservedBytes,
            CommittedBytes = HeapState.CommittedBytes(heap),
            PeakBytes = heap->PeakBytes,
            RawBytes = heap->RawBytes,
            ExternalBytes = heap->ExternalBytes,
            ObjectsAllocated = allocated,
            ObjectsFreed = allocated - alive,
            Collections = heap->Collections,
            ObjectsCollected = heap->ObjectsCollected,
            ObjectsResurrected = heap->ObjectsResurrected,
            ObjectsVisited = heap->ObjectsVisited,
            FinalizersRun = heap->FinalizersRun,
            WeakrefsLive = heap->WeakReferencesLive,
            Candidates = heap->Candidates,
            GcNsTotal = heap->GcNanosecondsTotal,
            GcNsMax = heap->GcNanosecondsMax,
        };
    }
}
