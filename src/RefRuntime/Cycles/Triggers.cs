// When automatic collections start. Polled at the allocator's slow path; a full candidate log empties the bins, so that
// the next allocation comes there.
//
//   candidates  as many as the threshold: trials. While a sample of them finds next to nothing, the others are left to the next
//               complete round, and the threshold doubles
//   turnover    as many bytes as were in use after the last collection have been handed out since, and there are candidates: trials
//   growth      the heap, or what lives in it, is twice as large as after the last complete collection: a complete round, which also
//               finds what trials can't: large structures, and cycles that closed without any decrement. The heap's pages in use are
//               known at any time; but where few blocks keep many pages, as after a while in most programs, garbage fills the gaps long before
//               there are twice as many. So what lives is counted (Census), as soon as so much was allocated that it could have doubled
//   limit       memory is used up: a complete collection in one go before the allocation fails
//
// Work is bounded: a thousand candidates pay for at most TrialPlaces visits, the doubling of the heap for one visit of all that there is.
// So is garbage: a round gets a slice for every so many bytes that are allocated, paced by what the last one cost, so that it ends when
// what lives in the heap has grown by a quarter, or soon after; behind its schedule, it gets one at each visit to the allocator's slow
// path. Should the heap grow to three times its size all the same, because the machine gives the slices no time, the round is finished
// in one go.

