// The batches of a round: what it has listed as looking dead is looked at once more, some of it at a time with what that reaches, and what is
// closed dies (Trial.TryCommit). The list is gone through again while that pays: what something dead held was not closed, and is when the
// holder has died.

using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class RoundBatches
{
    /// <summary>So many passes of batches are made if anything died in the one before, more if one in so many has: a little may have held much.</summary>
    private const uint UsualPasses = 4;
    private const ulong LeastYield = 8;

    /// <summary>Lets die, batch by batch, what of the list is closed.</summary>
    public static bool TryCommit(HeapState* heap, ref Budget budget, ref GcEvent gcEvent, out bool isOutOfMemory)
    {
        isOutOfMemory = false;
        while (Round.IsInDeath(heap) || heap->RoundPosition < heap->Visited.Count || TryBeginPass(heap))
        {
            if (Round.IsInDeath(heap))
            {
                Round.ContinueDeath(heap, ref budget, ref gcEvent);
            }
            else if (!TryCommitOne(heap, budget, ref gcEvent))
            {
                isOutOfMemory = true;
                return false;
            }

            if (budget.IsSpentNow())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Goes through what is left of the list once more, if that may pay. All passes together look at a few times as many objects as the
    /// first.
    /// </summary>
    private static bool TryBeginPass(HeapState* heap)
    {
        ulong kept = heap->RoundKept;
        ulong gone = heap->Visited.Count - kept;
        if (kept == 0 || gone == 0 || (heap->RoundPass >= UsualPasses && gone < heap->Visited.Count / LeastYield))
        {
            return false;
        }

        heap->Visited.Count = kept;
        heap->RoundPosition = 0;
        heap->RoundKept = 0;
        heap->RoundPass++;
        return true;
    }

    /// <summary>One batch, of about as many objects as the budget is left for.</summary>
    private static bool TryCommitOne(HeapState* heap, in Budget budget, ref GcEvent gcEvent)
    {
        ulong begun = Clock.Nanoseconds();
        if (!Trial.TryCommit(heap, heap->BatchPace.UnitsFor(budget, Config.LeastTrial, Config.TrialCandidates), out Trial trial))
        {
            return false;
        }

        heap->BatchPace.Note(trial.Visited, Clock.Nanoseconds() - begun);
        gcEvent.Visited += trial.Visited;
        gcEvent.Collected += trial.Collected;
        gcEvent.Resurrected += trial.Resurrected;
        return true;
    }
}
