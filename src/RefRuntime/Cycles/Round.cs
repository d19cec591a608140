// A complete collection in slices, between which the program goes on.
//
//   counting     what lives is counted: it says how soon the round has to be over            slices
//   log          pages with candidates, and young ones, are chosen and taken out of the log  slices
//   marking      edges are tallied from all chosen pages                                     slices
//   life         whoever is held from outside passes it on                                   slices
//   gathering    who looks dead is listed                                                    slices
//   recounting   what has been added since is counted                                       slices
//   batches      some of the list at a time, with what of it they reach, is looked at        a batch is looked at in
//                once more; what is closed dies. The list is gone through again while that   one go, and dies in slices
//                pays: what was held by something dead is closed when that has died
//   clearing     side data is given back, and the memory of the list                         slices
//   sifting      who turns out to live leaves the list, see RoundSifting                     slices
//   clearing     once more                                                                   slices
//   commit       what is left of the list, structures too large for a batch, is looked at    one go
//                once more; only the closed set stays
//   finalizers   the members' finalizers, each member held meanwhile; then verified again    slices; one go
//   death        SetDeath                                                                    slices
//
// No write barrier: what earlier slices found may be out of date, so nothing dies by it. But a set in which every reference
// comes from inside is unreachable, and stays so: nobody has a reference through which to change it. A verification that fails
// costs only time. And no dead object is missed because the program went on: the dead, what they refer to and their counts
// did not change.
//
// What is allocated or logged during a round is left to the next one: an object is never taken out of the log once edges are
// tallied, since those that were tallied before it lost a reference may be why it looks live. Before its set is verified a round
// can be dropped whenever no batch is dying: its pages are young again then.

