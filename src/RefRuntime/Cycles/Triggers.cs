// When automatic collections start. Polled at the allocator's slow path; a full candidate log empties the bins, so that
// the next allocation comes there.
//
//   candidates  as many as the threshold, raised as Adapt says
//   growth      the heap is twice as large as after the last complete collection: a complete one, which also finds cycles
//               that closed without any decrement
//   turnover    as many bytes as were in use after the last collection have been handed out since, and there are candidates
//   limit       memory is used up: a complete one before the allocation fails

using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal static unsafe class Triggers
{
    /// <summary>A collection has a poor yield when fewer than one in this many of the objects it visited were dead.</summary>
    private const ulong PoorYield = 16;

    public static bool IsAutomatic(HeapState* heap) =>
        heap->AutomaticDisabled == 0 && (heap->Flags & HeapFlags.ManualGc) == 0;

    /// <summary>May a collection start now? Not inside a callback of this heap, nor inside another collection of it.</summary>
    public static bool MayCollect(HeapState* heap) =>
        heap->Collecting == 0 && heap->CallbackDepth == 0 && heap->Closing == 0;

    /// <summary>Runs an automatic collection if one is due. May run foreign code.</summary>
    public static void Poll(HeapState* heap)
    {
        if (!IsAutomatic(heap) || !MayCollect(heap))
        {
            return;
        }

        if (heap->Candidates >= EffectiveThreshold(heap))
        {
            Collector.Run(heap, GcReason.Candidates, isComplete: false);
            return;
        }

        SetTrap(heap);
        if (IsDoubled(heap))
        {
            Collector.Run(heap, GcReason.Growth, isComplete: true);
        }
        else if (IsTurnedOver(heap))
        {
            Collector.Run(heap, GcReason.Growth, isComplete: false);
        }
    }

    /// <summary>Would a poll collect because of bytes, not of candidates?</summary>
    public static bool IsGrowthDue(HeapState* heap) => IsDoubled(heap) || IsTurnedOver(heap);

    /// <summary>The last resort before an allocation fails. True if a collection ran.</summary>
    public static bool TryCollectAtLimit(HeapState* heap)
    {
        if (!IsAutomatic(heap) || !MayCollect(heap))
        {
            return false;
        }

        Collector.Run(heap, GcReason.Limit, isComplete: true);
        return true;
    }

    /// <summary>Sets how many candidates empty the bins.</summary>
    public static void SetTrap(HeapState* heap)
    {
        heap->CandidateTrap = IsAutomatic(heap) ? EffectiveThreshold(heap) : ulong.MaxValue;
        if (heap->Candidates >= heap->CandidateTrap)
        {
            Blocks.TrapBins(heap);
        }
    }

    /// <summary>
    /// After a collection from candidates: it has cost what it visited, so the next one waits for candidates in proportion to what
    /// had to be kept: a quarter, and while next to nothing is found, twice as many each time, up to all of it. So each candidate
    /// pays for at most four visits, a heap that only grows is visited a constant number of times per object, and the garbage
    /// that waits is at most what the live objects that were visited amount to.
    /// </summary>
    public static void Adapt(HeapState* heap, ulong kept, ulong dead)
    {
        heap->IsBackedOff = 0;
        bool isPoor = dead < (kept + dead) / PoorYield;
        ulong doubled = 2 * Max(heap->Threshold, heap->RaisedThreshold);
        heap->RaisedThreshold = isPoor && doubled < kept ? doubled : isPoor ? kept : kept / 4;
    }

    /// <summary>A collection had no memory: the next one is due when as much again has come together, not at the next allocation.</summary>
    public static void BackOff(HeapState* heap)
    {
        ulong used = HeapState.UsedBytes(heap) + heap->ExternalBytes;
        heap->IsBackedOff = 1;
        heap->RaisedThreshold = 2 * Max(heap->Threshold, heap->Candidates);
        heap->BytesAfterCollection = used;
        heap->BytesAfterComplete = used;
        heap->BytesSinceCollection = 0;
    }

    /// <summary>A complete collection has had its memory: the threshold is what it was before one had not.</summary>
    public static void EndBackOff(HeapState* heap)
    {
        if (heap->IsBackedOff != 0)
        {
            heap->IsBackedOff = 0;
            heap->RaisedThreshold = 0;
        }
    }

    private static bool IsDoubled(HeapState* heap) =>
        HeapState.UsedBytes(heap) + heap->ExternalBytes > 2 * Max(heap->BytesAfterComplete, Config.GrowthFloorBytes / 2);

    private static bool IsTurnedOver(HeapState* heap) =>
        heap->Candidates != 0 && heap->BytesSinceCollection > Max(heap->BytesAfterCollection, Config.GrowthFloorBytes / 2);

    private static ulong Max(ulong a, ulong b) => a > b ? a : b;

    private static ulong EffectiveThreshold(HeapState* heap) =>
        heap->Threshold == 0 ? ulong.MaxValue : Max(heap->Threshold, heap->RaisedThreshold);
}
