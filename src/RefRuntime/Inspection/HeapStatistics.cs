// The statistics of a heap. What the allocator's fast paths would have to count up is derived here instead: blocks put
// into bins, less what still lies there.

using RefRuntime.Abi;
using RefRuntime.Heap;

namespace RefRuntime.Inspection;

internal static unsafe class HeapStatistics
{
    public static Stats Read(HeapState* heap)
    {
        LiveBlocks live = LiveBlocks.Count(heap);
        ulong allocated = heap->ObjectsBinned - live.InBins;
        return new Stats
        {
            LiveObjects = live.Objects,
            LiveBytes = live.Bytes,
            ReservedBytes = heap->ReservedBytes,
            CommittedBytes = HeapState.CommittedBytes(heap),
            PeakBytes = heap->PeakBytes,
            RawBytes = heap->RawBytes,
            ExternalBytes = heap->ExternalBytes,
            ObjectsAllocated = allocated,
            ObjectsFreed = allocated - live.Objects,
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