using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class Round
{
    // HeapState.RoundPhase.
    public const int None = 0;
    public const int InCounting = 1;
    public const int InLog = 2;
    public const int InMarking = 3;
    public const int InLife = 4;
    public const int InGathering = 5;
    public const int InRecounting = 6;
    public const int InBatches = 7;
    public const int InClearing = 8;
    public const int InTouching = 9;
    public const int InTallying = 10;
    public const int InReviving = 11;
    public const int InSifting = 12;
    public const int InFinalizers = 13;
    public const int InDeath = 14;

    public static bool IsUnderWay(HeapState* heap) => heap->RoundPhase != None;

    /// <summary>Has all of its set been verified? Then the round can't be dropped, only finished.</summary>
    public static bool IsCommitted(HeapState* heap) => heap->RoundPhase >= InFinalizers;

    /// <summary>Is a batch of it, or the whole set, dying slice by slice? That has to come to its end before the round is dropped.</summary>
    public static bool IsInDeath(HeapState* heap) => IsCommitted(heap) || !SetDeath.IsOver(heap->Dying);

    public static void Start(HeapState* heap)
    {
        heap->Visited.Count = 0;
        heap->Grey.Clear();
        heap->BytesSinceRound = 0;
        heap->RoundServed = 0;
        heap->RoundNanoseconds = 0;
        heap->RoundGrown = 0;
        heap->RoundLiveGrown = 0;
        heap->RoundUsed = HeapState.UsedBytes(heap) + heap->ExternalBytes;
        heap->RoundLive = heap->RoundUsed;
        Triggers.ForgetCensus(heap);
        Census.Begin(heap);
        Marking.ChooseRoots(heap);
        heap->RoundPhase = InCounting;
    }

    /// <summary>
    /// One slice. Adds what it has done to the event. False = the system has no memory: the round is dropped, and nothing more dies of it.
    /// </summary>
    public static bool TryContinue(HeapState* heap, ref Budget budget, ref GcEvent gcEvent)
    {
        bool isPhaseDone = true;
        bool isOutOfMemory = false;
        while (isPhaseDone && heap->RoundPhase != None)
        {
            switch (heap->RoundPhase)
            {
                case InCounting:
                case InRecounting:
                    isPhaseDone = TryCount(heap, ref budget);
                    break;
                case InLog:
                    isPhaseDone = LogReset.TryRunSlice(heap, ref budget);
                    break;
                case InMarking:
                    Marking marking = new(heap);
                    isPhaseDone = marking.TryRunSlice(ref budget);
                    isOutOfMemory = marking.IsOutOfMemory;
                    break;
                case InLife:
                case InReviving:
                    LifePropagation life = new(heap);
                    isPhaseDone = life.TryRunSlice(ref budget);
                    gcEvent.Visited += life.LiveMembers;
                    isOutOfMemory = life.IsOutOfMemory;
                    break;
                case InGathering:
                    isPhaseDone = TryGather(heap, ref budget, out isOutOfMemory);
                    break;
                case InBatches:
                    isPhaseDone = RoundBatches.TryCommit(heap, ref budget, ref gcEvent, out isOutOfMemory);
                    break;
                case InClearing:
                    isPhaseDone = SideData.TryReset(heap, ref budget) && TryShrinkList(heap, ref budget);
                    break;
                case InTouching:
                    isPhaseDone = RoundSifting.TryTouch(heap, ref budget, out isOutOfMemory);
                    break;
                case InTallying:
                    isPhaseDone = RoundSifting.TryTally(heap, ref budget);
                    break;
                case InSifting:
                    isPhaseDone = RoundSifting.TrySift(heap, ref budget);
                    break;
                case InFinalizers:
                    isPhaseDone = TryFinalize(heap, ref budget);
                    break;
                default:
                    isPhaseDone = ContinueDeath(heap, ref budget, ref gcEvent);
                    break;
            }

            if (isOutOfMemory || (isPhaseDone && !TryEnterNext(heap, ref gcEvent)))
            {
                Drop(heap);
                return false;
            }
        }

        heap->RoundServed = heap->BytesSinceRound;
        return true;
    }

    /// <summary>Is what an earlier slice has listed still an object that a collection may take?</summary>
    public static bool IsMember(HeapState* heap, void* listed) =>
        ObjectLookup.IsObject(listed) && Segment.Of(listed)->Heap == heap
        && (Header.Word(listed) & (HeaderFlags.Skipped | HeaderFlags.Dying)) == 0;

    /// <summary>A batch that is dying does so to its end. Adds what it has done to the event.</summary>
    public static void FinishBatch(HeapState* heap, ref GcEvent gcEvent)
    {
        Budget unlimited = Budget.Unlimited;
        ContinueDeath(heap, ref unlimited, ref gcEvent);
    }

    /// <summary>Ends a round that is not committed, and of which nothing is dying. What it would have looked at is young again.</summary>
    public static void Drop(HeapState* heap)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            segment->YoungPages |= segment->RootPages;
            segment->RootPages = 0;
        }

        for (Page* page = heap->Touched; page != null; page = page->NextTouched)
        {
            Blocks.MarkYoung(heap, page);
        }

        // Side data may be gone already: then the list says all that it did.
        for (ulong i = 0; i < heap->Visited.Count; i++)
        {
            void* payload = heap->Visited.Items[i];
            if (ObjectLookup.IsObject(payload) && Segment.Of(payload)->Heap == heap)
            {
                Blocks.MarkYoung(heap, Segment.PageOf(payload));
            }
        }

        heap->HasYoung = 1;
        SideData.Reset(heap);
        End(heap);
    }

    /// <summary>What is done between two phases. False = no memory to verify.</summary>
    private static bool TryEnterNext(HeapState* heap, ref GcEvent gcEvent)
    {
        heap->RoundPosition = 0;
        switch (heap->RoundPhase)
        {
            case InCounting:
                heap->RoundLive = Census.Total(heap);
                break;
            case InMarking:
            case InTallying:
                LifePropagation.Start(heap);
                break;
            case InLife:
                heap->RoundPage = heap->Touched;
                heap->Visited.Count = 0;
                break;
            case InGathering:
                heap->RoundKept = 0;
                heap->RoundPass = 1;
                ulong used = HeapState.UsedBytes(heap) + heap->ExternalBytes;
                heap->RoundGrown = used > heap->RoundUsed ? used - heap->RoundUsed : 0;
                Census.Begin(heap);
                break;
            case InRecounting:
                ulong live = Census.Total(heap);
                heap->RoundLiveGrown = live > heap->RoundLive ? live - heap->RoundLive : 0;
                break;
            case InBatches:
                heap->Visited.Count = heap->RoundKept;
                heap->RoundListed = ulong.MaxValue;
                break;
            case InClearing:
                if (!RoundSifting.IsDue(heap))
                {
                    return TryCommit(heap, ref gcEvent);
                }

                heap->RoundListed = heap->Visited.Count;
                break;
            case InReviving:
                heap->RoundKept = 0;
                break;
            case InSifting:
                heap->Visited.Count = heap->RoundKept;
                heap->RoundPhase = InClearing;
                return true;
            case InFinalizers:
                LeaveResurrected(heap, ref gcEvent);
                SetDeath.Begin(heap, ref heap->Dying, heap->Visited.Items, heap->Visited.Count);
                break;
            case InDeath:
                End(heap);
                return true;
        }

        heap->RoundPhase++;
        return true;
    }

    private static bool TryCount(HeapState* heap, ref Budget budget)
    {
        while (!Census.TryStep(heap))
        {
            if (budget.IsSpent())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Lists who looks dead.</summary>
    private static bool TryGather(HeapState* heap, ref Budget budget, out bool isOutOfMemory)
    {
        isOutOfMemory = false;
        while (heap->RoundPage != null)
        {
            Page* page = heap->RoundPage;
            heap->RoundPage = page->NextTouched;
            uint carved = Blocks.CarvedOf(page);
            for (uint i = 0; i < carved; i++)
            {
                if (SideWord.IsDead(page->Side[i]) && !heap->Visited.TryPush(Blocks.PayloadAt(page, i)))
                {
                    isOutOfMemory = true;
                    return false;
                }
            }

            if (budget.IsSpentNow())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives back what the list no longer needs.</summary>
    private static bool TryShrinkList(HeapState* heap, ref Budget budget)
    {
        while (heap->Visited.TryShrink())
        {
            if (budget.IsSpentNow())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What is dying goes on doing so. True when its last member is freed.</summary>
    public static bool ContinueDeath(HeapState* heap, ref Budget budget, ref GcEvent gcEvent)
    {
        ulong before = heap->Dying.Collected;
        bool isOver = SetDeath.TryContinue(heap, ref heap->Dying, ref budget);
        gcEvent.Collected += heap->Dying.Collected - before;
        return isOver;
    }

    /// <summary>Verifies what is left of the list, in one go. What is dead of it dies.</summary>
    private static bool TryCommit(HeapState* heap, ref GcEvent gcEvent)
    {
        KeepMembers(heap);
        long dead = SetVerification.Run(heap, heap->Visited.Items, heap->Visited.Count, holds: 0);
        if (dead < 0)
        {
            return false;
        }

        heap->Visited.Count = (ulong)dead;
        gcEvent.Visited += (ulong)dead;
        if (dead == 0)
        {
            End(heap);
        }
        else if (Finalization.IsAnyDue(heap->Visited.Items, heap->Visited.Count))
        {
            Finalization.Hold(heap, heap->Visited.Items, heap->Visited.Count);
            heap->RoundPhase = InFinalizers;
        }
        else
        {
            heap->RoundPhase = InDeath;
            SetDeath.Begin(heap, ref heap->Dying, heap->Visited.Items, heap->Visited.Count);
        }

        return true;
    }

    /// <summary>Leaves only those in the list that still are objects which a collection may take.</summary>
    private static void KeepMembers(HeapState* heap)
    {
        ulong kept = 0;
        for (ulong i = 0; i < heap->Visited.Count; i++)
        {
            void* payload = heap->Visited.Items[i];
            if (IsMember(heap, payload))
            {
                heap->Visited.Items[kept++] = payload;
            }
        }

        heap->Visited.Count = kept;
    }

    private static bool TryFinalize(HeapState* heap, ref Budget budget)
    {
        while (heap->RoundPosition < heap->Visited.Count)
        {
            Finalization.Run(heap, heap->Visited.Items[heap->RoundPosition++]);
            if (budget.IsSpent())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Verifies the list again after the finalizers, and lets go of whom they brought back. Without memory to verify these are all:
    /// the dead among them are candidates of the next collection.
    /// </summary>
    private static void LeaveResurrected(HeapState* heap, ref GcEvent gcEvent)
    {
        ulong all = heap->Visited.Count;
        long dead = SetVerification.Run(heap, heap->Visited.Items, all, holds: 1);
        heap->Visited.Count = dead < 0 ? 0 : (ulong)dead;
        ulong resurrected = all - heap->Visited.Count;
        gcEvent.Resurrected += resurrected;
        Finalization.LetGo(heap, heap->Visited.Items + heap->Visited.Count, resurrected);
    }

    private static void End(HeapState* heap)
    {
        heap->RoundPhase = None;
        heap->RoundPage = null;
        heap->RoundSwept = null;
        heap->Dying = default;
        heap->Visited.Reset();
        heap->Batch.Reset();
        heap->Grey.Clear();
    }
}
