// What the batches of a round have left in its list is looked at once more, in slices, and who lives leaves it.
//
// While edges were tallied the program went on: it took a reference out of a slot that had been counted, or moved one, and all that
// hangs there looks dead although it lives. Too large for a batch, it would be left to the commit, which looks at its set in one go.
// So that is to be no larger than what is dead.
//
//   touching   the words of all members' pages are made
//   tallying   counts against edges within the list
//   reviving   whoever is held from outside lives, with all of the list that it reaches (LifePropagation)
//   sifting    only who looks dead still stays in the list
//
// What comes out is a guess again. Nobody dead is lost by it: what somebody dead refers to and who refers to it does not change, but for
// others that die, and who survives that is logged.

using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class RoundSifting
{
    /// <summary>Is the list longer than a commit should look at, and has the last time, if there was one, left at most half of it?</summary>
    public static bool IsDue(HeapState* heap) =>
        heap->Visited.Count > Config.LeastSifted && heap->Visited.Count <= heap->RoundListed / 2;

    /// <summary>Makes the words of the members' pages.</summary>
    public static bool TryTouch(HeapState* heap, ref Budget budget, out bool isOutOfMemory)
    {
        isOutOfMemory = false;
        while (heap->RoundPosition < heap->Visited.Count)
        {
            void* payload = heap->Visited.Items[heap->RoundPosition++];
            if (Round.IsMember(heap, payload) && !SetTally.TryTouch(heap, payload))
            {
                isOutOfMemory = true;
                return false;
            }

            if (budget.IsSpent())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Tallies the members' counts and edges.</summary>
    public static bool TryTally(HeapState* heap, ref Budget budget)
    {
        SetTally tally = new(heap);
        bool isSpent = false;
        while (heap->RoundPosition < heap->Visited.Count && !isSpent)
        {
            ulong ahead = heap->RoundPosition + Prefetch.Distance;
            if (ahead < heap->Visited.Count)
            {
                Prefetch.Header(heap->Visited.Items[ahead]);
            }

            void* payload = heap->Visited.Items[heap->RoundPosition++];
            if (Round.IsMember(heap, payload) && Segment.PageOf(payload)->Side != null)
            {
                tally.Add(payload, holds: 0);
            }

            isSpent = budget.IsSpent();
        }

        tally.Drain();
        return !isSpent;
    }

    /// <summary>Puts together those of the list who look dead, up to RoundKept.</summary>
    public static bool TrySift(HeapState* heap, ref Budget budget)
    {
        while (heap->RoundPosition < heap->Visited.Count)
        {
            void* payload = heap->Visited.Items[heap->RoundPosition++];
            if (Edge.IsTouchedObject(heap, payload) && SideWord.IsDead(*SideData.Get(payload)))
            {
                heap->Visited.Items[heap->RoundKept++] = payload;
            }

            if (budget.IsSpent())
            {
                return false;
            }
        }

        return true;
    }
}
