// Collections: what is told of them, and which way they go.
//
//   Run      complete, in one go: on request, and before an allocation fails at the limit
//   Step     a slice: trials of the candidates first, then a complete round as far as time allows. On request
//   Trials   of the candidates only. Automatic
//   Slice    of the complete round that is under way, or of a new one. Automatic
//
// Complete: starts from the candidates and from everything that was allocated since the last complete collection (known
// by page), since a cycle can also close without any decrement, by plain writes into new objects. Nothing logged and
// nothing allocated: nothing to do, in constant time.
//
// Collections never nest, and none starts inside a callback (Operations see to both).

using System;
using System.Numerics;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class Collector
{
    /// <summary>Returns how many containers died, or RR_E_NO_MEMORY; then nothing has changed.</summary>
    public static long Run(HeapState* heap, GcReason reason)
    {
        long finished = FinishRound(heap, reason);
        if (heap->Candidates == 0 && heap->HasYoung == 0 && heap->GcCallback == null)
        {
            // Even the clock would cost more than this.
            NoteComplete(heap);
            return finished;
        }

        if (Config.IsSliced)
        {
            return RunInSlices(heap, reason, finished);
        }

        GcEvent gcEvent = Begin(heap, reason, out ulong begun);

        // Asked now: the callback may have changed the heap.
        bool isDone = (heap->Candidates == 0 && heap->HasYoung == 0) || TryCollect(heap, ref gcEvent);
        heap->Visited.Reset();
        heap->Grey.Clear();
        if (isDone)
        {
            NoteComplete(heap);
        }
        else
        {
            Triggers.BackOff(heap);
        }

        End(heap, ref gcEvent, begun, TimelineEvent.Collection);
        return isDone ? finished + (long)gcEvent.Collected : (long)Status.NoMemory;
    }

    /// <summary>A slice on request. Returns how many containers were freed, or RR_E_NO_MEMORY; then nothing more has died.</summary>
    public static long Step(HeapState* heap, ulong nanoseconds)
    {
        if (!IsPending(heap))
        {
            return 0;
        }

        ulong totalBefore = BeginPause(heap);
        ulong begun = Clock.Nanoseconds();
        Budget budget = Budget.From(begun, nanoseconds);
        Yield yield = default;
        bool hasMemory = TryTrials(heap, GcReason.Step, ref budget, ref yield);
        bool isPending = heap->HasYoung != 0 || heap->Candidates != 0;
        bool areTrialsDone = heap->Candidates == 0 || heap->Candidates >= heap->CandidatesAfterStep;
        if (!Round.IsUnderWay(heap) && isPending && hasMemory && (yield.IsPoor || areTrialsDone || !budget.IsSpentNow()))
        {
            // A log of the living is the round's, which looks at it for less. However little the budget is a round begins when the
            // log is empty, or grows faster than trials empty it: steps come to their end.
            Round.Start(heap);
        }

        heap->CandidatesAfterStep = heap->Candidates;

        if (Round.IsUnderWay(heap) && hasMemory)
        {
            // At least one unit of work, whatever the trials have left of the budget: the round comes to its end.
            hasMemory = TryContinueRound(heap, GcReason.Step, ref budget, ref yield);
        }

        EndPause(heap, totalBefore);
        return hasMemory ? (long)yield.Collected : (long)Status.NoMemory;
    }

    /// <summary>Has a step anything to do?</summary>
    public static bool IsPending(HeapState* heap) => heap->Candidates != 0 || heap->HasYoung != 0 || Round.IsUnderWay(heap);

    /// <summary>Trials until the log is empty, the heap's pause goal is reached, or they find too little.</summary>
    public static void Trials(HeapState* heap, GcReason reason)
    {
        ulong totalBefore = BeginPause(heap);
        Budget budget = PauseFrom(heap, Clock.Nanoseconds());
        Yield yield = default;
        if (TryTrials(heap, reason, ref budget, ref yield))
        {
            if (yield.IsPoor)
            {
                LogReset.Postpone(heap);
            }

            Triggers.Adapt(heap, yield.IsPoor);
        }

        EndPause(heap, totalBefore);
        Triggers.SetTrap(heap);
    }

    /// <summary>One slice of the round that is under way, or of a new one.</summary>
    public static void Slice(HeapState* heap, bool isUnlimited)
    {
        Budget budget = isUnlimited ? Budget.Unlimited : PauseFrom(heap, Clock.Nanoseconds());
        if (!Round.IsUnderWay(heap))
        {
            Round.Start(heap);
        }

        Yield yield = default;
        TryContinueRound(heap, GcReason.Growth, ref budget, ref yield);
    }

    /// <summary>Before something that can't share the heap with a round: a committed one is finished, another is dropped once nothing of it is dying. Returns how many containers died.</summary>
    public static long FinishRound(HeapState* heap, GcReason reason)
    {
        long died = FinishDeath(heap, reason);
        if (Round.IsUnderWay(heap))
        {
            Round.Drop(heap);
        }

        return died;
    }

    /// <summary>Whatever is dying slice by slice does so to its end, now. Returns how many containers died.</summary>
    public static long FinishDeath(HeapState* heap, GcReason reason)
    {
        if (Round.IsCommitted(heap))
        {
            Budget unlimited = Budget.Unlimited;
            Yield yield = default;
            TryContinueRound(heap, reason, ref unlimited, ref yield);
            return (long)yield.Collected;
        }

        if (!Round.IsInDeath(heap))
        {
            return 0;
        }

        GcEvent gcEvent = Begin(heap, reason, out ulong begun);
        Round.FinishBatch(heap, ref gcEvent);
        End(heap, ref gcEvent, begun, TimelineEvent.Slice);
        return (long)gcEvent.Collected;
    }

    /// <summary>Gives back what collections keep between them; that of a round under way stays.</summary>
    public static void FreeWorkSpace(HeapState* heap)
    {
        if (Round.IsUnderWay(heap))
        {
            return;
        }

        heap->Reported.Free();
        heap->Visited.Free();
        heap->Batch.Free();
        heap->Grey.Free();
        SideMemory.Free(ref heap->Side);
        SideMemory.Free(ref heap->ScratchSide);
        TrialTable.Free(heap);
    }

    private static Budget PauseFrom(HeapState* heap, ulong begun) =>
        heap->PauseGoal == 0 ? Budget.Unlimited : Budget.From(begun, heap->PauseGoal);

    /// <summary>
    /// Trials of as many candidates as are logged now (callbacks may log others without end), until the budget is spent or they find too
    /// little. False = no memory.
    /// </summary>
    private static bool TryTrials(HeapState* heap, GcReason reason, ref Budget budget, ref Yield yield)
    {
        bool isSpent = false;
        ulong left = heap->Candidates;
        while (left != 0 && heap->Candidates != 0 && !isSpent && !yield.IsPoor)
        {
            GcEvent gcEvent = Begin(heap, reason, out ulong begun);
            uint wanted = heap->TrialPace.UnitsFor(budget, Config.LeastTrial, Config.TrialCandidates);
            bool isDone = Trial.TryRun(heap, wanted, out Trial trial);
            left -= Math.Min(left, wanted);
            if (isDone)
            {
                if (trial.Candidates >= Config.LeastTrial)
                {
                    heap->TrialPace.Note(trial.Candidates, Clock.Nanoseconds() - begun);
                }

                gcEvent.Visited = trial.Visited;
                gcEvent.Collected = trial.Collected;
                gcEvent.Resurrected = trial.Resurrected;
                yield.Add(gcEvent);
                NoteDone(heap);
            }
            else
            {
                Triggers.BackOff(heap);
            }

            End(heap, ref gcEvent, begun, TimelineEvent.Trial);
            if (!isDone)
            {
                return false;
            }

            isSpent = budget.IsSpentBefore(heap->TrialPace.TimeOf(Config.LeastTrial));
        }

        return true;
    }

    /// <summary>A complete collection as a round, slice after slice without a pause between them. For tests.</summary>
    private static long RunInSlices(HeapState* heap, GcReason reason, long finished)
    {
        Round.Start(heap);
        Yield yield = default;
        bool hasMemory = true;
        while (hasMemory && Round.IsUnderWay(heap))
        {
            Budget budget = Budget.Until(0);
            hasMemory = TryContinueRound(heap, reason, ref budget, ref yield);
        }

        return hasMemory ? finished + (long)yield.Collected : (long)Status.NoMemory;
    }

    private static bool TryContinueRound(HeapState* heap, GcReason reason, ref Budget budget, ref Yield yield)
    {
        GcEvent gcEvent = Begin(heap, reason, out ulong begun);
        bool isDone = Round.TryContinue(heap, ref budget, ref gcEvent);
        yield.Add(gcEvent);
        heap->RoundNanoseconds += Clock.Nanoseconds() - begun;
        if (!isDone)
        {
            Triggers.BackOff(heap);
        }
        else if (!Round.IsUnderWay(heap))
        {
            NoteComplete(heap);
            Triggers.NoteRound(heap);
        }

        End(heap, ref gcEvent, begun, TimelineEvent.Slice);
        return isDone;
    }

    private static bool TryCollect(HeapState* heap, ref GcEvent gcEvent)
    {
        heap->Visited.Count = 0;
        Marking marking = new(heap);
        LifePropagation life = new(heap);
        bool isKnown = marking.TryRun() && life.TryRun() && (!marking.SawDuties || DeadSet.TryGather(heap));
        heap->RoundPage = null;
        if (!isKnown)
        {
            SideData.Reset(heap);
            return false;
        }

        gcEvent.Visited = life.LiveMembers + life.DeadMembers;
        LogReset.Run(heap);
        if (marking.SawDuties)
        {
            SideData.Reset(heap);
            gcEvent.Collected = DeadSet.Die(heap, out ulong resurrected);
            gcEvent.Resurrected = resurrected;
        }
        else
        {
            gcEvent.Collected = life.DeadMembers;
            Sweep.Run(heap, mayReferOutside: life.LiveMembers != 0 || marking.SawOutside || marking.SawList);
        }

        return true;
    }

    private static GcEvent Begin(HeapState* heap, GcReason reason, out ulong begun)
    {
        heap->Collecting = 1;
        GcEvent gcEvent = new() { StructSize = (uint)sizeof(GcEvent), Phase = GcPhase.Start, Reason = reason };
        Notify(heap, ref gcEvent);
        begun = Clock.Nanoseconds();
        heap->PauseBegun = heap->PauseBegun == 0 ? begun : heap->PauseBegun;
        heap->CandidatesBefore = heap->Candidates;
        return gcEvent;
    }

    private static void End(HeapState* heap, ref GcEvent gcEvent, ulong begun, TimelineEvent kind)
    {
        gcEvent.DurationNs = Clock.Nanoseconds() - begun;
        heap->GcNanosecondsTotal += gcEvent.DurationNs;
        heap->PauseEnded = begun + gcEvent.DurationNs;
        if (Timeline.IsOn)
        {
            Timeline.NoteCollection(heap, gcEvent, begun, kind);
        }

        if (heap->InPause == 0)
        {
            NotePause(heap, heap->GcNanosecondsTotal - gcEvent.DurationNs);
        }

        heap->ObjectsCollected += gcEvent.Collected;
        heap->ObjectsResurrected += gcEvent.Resurrected;
        heap->ObjectsVisited += gcEvent.Visited;
        gcEvent.Phase = GcPhase.Stop;
        Notify(heap, ref gcEvent);
        heap->Collecting = 0;
        Triggers.SetTrap(heap);
    }

    /// <summary>Several collections in a row are one pause. Begins one; returns what EndPause wants to know.</summary>
    private static ulong BeginPause(HeapState* heap)
    {
        heap->InPause = 1;
        return heap->GcNanosecondsTotal;
    }

    private static void EndPause(HeapState* heap, ulong totalBefore)
    {
        heap->InPause = 0;
        if (heap->GcNanosecondsTotal != totalBefore)
        {
            NotePause(heap, totalBefore);
        }
    }

    private static void NotePause(HeapState* heap, ulong totalBefore)
    {
        ulong pause = heap->GcNanosecondsTotal - totalBefore;
        heap->GcNanosecondsMax = pause > heap->GcNanosecondsMax ? pause : heap->GcNanosecondsMax;
        int bucket = BitOperations.Log2(pause);
        heap->Pauses[bucket < HeapState.PauseBuckets ? bucket : HeapState.PauseBuckets - 1]++;
        if (Timeline.IsOn)
        {
            Timeline.NotePause(heap);
        }

        heap->PauseBegun = 0;
    }

    private static void NoteComplete(HeapState* heap)
    {
        NoteDone(heap);
        heap->BytesAfterComplete = heap->BytesAfterCollection;
        Triggers.CountWhatIsKept(heap);
        Triggers.EndBackOff(heap);
    }

    private static void NoteDone(HeapState* heap)
    {
        heap->BytesAfterCollection = HeapState.UsedBytes(heap) + heap->ExternalBytes;
        heap->BytesSinceCollection = 0;
        heap->Collections++;
    }

    private static void Notify(HeapState* heap, ref GcEvent gcEvent)
    {
        if (heap->GcCallback != null)
        {
            // A copy: what the host writes into it stays its own.
            GcEvent copy = gcEvent;
            ForeignCode.GcEvent(heap, &copy);
        }
    }

    /// <summary>What several collections have found.</summary>
    private struct Yield
    {
        /// <summary>Less than one dead object in this many looked at is poor: a complete round would find them for less.</summary>
        private const ulong PoorRatio = 32;

        /// <summary>What is said of fewer objects means nothing.</summary>
        private const ulong LeastVisited = Config.TrialCandidates;

        public ulong Collected { get; private set; }

        public readonly bool IsPoor => _visited >= LeastVisited && Collected < _visited / PoorRatio;

        private ulong _visited;

        public void Add(in GcEvent gcEvent)
        {
            Collected += gcEvent.Collected;
            _visited += gcEvent.Visited;
        }
    }
}
