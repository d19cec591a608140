// Counts that are too large for a side word: 2^28 references and a few look like a few there.

using NUnit.Framework;
using RefRuntime.Counting;
using RefRuntime.Core;
using RefRuntime.Cycles;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Cycles;

public sealed unsafe class LargeCountTests
{
    /// <summary>One reference from itself, and as many from outside as a side word wraps at.</summary>
    private const long References = (1L << 28) + 1;

    [TestCase("complete")]
    [TestCase("trial")]
    [TestCase("steps")]
    public void Who_has_so_many_references_that_a_side_word_wraps_lives(string way)
    {
        using TestHeap heap = new();
        void** much = (void**)heap.Alloc(TestTypes.Pair);
        void** child = (void**)heap.Alloc(TestTypes.Pair);
        CountOperations.Store(much, much);
        CountOperations.Take(much + 1, child);
        Counts.Set(heap.State, much, References + 1);
        CountOperations.Decref(much);

        Assert.That(Collect(heap, way), Is.Zero);
        Assert.That(heap.LiveObjects, Is.EqualTo(2));
        Assert.That(CountOperations.GetRefCount(much), Is.EqualTo(References));
        Assert.That(CountOperations.GetRefCount(child), Is.EqualTo(1));

        Counts.Set(heap.State, much, 2);
        CountOperations.Decref(much);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(2));
    }

    private static long Collect(TestHeap heap, string way)
    {
        if (way == "complete")
        {
            return CollectOperations.Collect(heap.Handle);
        }

        if (way == "trial")
        {
            Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial trial), Is.True);
            return (long)trial.Collected;
        }

        long collected = 0;
        while (CollectOperations.Pending(heap.Handle) != 0)
        {
            collected += CollectOperations.CollectStep(heap.Handle, 0);
        }

        return collected;
    }
}
