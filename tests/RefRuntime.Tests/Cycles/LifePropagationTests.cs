// A complete collection ends its walk when life has reached everybody who looked dead. What it tells of itself is the same.

using NUnit.Framework;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Cycles;

public sealed unsafe class LifePropagationTests
{
    private const ulong Nodes = 1023;

    [Test]
    public void A_tree_that_lives_has_been_looked_at_whole_though_its_leaves_were_not_walked()
    {
        using TestHeap heap = new();
        void* root = BuildTree(heap);
        ulong before = heap.Stats.ObjectsVisited;
        Assert.That(CollectOperations.Collect(heap.Handle), Is.Zero);
        Assert.That(heap.Stats.ObjectsVisited - before, Is.EqualTo(Nodes));
        Assert.That(heap.LiveObjects, Is.EqualTo(Nodes));
        CountOperations.Decref(root);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void What_only_a_leaf_holds_is_reached_though_the_rest_of_a_tree_was_before()
    {
        using TestHeap heap = new();
        void* root = BuildTree(heap);
        void* leaf = root;
        while (*(void**)leaf != null)
        {
            leaf = *(void**)leaf;
        }

        // A chain behind a leaf: each of its members looks dead until the one before has been walked.
        for (int i = 0; i < 100; i++)
        {
            void* next = heap.Alloc(TestTypes.Pair);
            CountOperations.Take((void**)leaf, next);
            leaf = next;
        }

        void** ring = (void**)heap.Alloc(TestTypes.Pair);
        CountOperations.Store(ring, ring);
        CountOperations.Decref(ring);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(1));
        Assert.That(heap.LiveObjects, Is.EqualTo(Nodes + 100));
        CountOperations.Decref(root);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void All_that_are_held_from_outside_live_without_a_walk()
    {
        using TestHeap heap = new();
        void*[] held = new void*[100];
        for (int i = 0; i < held.Length; i++)
        {
            held[i] = heap.Alloc(TestTypes.Pair);
            CountOperations.Store((void**)held[i], held[i / 2]);
        }

        ulong before = heap.Stats.ObjectsVisited;
        Assert.That(CollectOperations.Collect(heap.Handle), Is.Zero);
        Assert.That(heap.Stats.ObjectsVisited - before, Is.EqualTo(100));
        foreach (void* one in held)
        {
            CountOperations.Decref(one);
        }

        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(1), "the first holds itself");
    }

    /// <summary>It is taken for live, since one of the slots was never counted, and then what it refers to lives too.</summary>
    [Test]
    public void Who_stands_in_more_slots_than_it_has_references_keeps_what_it_refers_to()
    {
        using TestHeap heap = new();
        void** holder = (void**)heap.Alloc(TestTypes.Pair);
        void** borrowed = (void**)heap.Alloc(TestTypes.Pair);
        void* child = heap.Alloc(TestTypes.Pair);
        CountOperations.Take(borrowed, child);
        CountOperations.Take(borrowed + 1, holder);
        CountOperations.Take(holder, borrowed);
        holder[1] = borrowed;
        Assert.That(CollectOperations.Collect(heap.Handle), Is.Zero);
        Assert.That(heap.LiveObjects, Is.EqualTo(3));
        holder[1] = null;
        CountOperations.Incref(holder);
        CountOperations.Decref(holder);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(3));
    }

    /// <summary>A binary tree whose root alone is held. Its nodes are young.</summary>
    private static void* BuildTree(TestHeap heap)
    {
        void*[] nodes = new void*[Nodes];
        for (ulong i = 0; i < Nodes; i++)
        {
            nodes[i] = heap.Alloc(TestTypes.Pair);
            if (i != 0)
            {
                CountOperations.Take((void**)nodes[(i - 1) / 2] + ((i - 1) % 2), nodes[i]);
            }
        }

        return nodes[0];
    }
}
