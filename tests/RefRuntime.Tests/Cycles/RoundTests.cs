// Collections in slices, without the trials that come before them in a step.

using System;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Cycles;
using RefRuntime.Operations;
using RefRuntime.Os;

namespace RefRuntime.Tests.Cycles;

public sealed unsafe class RoundTests
{
    private const int Rings = 64;
    private const int Size = (int)Config.TrialCandidates / 2;
    private const int Holders = 3;

    /// <summary>Twice what a batch looks at.</summary>
    private const int LargeSize = 2 * (int)Config.TrialPlaces;

    private static void* s_moved;

    /// <summary>
    /// Each ring has room in a batch, and is held by a chain of dead objects. Where a round came to a ring before its holders the ring was left to the
    /// commit, which looks at what is left of a round in one go.
    /// </summary>
    [Test]
    public void What_something_dead_holds_is_not_left_to_the_commit([Values] bool isHolderFirst)
    {
        using TestHeap heap = new();
        void*** holders = stackalloc void**[Rings * Holders];
        void*** rings = stackalloc void**[Rings];
        for (int order = 0; order < 2; order++)
        {
            if ((order == 0) == isHolderFirst)
            {
                for (int i = 0; i < Rings * Holders; i++)
                {
                    holders[i] = NewRing(heap, 1);
                }
            }
            else
            {
                for (int i = 0; i < Rings; i++)
                {
                    rings[i] = NewRing(heap, Size);
                }
            }
        }

        for (int i = 0; i < Rings; i++)
        {
            CountOperations.Store(holders[i] + 1, rings[i]);
            for (int j = 1; j < Holders; j++)
            {
                CountOperations.Store(holders[(j * Rings) + i] + 1, holders[((j - 1) * Rings) + i]);
            }
        }

        Assert.That(heap.State->Candidates, Is.Zero);
        ulong collected = 0;
        Round.Start(heap.State);
        while (Round.IsUnderWay(heap.State))
        {
            Budget budget = Budget.Until(0);
            GcEvent slice = default;
            Assert.That(Round.TryContinue(heap.State, ref budget, ref slice), Is.True);
            Assert.That(slice.Visited, Is.LessThanOrEqualTo(Config.TrialPlaces), "in one go");
            collected += slice.Collected;
        }

        Assert.That(collected, Is.EqualTo(Rings * (Size + Holders)));
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    /// <summary>
    /// A ring too large for a batch lives, but looks dead: the reference to it was moved out of a slot after it had been counted there. The
    /// commit looked at all of it in one go, only to find nobody dead.
    /// </summary>
    [Test]
    public void What_only_looked_dead_is_not_left_to_the_commit()
    {
        using TestHeap heap = new();
        void** holder = (void**)heap.Alloc(TestTypes.Pair);
        CountOperations.Store(holder, NewRing(heap, LargeSize));
        ulong mostListed = RunRound(heap, holder, out ulong collected, out ulong committed);

        Assert.That(mostListed, Is.GreaterThanOrEqualTo((ulong)LargeSize), "it never looked dead");
        Assert.That(committed, Is.Zero);
        Assert.That(collected, Is.Zero);
        Assert.That(heap.LiveObjects, Is.EqualTo(LargeSize + 1));
        CountOperations.Decref(s_moved);
        CountOperations.Decref(holder);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(LargeSize));
    }

    /// <summary>A dead ring beside one that only looks dead, and is taken apart while the list is sifted.</summary>
    [TestCase(Round.InTouching)]
    [TestCase(Round.InTallying)]
    [TestCase(Round.InReviving)]
    [TestCase(Round.InSifting)]
    public void What_is_dead_stays_in_the_list_when_another_leaves_it(int phase)
    {
        using TestHeap heap = new();
        void** holder = (void**)heap.Alloc(TestTypes.Pair);
        CountOperations.Store(holder, NewRing(heap, LargeSize));
        NewRing(heap, LargeSize);
        ulong mostListed = RunRound(heap, holder, out ulong collected, out ulong committed, phase);

        Assert.That(mostListed, Is.GreaterThanOrEqualTo(2ul * LargeSize));
        Assert.That(committed, Is.EqualTo((ulong)LargeSize));
        Assert.That(collected, Is.EqualTo((ulong)LargeSize));
        Assert.That(heap.LiveObjects, Is.EqualTo(1));
        CountOperations.Decref(holder);
    }

    /// <summary>A ring that only looked dead, too small to be sifted, is taken apart when all batches are over.</summary>
    [Test]
    public void What_has_gone_before_the_commit_is_not_committed()
    {
        using TestHeap heap = new();
        void** holder = (void**)heap.Alloc(TestTypes.Pair);
        CountOperations.Store(holder, NewRing(heap, (int)Config.LeastSifted));

        // So that side data takes more than one slice to be given back.
        CountOperations.Incref(NewRing(heap, 3 * (int)(Config.MinSideChunkBytes / sizeof(uint))));
        ulong before = heap.LiveObjects - Config.LeastSifted;
        RunRound(heap, holder, out ulong collected, out ulong committed, Round.InClearing);

        Assert.That(committed, Is.EqualTo((ulong)Config.LeastSifted), "it never looked dead");
        Assert.That(collected, Is.Zero);
        Assert.That(heap.LiveObjects, Is.EqualTo(before));
        CountOperations.Decref(holder);
    }

    /// <summary>
    /// A round in the shortest slices. When all edges are tallied, what the slot refers to is moved out of it, into s_moved; when the first
    /// slice has ended in <paramref name="endIn"/>, if that is a phase, it is taken apart: its members die, and their pages may go. Returns how
    /// many were in the round's list at most; <paramref name="committed"/> is how many were when it was committed.
    /// </summary>
    private static ulong RunRound(TestHeap heap, void** slot, out ulong collected, out ulong committed, int endIn = Round.None)
    {
        ulong mostListed = 0;
        collected = 0;
        committed = 0;
        s_moved = null;
        Round.Start(heap.State);
        while (Round.IsUnderWay(heap.State))
        {
            ulong listed = heap.State->Visited.Count;
            mostListed = Math.Max(mostListed, listed);
            committed = Round.IsCommitted(heap.State) ? committed : listed;
            Budget budget = Budget.Until(0);
            GcEvent slice = default;
            Assert.That(Round.TryContinue(heap.State, ref budget, ref slice), Is.True);
            collected += slice.Collected;
            if (heap.State->RoundPhase == Round.InLife && s_moved == null)
            {
                s_moved = *slot;
                *slot = null;
            }
            else if (endIn != Round.None && heap.State->RoundPhase == endIn)
            {
                CountOperations.Store((void**)s_moved, null);
                CountOperations.Decref(s_moved);
                endIn = Round.None;
            }
        }

        Assert.That(s_moved != null, Is.True, "no slice ended between tallying and the end of life");
        Assert.That(endIn, Is.EqualTo(Round.None), "a phase that no slice ended in");
        return mostListed;
    }

    /// <summary>A ring whose references are all its own, written plainly: it is dead, and nobody has logged it.</summary>
    private static void** NewRing(TestHeap heap, int size)
    {
        void** first = (void**)heap.Alloc(TestTypes.Pair);
        void** last = first;
        for (int i = 1; i < size; i++)
        {
            void** fresh = (void**)heap.Alloc(TestTypes.Pair);
            last[0] = fresh;
            last = fresh;
        }

        last[0] = first;
        return first;
    }
}
