// Releasing much at once: wide and deep graphs, also from inside callbacks, without recursion and without memory.

using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Death;

public sealed unsafe class DeathQueueTests
{
    private const int Wide = 3 * Config.DeathQueueLength;

    [Test]
    public void A_wide_object_releases_all_its_children()
    {
        using var heap = new TestHeap();
        int destroyed = 0;
        Hooks.Destroy = _ => destroyed++;
        void** tuple = NewTuple(heap, Wide, TestTypes.Destroyed);
        CountOperations.Decref(tuple);
        Assert.That(destroyed, Is.EqualTo(Wide));
        Assert.That(heap.LiveObjects, Is.Zero);
        Assert.That(heap.State->Candidates, Is.Zero);
    }

    [Test]
    public void Each_child_dies_before_its_next_sibling_if_they_fit_the_queue()
    {
        using var heap = new TestHeap();
        var order = new List<nint>();
        Hooks.Destroy = order.Add;
        int width = int.Min(3, Config.DeathQueueLength);
        void** tuple = NewTuple(heap, width, TestTypes.Destroyed);
        var expected = new List<nint>();
        for (int i = 0; i < width; i++)
        {
            void* grandchild = heap.Alloc(TestTypes.Destroyed);
            *(void**)tuple[i] = grandchild;
            expected.Add((nint)tuple[i]);
            expected.Add((nint)grandchild);
        }

        CountOperations.Decref(tuple);
        Assert.That(order, Is.EqualTo(expected));
    }

    [Test]
    public void A_tree_dies_to_the_last_node()
    {
        using var heap = new TestHeap();
        int destroyed = 0;
        Hooks.Destroy = _ => destroyed++;
        void* root = NewTree(heap, 14);
        CountOperations.Decref(root);
        Assert.That(destroyed, Is.EqualTo((1 << 15) - 1));
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_long_chain_dies_without_recursion(bool isBySecondSlot)
    {
#if RR_TINY
        const int Length = 200_000;
#else
        const int Length = 10_000_000;
#endif
        using var heap = new TestHeap();
        void* head = null;
        for (int i = 0; i < Length; i++)
        {
            void* node = ObjectOperations.Alloc(heap.Handle, TestTypes.Pair);
            ((void**)node)[isBySecondSlot ? 1 : 0] = head;
            head = node;
        }

        Assert.That(heap.LiveObjects, Is.EqualTo((ulong)Length));
        CountOperations.Decref(head);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void A_long_chain_of_self_releasing_objects_dies_without_recursion()
    {
        using var heap = new TestHeap();
        Hooks.Destroy = payload => CountOperations.Decref(*(void**)payload);
        void* head = null;
        for (int i = 0; i < 300_000; i++)
        {
            void* node = ObjectOperations.Alloc(heap.Handle, TestTypes.Releasing);
            *(void**)node = head;
            head = node;
        }

        CountOperations.Decref(head);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void What_a_callback_releases_is_gone_when_decref_returns_however_full_the_queue()
    {
        using var heap = new TestHeap();
        void* inner = NewTuple(heap, Wide, TestTypes.Destroyed);
        ulong innerObjects = heap.LiveObjects;
        void* outer = NewTuple(heap, Wide, TestTypes.Destroyed);
        bool hasRun = false;
        int innerDead = -1;
        int destroyed = 0;
        Hooks.Destroy = _ =>
        {
            destroyed++;
            if (!hasRun)
            {
                hasRun = true;
                int before = destroyed;
                CountOperations.Decref(inner);
                innerDead = destroyed - before;
            }
        };
        CountOperations.Decref(outer);

        // The nested release may also have taken what the outer one had spilled.
        Assert.That(innerDead, Is.GreaterThanOrEqualTo((int)innerObjects - 1));
        Assert.That(destroyed, Is.EqualTo(2 * Wide));
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void A_leaf_that_waits_in_the_bitmap_dies_although_its_weak_reference_went_first()
    {
        using var heap = new TestHeap();
        void** tuple = NewTuple(heap, Wide, TestTypes.Destroyed);
        int middle = Wide / 2;
        void* leaf = heap.AllocItems(TypeId.Bytes, 5);
        CountOperations.Take(tuple + middle, leaf);
        CountOperations.Take(tuple, WeakRefOperations.New(leaf, null, null));
        CountOperations.Decref(tuple);
        Assert.That(heap.LiveObjects, Is.Zero);
        Assert.That(heap.State->Candidates, Is.Zero);
    }

    [Test]
    public void Freezing_in_a_callback_forgets_nobody_who_waits()
    {
        using var heap = new TestHeap();
        Hooks.Destroy = _ => TrackOperations.Freeze(heap.Handle);
        CountOperations.Decref(NewTuple(heap, Wide, TestTypes.Destroyed));
        Assert.That(heap.LiveObjects, Is.Zero);
        Assert.That(TrackOperations.FreezeCount(heap.Handle), Is.Zero);
        Assert.That(heap.State->Candidates, Is.Zero);
    }

    [Test]
    public void Candidates_stay_logged_while_others_wait_in_the_same_bitmaps()
    {
        using var heap = new TestHeap();
        void* ring = heap.Alloc(TestTypes.Pair);
        CountOperations.Store((void**)ring, ring);
        void** tuple = NewTuple(heap, Wide, TestTypes.Destroyed);
        CountOperations.Decref(ring);
        Assert.That(heap.State->Candidates, Is.EqualTo(1));
        CountOperations.Decref(tuple);
        Assert.That(heap.State->Candidates, Is.EqualTo(1));
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(1));
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    private static void** NewTuple(TestHeap heap, int count, TypeId childType)
    {
        void** tuple = (void**)heap.AllocItems(TypeId.Tuple, (ulong)count);
        for (int i = 0; i < count; i++)
        {
            tuple[i] = heap.Alloc(childType);
        }

        return tuple;
    }

    private static void* NewTree(TestHeap heap, int depth)
    {
        void** node = (void**)heap.Alloc(TestTypes.Destroyed);
        if (depth > 0)
        {
            node[0] = NewTree(heap, depth - 1);
            node[1] = NewTree(heap, depth - 1);
        }

        return node;
    }
}
