// Callbacks that use the library: what is allowed works, what is not is refused, and nothing is lost.

using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Death;

public sealed unsafe class ReentryTests
{
    [TestCase(false)]
    [TestCase(true)]
    public void A_finalizer_may_not_give_back_what_is_the_runtimes(bool isCycle)
    {
        using var heap = new TestHeap();
        var answers = new List<Status>();
        void* other = heap.Alloc(TestTypes.Pair);
        Hooks.Finalize = payload =>
        {
            int own = isCycle ? 1 : 0;
            for (int i = 0; i < own + 3; i++)
            {
                answers.Add(CountOperations.Decref((void*)payload));
            }
        };
        void* node = heap.Alloc(TestTypes.Finalized);
        if (isCycle)
        {
            CountOperations.Store((void**)node, node);
        }

        CountOperations.Decref(node);
        CollectOperations.Collect(heap.Handle);
        Assert.That(answers, Does.Contain(Status.Argument));
        Assert.That(answers[^1], Is.EqualTo(Status.Argument));
        Assert.That(CountOperations.GetRefCount(other), Is.EqualTo(1));
        heap.Verify();
    }

    [Test]
    public void In_a_finalizer_no_heap_is_freed_and_nothing_is_collected()
    {
        using var heap = new TestHeap();
        HeapHandle* second = HeapOperations.New(null);
        var answers = new List<long>();
        Hooks.Finalize = _ =>
        {
            answers.Add((long)HeapOperations.Free(heap.Handle));
            answers.Add((long)HeapOperations.Free(second));
            answers.Add(CollectOperations.Collect(heap.Handle));
            answers.Add(CollectOperations.Collect(second));
            answers.Add((long)HeapOperations.Attach(heap.Handle));
            answers.Add((long)HeapOperations.Verify(heap.Handle));
        };
        CountOperations.Decref(heap.Alloc(TestTypes.Finalized));
        long busy = (long)Status.Busy;
        Assert.That(answers, Is.EqualTo(new[] { busy, busy, 0, 0, busy, 0 }));
        Assert.That(HeapOperations.Free(second), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void In_a_destroy_callback_nothing_is_born_and_nobody_revived()
    {
        using var heap = new TestHeap();
        void* slotHolder = heap.Alloc(TestTypes.Pair);
        void* list = ListOperations.New(heap.Handle);
        var answers = new List<object>();
        Hooks.Destroy = payload =>
        {
            void* dying = (void*)payload;
            answers.Add((ulong)ObjectOperations.Alloc(heap.Handle, TestTypes.Pair));
            answers.Add((ulong)ObjectOperations.AllocItems(heap.Handle, TypeId.Bytes, 5));
            answers.Add((ulong)ListOperations.New(heap.Handle));
            answers.Add((ulong)RawOperations.Alloc(heap.Handle, 5));
            answers.Add((ulong)WeakRefOperations.New(dying, null, null));
            answers.Add((ulong)WeakRefOperations.New(slotHolder, null, null));
            answers.Add((ulong)CountOperations.NewRef(dying));
            answers.Add((ulong)CountOperations.TryIncref(dying));
            answers.Add(CountOperations.Incref(dying));
            answers.Add(CountOperations.Decref(dying));
            answers.Add(CountOperations.Store((void**)slotHolder, dying));
            answers.Add(CountOperations.Take((void**)slotHolder, dying));
            answers.Add(CountOperations.MakeImmortal(dying));
            answers.Add(ListOperations.Append(list, dying));
            answers.Add(ListOperations.Append(list, slotHolder));
            answers.Add(TrackOperations.Candidate(dying));
        };
        CountOperations.Decref(heap.Alloc(TestTypes.Destroyed));
        var expected = new List<object>();
        expected.AddRange([0ul, 0ul, 0ul, 0ul, 0ul, 0ul, 0ul, 0ul]);
        expected.AddRange([Status.Busy, Status.Busy, Status.Busy, Status.Busy, Status.Busy, Status.Busy, Status.Busy, Status.Busy]);
        Assert.That(answers, Is.EqualTo(expected));
        Assert.That(heap.LiveObjects, Is.EqualTo(2));
    }

    [Test]
    public void In_a_destroy_callback_the_dying_can_be_read()
    {
        using var heap = new TestHeap();
        void* child = heap.Alloc(TestTypes.Pair);
        var answers = new List<long>();
        Hooks.Destroy = payload =>
        {
            void* dying = (void*)payload;
            answers.Add(ObjectOperations.IsObject(dying));
            answers.Add((long)TypeOperations.Of(dying) - (long)TestTypes.Destroyed);
            answers.Add((long)ObjectOperations.Size(dying));
            answers.Add(CountOperations.GetRefCount(dying));
            answers.Add(InspectOperations.GetReferents(dying, null, 0));
            answers.Add(CountOperations.GetRefCount(*(void**)dying));
        };
        void* node = heap.Alloc(TestTypes.Destroyed);
        CountOperations.Store((void**)node, child);
        CountOperations.Decref(node);
        Assert.That(answers, Is.EqualTo(new long[] { 1, 0, 24, 0, 1, 2 }));
        Assert.That(CountOperations.GetRefCount(child), Is.EqualTo(1));
    }

    [Test]
    public void A_traverse_callback_may_read_but_not_change()
    {
        using var heap = new TestHeap();
        TypeId type = TestTypes.Define(new TypeInfo { Traverse = &Probing.OnTraverse }, slots: 0);
        void* node = heap.Alloc(type);
        Probing.Answers.Clear();
        InspectOperations.GetReferents(node, null, 0);
        Assert.That(Probing.Answers, Is.EqualTo(new[] { 1, (long)Status.Busy, (long)Status.Busy, 0, (long)Status.Busy }));
        Assert.That(CountOperations.GetRefCount(node), Is.EqualTo(1));
    }

    [Test]
    public void A_weak_callback_may_let_its_own_weak_reference_go()
    {
        using var heap = new TestHeap();
        void* node = heap.Alloc(TestTypes.Pair);
        WeakRefOperations.New(node, &Hooks.OnWeak, null);
        Hooks.Weak = (weak, _) => CountOperations.Decref((void*)weak);
        CountOperations.Decref(node);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void A_weak_callback_that_lets_another_go_silences_it()
    {
        using var heap = new TestHeap();
        void* node = heap.Alloc(TestTypes.Pair);
        void* older = WeakRefOperations.New(node, &Hooks.OnWeak, (void*)1);
        void* newer = WeakRefOperations.New(node, &Hooks.OnWeak, (void*)2);
        var called = new List<nint>();
        Hooks.Weak = (_, user) =>
        {
            called.Add(user);
            if (user == 2)
            {
                CountOperations.Decref(older);
            }
        };
        CountOperations.Decref(node);
        Assert.That(called, Is.EqualTo(new[] { (nint)2 }));
        CountOperations.Decref(newer);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void A_weak_reference_made_while_a_finalizer_drops_its_target_is_dead_at_once()
    {
        using var heap = new TestHeap(HeapFlags.None);
        CollectOperations.SetThreshold(heap.Handle, 1);
        void* target = heap.Alloc(TestTypes.Pair);
        Hooks.Finalize = _ => CountOperations.Decref(target);
        void* ring = heap.Alloc(TestTypes.Finalized);
        CountOperations.Store((void**)ring, ring);
        CountOperations.Decref(ring);
        void* weak = WeakRefOperations.New(target, &Hooks.OnWeak, null);
        Assert.That((ulong)weak, Is.Not.Zero);
        Assert.That(ObjectOperations.IsObject(target), Is.Zero);
        Assert.That((ulong)WeakRefOperations.Get(weak), Is.Zero);
        CountOperations.Decref(weak);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void Looking_for_referrers_asks_nobody_who_is_past_destroy()
    {
        using var heap = new TestHeap();
        TypeId type = TestTypes.Define(
            new TypeInfo { Flags = TypeFlags.SelfReleasing, Traverse = &Probing.OnLateTraverse, Destroy = &Probing.OnDestroyThenRelease }, slots: 0);
        void* witness = heap.Alloc(TestTypes.Finalized);
        Hooks.Finalize = payload =>
        {
            InspectOperations.GetReferrers((void*)payload, null, 0);
            InspectOperations.GetPath((void*)payload, null, 0);
            HeapOperations.Verify(heap.Handle);
        };
        Probing.LateTraversals = 0;

        // Untracked, so that it dies by counting while the cycle that holds it is taken apart.
        TrackOperations.Untrack(witness);
        void** first = (void**)heap.Alloc(type);
        void** second = (void**)heap.Alloc(type);
        first[0] = CountOperations.NewRef(second);
        second[0] = first;
        first[1] = CountOperations.NewRef(witness);
        second[1] = witness;
        CountOperations.Decref(second);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(2));
        Assert.That(Probing.LateTraversals, Is.Zero);
        Assert.That(heap.LiveObjects, Is.Zero);
    }
}