using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal static unsafe class Triggers
{
    /// <summary>The threshold is never raised by more than this at a time.</summary>
    private const ulong MaxThresholdStep = 1 << 14;

    /// <summary>What a round is taken to cost before the first one is over: HeapState.RoundCost.</summary>
    private const ulong FirstRoundCost = 4096;

    // HeapState.CensusPhase.
    private const int NoCensus = 0;
    private const int CensusOfKept = 1;
    private const int CensusOfGrowth = 2;

    /// <summary>A census is made only when a sixteenth of what may live has been allocated since the last one.</summary>
    private const ulong CensusShare = 16;

    public static bool IsAutomatic(HeapState* heap) =>
        heap->AutomaticDisabled == 0 && (heap->Flags & HeapFlags.ManualGc) == 0;

    /// <summary>May a collection start now? Not inside a callback of this heap, nor inside another collection of it.</summary>
    public static bool MayCollect(HeapState* heap) =>
        heap->Collecting == 0 && heap->CallbackDepth == 0 && heap->Closing == 0;

    /// <summary>Runs an automatic collection, or a slice of one, if it is due. May run foreign code.</summary>
    public static void Poll(HeapState* heap)
    {
        if (!IsAutomatic(heap) || !MayCollect(heap))
        {
            return;
        }

        bool areCandidatesDue = heap->Candidates >= EffectiveThreshold(heap);
        if (areCandidatesDue)
        {
            Collector.Trials(heap, GcReason.Candidates);
            if (!IsAutomatic(heap))
            {
                // A callback has seen to that.
                return;
            }
        }

        SetTrap(heap);
        if (Round.IsUnderWay(heap))
        {
            if (IsSliceDue(heap))
            {
                Collector.Slice(heap, isUnlimited: IsOutgrown(heap));
            }
        }
        else if (IsDoubled(heap) || HasLiveDoubled(heap))
        {
            Collector.Slice(heap, isUnlimited: false);
        }
        else if (!areCandidatesDue && IsTurnedOver(heap))
        {
            Collector.Trials(heap, GcReason.Growth);
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

        Collector.Run(heap, GcReason.Limit);
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
    /// After trials. With a poor yield what is left in the log waits until as many more have come, twice as many each time; with a
    /// good one what is left is soon due.
    /// </summary>
    public static void Adapt(HeapState* heap, bool isPoor)
    {
        heap->IsBackedOff = 0;
        if (isPoor)
        {
            ulong doubled = 2 * Max(heap->Threshold, heap->ThresholdStep);
            heap->ThresholdStep = doubled < MaxThresholdStep ? doubled : MaxThresholdStep;
            heap->RaisedThreshold = heap->Candidates + heap->ThresholdStep;
        }
        else
        {
            heap->ThresholdStep = 0;
            heap->RaisedThreshold = heap->Candidates == 0 ? 0 : heap->Candidates + (heap->Threshold / 4);
        }
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
        CountWhatIsKept(heap);
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

    /// <summary>
    /// A round is over: the next one is paced by what this one cost, and some more. What the heap has grown by meanwhile may all be
    /// garbage: it does not count as what is kept.
    /// </summary>
    public static void NoteRound(HeapState* heap)
    {
        heap->RoundCost = 1 + (heap->RoundNanoseconds * 5 / 4 / (1 + (heap->RoundUsed / 1024)));
        heap->BytesAfterComplete -= heap->RoundGrown < heap->BytesAfterComplete ? heap->RoundGrown : heap->BytesAfterComplete;
        heap->LiveGrown = heap->RoundLiveGrown;
    }

    /// <summary>A complete collection is over: what it has left is counted, little by little.</summary>
    public static void CountWhatIsKept(HeapState* heap)
    {
        heap->LiveGrown = 0;
        heap->CensusPhase = CensusOfKept;
        Census.Begin(heap);
    }

    /// <summary>The census is needed for something else: should nothing come of that, a new one is due.</summary>
    public static void ForgetCensus(HeapState* heap)
    {
        heap->CensusPhase = NoCensus;
        heap->CensusDue = 0;
    }

    private static bool IsDoubled(HeapState* heap) =>
        HeapState.UsedBytes(heap) + heap->ExternalBytes > 2 * Max(heap->BytesAfterComplete, Config.GrowthFloorBytes / 2);

    /// <summary>Goes on with the census, or begins one if it is time. True when one has found that twice as much lives.</summary>
    private static bool HasLiveDoubled(HeapState* heap)
    {
        if (heap->CensusPhase == NoCensus)
        {
            if (heap->BytesSinceRound < heap->CensusDue)
            {
                return false;
            }

            heap->CensusPhase = CensusOfGrowth;
            Census.Begin(heap);
        }

        if (!Census.TryStep(heap))
        {
            return false;
        }

        ulong live = Census.Total(heap);
        bool isGrowth = heap->CensusPhase == CensusOfGrowth;
        if (!isGrowth)
        {
            heap->LiveAfterComplete = live - (heap->LiveGrown < live ? heap->LiveGrown : live);
        }

        ulong most = 2 * Max(heap->LiveAfterComplete, Config.GrowthFloorBytes / 2);
        heap->CensusPhase = NoCensus;
        heap->CensusDue = heap->BytesSinceRound + Max(most > live ? most - live : 0, most / CensusShare);
        return isGrowth && live > most;
    }

    /// <summary>
    /// The slices of a round are spread over the growth of what lives by a quarter, unless that is over. A half is promised: as much again
    /// is left for what the schedule does not know, such as other processes that take the time of its slices. (More than it has grown is
    /// allocated meanwhile, if objects die too.)
    /// </summary>
    private static bool IsSliceDue(HeapState* heap)
    {
        ulong growth = Max(heap->RoundLive, Config.GrowthFloorBytes / 2) / 4;
        ulong slices = 1 + (heap->RoundUsed / 1024 * RoundCost(heap) / Max(heap->PauseGoal, 1));
        return heap->BytesSinceRound >= growth || heap->BytesSinceRound - heap->RoundServed >= growth / slices;
    }

    /// <summary>Only what comes page by page counts: a large block or foreign bytes come at once, and no slice was missed for them.</summary>
    private static bool IsOutgrown(HeapState* heap) =>
        heap->UsedPages << Config.PageShift > 3 * Max(heap->RoundUsed, Config.GrowthFloorBytes / 2);

    private static ulong RoundCost(HeapState* heap) => heap->RoundCost == 0 ? FirstRoundCost : heap->RoundCost;

    private static bool IsTurnedOver(HeapState* heap) =>
        heap->Candidates != 0 && heap->BytesSinceCollection > Max(heap->BytesAfterCollection, Config.GrowthFloorBytes / 2);

    private static ulong Max(ulong a, ulong b) => a > b ? a : b;

    private static ulong EffectiveThreshold(HeapState* heap) =>
        heap->Threshold == 0 ? ulong.MaxValue : Max(heap->Threshold, heap->RaisedThreshold);
}
