// The death of a cycle: order over the whole set, resurrection of parts, self-releasing members.

using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Death;

public sealed unsafe class SetDeathTests
{
    [Test]
    public void All_finalizers_come_before_all_weak_callbacks_and_those_before_all_destroys()
    {
        using var heap = new TestHeap();
        var order = new List<char>();
        Hooks.Finalize = _ => order.Add('f');
        Hooks.Weak = (_, _) => order.Add('w');
        Hooks.Destroy = _ => order.Add('d');
        void*[] ring = NewRing(heap, TestTypes.Finalized, 5);
        var weak = new List<nint>();
        foreach (void* member in ring)
        {
            weak.Add((nint)WeakRefOperations.New(member, &Hooks.OnWeak, null));
        }

        CountOperations.Decref(ring[0]);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(5));
        Assert.That(new string([.. order]), Is.EqualTo("fffffwwwwwddddd"));
        Assert.That(weak.TrueForAll(reference => WeakRefOperations.Get((void*)reference) == null), Is.True);
    }

    [Test]
    public void Weak_callbacks_of_one_object_run_newest_first_and_the_shared_reference_is_silent()
    {
        using var heap = new TestHeap();
        void* node = heap.Alloc(TestTypes.Pair);
        var called = new List<nint>();
        Hooks.Weak = (_, user) => called.Add(user);
        void* shared = WeakRefOperations.New(node, null, null);
        for (nint i = 1; i <= 5; i++)
        {
            WeakRefOperations.New(node, &Hooks.OnWeak, (void*)i);
        }

        Assert.That((ulong)WeakRefOperations.New(node, null, null), Is.EqualTo((ulong)shared));
        Assert.That(WeakRefOperations.Count(node), Is.EqualTo(6));
        CountOperations.Decref(node);
        Assert.That(called, Is.EqualTo(new nint[] { 5, 4, 3, 2, 1 }));
    }

    [Test]
    public void The_callback_of_a_weak_reference_that_dies_with_the_set_is_dropped()
    {
        using var heap = new TestHeap();
        int called = 0;
        Hooks.Weak = (_, _) => called++;
        void*[] ring = NewRing(heap, TestTypes.Pair, 2);
        CountOperations.Take((void**)ring[0] + 1, WeakRefOperations.New(ring[1], &Hooks.OnWeak, null));
        CountOperations.Decref(ring[0]);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(2));
        Assert.That(called, Is.Zero);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void Who_is_resurrected_leaves_with_all_it_reaches()
    {
        using var heap = new TestHeap();
        void*[] saved = NewRing(heap, TestTypes.Finalized, 3);
        void* tail = heap.Alloc(TestTypes.Pair);
        CountOperations.Take((void**)saved[1] + 1, tail);
        void*[] lost = NewRing(heap, TestTypes.Finalized, 3);
        nint hero = (nint)saved[2];
        Hooks.Finalize = payload =>
        {
            if (payload == hero)
            {
                CountOperations.Incref((void*)payload);
            }
        };
        CountOperations.Decref(saved[0]);
        CountOperations.Decref(lost[0]);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(3));
        Assert.That(heap.LiveObjects, Is.EqualTo(4));
        Assert.That(heap.Stats.ObjectsResurrected, Is.EqualTo(4));
        Assert.That(CountOperations.GetRefCount((void*)hero), Is.EqualTo(2));
        Assert.That(TrackOperations.IsFinalized((void*)hero), Is.EqualTo(1));
        heap.Verify();

        // Finalized is finalized: the second time nothing stops it.
        CountOperations.Decref((void*)hero);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(4));
        Assert.That(heap.LiveObjects, Is.Zero);
        Assert.That(heap.Stats.FinalizersRun, Is.EqualTo(6));
    }

    [Test]
    public void Members_that_a_finalizer_frees_by_cutting_their_cycle_are_counted()
    {
        using var heap = new TestHeap();
        int finalized = 0;
        Hooks.Finalize = payload =>
        {
            finalized++;
            CountOperations.Store((void**)payload, null);
        };
        void*[] ring = NewRing(heap, TestTypes.Finalized, 4);
        CountOperations.Decref(ring[0]);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(4));
        Assert.That(finalized, Is.EqualTo(4));
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void A_finalizer_that_makes_itself_immortal_stays()
    {
        using var heap = new TestHeap();
        void*[] ring = NewRing(heap, TestTypes.Finalized, 2);
        nint first = (nint)ring[0];
        Hooks.Finalize = payload =>
        {
            if (payload == first)
            {
                CountOperations.MakeImmortal((void*)payload);
            }
        };
        CountOperations.Decref(ring[0]);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.Zero);
        Assert.That(heap.LiveObjects, Is.EqualTo(2));
        Assert.That(CountOperations.IsImmortal((void*)first), Is.EqualTo(1));
    }

    [Test]
    public void Self_releasing_members_release_each_other_and_what_is_outside()
    {
        using var heap = new TestHeap();
        void* outside = heap.Alloc(TestTypes.Pair);
        var answers = new List<Status>();
        Hooks.Destroy = payload =>
        {
            answers.Add(CountOperations.Decref(((void**)payload)[0]));
            answers.Add(CountOperations.Decref(((void**)payload)[1]));
        };
        void*[] ring = NewRing(heap, TestTypes.Releasing, 4);
        foreach (void* member in ring)
        {
            ((void**)member)[1] = CountOperations.NewRef(outside);
        }

        CountOperations.Decref(ring[0]);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(4));
        Assert.That(answers, Has.Count.EqualTo(8).And.All.EqualTo(Status.Ok));
        Assert.That(CountOperations.GetRefCount(outside), Is.EqualTo(1));
        Assert.That(heap.LiveObjects, Is.EqualTo(1));
    }

    [Test]
    public void The_set_releases_what_it_holds_outside_and_that_may_die_of_it()
    {
        using var heap = new TestHeap();
        int finalized = 0;
        Hooks.Finalize = _ => finalized++;
        TypeId acyclic = TestTypes.Define(new TypeInfo { Flags = TypeFlags.Acyclic, Finalize = &Hooks.OnFinalize });
        void*[] ring = NewRing(heap, TestTypes.Pair, 3);
        void* behind = heap.Alloc(acyclic);
        CountOperations.Take((void**)behind, heap.Alloc(TestTypes.Finalized));
        CountOperations.Take((void**)ring[1] + 1, behind);
        CountOperations.Decref(ring[0]);
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(3));
        Assert.That(finalized, Is.EqualTo(2));
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [TestCase(HeapFlags.None)]
    [TestCase(HeapFlags.Synchronized)]
    public void An_automatic_collection_finds_a_dropped_ring(HeapFlags flags)
    {
        using var heap = new TestHeap(flags);
        var reasons = new List<GcReason>();
        Hooks.Collection = gcEvent => reasons.Add(gcEvent.Reason);
        CollectOperations.SetCallback(heap.Handle, &Hooks.OnCollection, null);
        CollectOperations.SetThreshold(heap.Handle, 4);
        for (int i = 0; i < 100; i++)
        {
            CountOperations.Decref(NewRing(heap, TestTypes.Pair, 3)[0]);
        }

        Assert.That(reasons, Does.Contain(GcReason.Candidates));
        Assert.That(heap.LiveObjects, Is.LessThan(40));
        CollectOperations.SetCallback(heap.Handle, null, null);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_huge_object_that_dies_in_a_cycle_gives_its_memory_back(bool hasDuties)
    {
        using var heap = new TestHeap();
        void** loop = (void**)heap.AllocItems(TypeId.Tuple, 3 * Config.SegmentSize / 8);
        loop[0] = loop;
        if (hasDuties)
        {
            loop[1] = heap.Alloc(TestTypes.Destroyed);
        }

        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(hasDuties ? 2 : 1));
        Assert.That(heap.Stats.ReservedBytes, Is.EqualTo(Config.SegmentSize));
        Assert.That(heap.Stats.CommittedBytes, Is.LessThan(Config.SegmentSize));
    }

    [Test]
    public void The_end_of_a_heap_finalizes_and_destroys_each_object_once()
    {
        var finalized = new List<nint>();
        var destroyed = new List<nint>();
        int called = 0;
        Hooks.Finalize = finalized.Add;
        Hooks.Destroy = destroyed.Add;
        Hooks.Weak = (_, _) => called++;
        HeapHandle* heap = HeapOperations.New(null);
        var made = new List<nint>();
        for (int i = 0; i < 500; i++)
        {
            void* node = ObjectOperations.Alloc(heap, TestTypes.Finalized);
            made.Add((nint)node);
            CountOperations.Store((void**)node, (void*)made[i / 2]);
            WeakRefOperations.New(node, &Hooks.OnWeak, null);
            if (i % 10 == 0)
            {
                CountOperations.MakeImmortal(node);
            }
        }

        Assert.That(HeapOperations.Free(heap), Is.EqualTo(Status.Ok));
        Hooks.Clear();
        Assert.That(finalized.Order(), Is.EqualTo(made.Order()));
        Assert.That(destroyed.Order(), Is.EqualTo(made.Order()));
        Assert.That(called, Is.Zero);
    }

    /// <summary>A ring through the first slots. Only the first member has a reference of the caller's.</summary>
    private static void*[] NewRing(TestHeap heap, TypeId type, int count)
    {
        void*[] ring = new void*[count];
        for (int i = 0; i < count; i++)
        {
            ring[i] = heap.Alloc(type);
        }

        for (int i = 0; i < count; i++)
        {
            // Plain writes, so that types whose slots only traverse knows work too.
            *(void**)ring[i] = CountOperations.NewRef(ring[(i + 1) % count]);
        }

        for (int i = 1; i < count; i++)
        {
            CountOperations.Decref(ring[i]);
        }

        return ring;
    }
}
