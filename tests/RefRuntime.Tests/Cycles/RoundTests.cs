// Collections in slices, without the trials that come before them in a step.

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
