// Trials: what lies near the candidates is looked at, and not what lies beyond.

using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Cycles;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Cycles;

public sealed unsafe class TrialTests
{
    private const int Live = 20_000;

    [Test]
    public void A_small_dead_ring_is_found_without_a_walk_through_the_live_graph_it_refers_to()
    {
        using TestHeap heap = new();
        void** graph = NewGraph(heap);
        for (int i = 0; i < 40; i++)
        {
            DropRing(heap, 3, graph);
            Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial trial), Is.True);
            Assert.That(trial.Collected, Is.EqualTo(3));
            Assert.That(trial.Visited, Is.LessThanOrEqualTo(Config.TrialPlaces));
        }

        Assert.That(heap.LiveObjects, Is.EqualTo((ulong)Live));
        CountOperations.Decref(graph);
    }

    [Test]
    public void What_a_trial_has_no_room_for_is_left_to_a_complete_collection()
    {
        using TestHeap heap = new();
        int size = 4 * (int)Config.TrialPlaces;
        void** kept = (void**)heap.Alloc(TestTypes.Pair);
        DropRing(heap, size, kept);
        CollectOperations.Collect(heap.Handle);
        Assert.That(heap.LiveObjects, Is.EqualTo(1));

        void** ring = NewRing(heap, size, kept);
        CollectOperations.Collect(heap.Handle);
        CountOperations.Decref(ring);
        while (heap.State->Candidates != 0)
        {
            Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial trial), Is.True);
            Assert.That(trial.Collected, Is.Zero);
            Assert.That(trial.Visited, Is.LessThanOrEqualTo(Config.TrialPlaces));
        }

        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(size));
        Assert.That(CountOperations.GetRefCount(kept), Is.EqualTo(1));
        CountOperations.Decref(kept);
    }

    /// <summary>Pairs whose members refer to each other twice, so that each candidate waits. A trial that walks on from few leaves the others.</summary>
    [Test]
    public void Candidates_that_a_trial_did_not_walk_on_from_are_the_next_complete_collections()
    {
        using TestHeap heap = new();
        int count = (int)Config.TrialCandidates;
        void*[] dropped = new void*[count];
        for (int i = 0; i < count; i++)
        {
            void** pair = (void**)heap.Alloc(TestTypes.Pair);
            void** other = (void**)heap.Alloc(TestTypes.Pair);
            for (int slot = 0; slot < 2; slot++)
            {
                CountOperations.Store(pair + slot, other);
                CountOperations.Store(other + slot, pair);
            }

            CountOperations.Decref(other);
            dropped[i] = pair;
        }

        CollectOperations.Collect(heap.Handle);
        foreach (void* pair in dropped)
        {
            CountOperations.Decref(pair);
        }

        heap.State->TrialReach = 1;
        heap.State->Collections = 1;
        Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial trial), Is.True);
        Assert.That(trial.Collected, Is.LessThanOrEqualTo(2 * (ulong)Config.LeastTrialReach));
        Assert.That(heap.State->Candidates, Is.Zero);
        CollectOperations.Collect(heap.Handle);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    /// <summary>Its edges are nearly all that a trial may walk, and are walked once more after the finalizer.</summary>
    [Test]
    public void A_set_with_many_edges_dies_after_its_finalizer()
    {
        using TestHeap heap = new();
        ulong edges = (ulong)Config.TrialEdges - 2;
        void** tuple = (void**)heap.AllocItems(TypeId.Tuple, edges);
        void** finalized = (void**)heap.Alloc(TestTypes.Finalized);
        for (ulong i = 0; i < edges; i++)
        {
            CountOperations.Store(tuple + i, finalized);
        }

        CountOperations.Store(finalized, tuple);
        CountOperations.Decref(finalized);
        CollectOperations.Collect(heap.Handle);
        CountOperations.Decref(tuple);
        Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial trial), Is.True);
        Assert.That(trial.Resurrected, Is.Zero);
        Assert.That(trial.Collected, Is.EqualTo(2));
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void A_candidate_that_a_trial_had_no_edges_left_for_is_the_next_ones()
    {
        using TestHeap heap = new();
        ulong edges = 8 * Config.TrialPlaces;
        void** tuple = (void**)heap.AllocItems(TypeId.Tuple, edges);
        void** ring = (void**)heap.Alloc(TestTypes.Pair);
        void* often = heap.Alloc(TestTypes.Leaf);
        for (ulong i = 0; i < edges; i++)
        {
            CountOperations.Store(tuple + i, often);
        }

        CountOperations.Decref(often);
        CollectOperations.Collect(heap.Handle);
        CountOperations.Incref(tuple);
        CountOperations.Decref(tuple);
        CountOperations.Store(ring, ring);
        CountOperations.Decref(ring);
        Assert.That(heap.State->Candidates, Is.EqualTo(2));
        Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial first), Is.True);
        Assert.That(first.Collected, Is.Zero, "the tuple did not use up the edges before");
        Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial second), Is.True);
        Assert.That(second.Collected, Is.EqualTo(1));
        Assert.That(heap.LiveObjects, Is.EqualTo(2));
    }

    /// <summary>A tuple that lives has more edges than a trial notes. Behind them all is the only reference to another candidate, which has been looked at before.</summary>
    [Test]
    public void Who_is_held_by_an_edge_that_a_trial_did_not_note_lives()
    {
        using TestHeap heap = new();
        ulong edges = 8 * Config.TrialPlaces;
        void* held = heap.Alloc(TestTypes.Pair);
        void** tuple = (void**)heap.AllocItems(TypeId.Tuple, edges);
        void* often = heap.Alloc(TestTypes.Pair);
        for (ulong i = 0; i < edges - 1; i++)
        {
            CountOperations.Store(tuple + i, often);
        }

        CountOperations.Decref(often);
        CollectOperations.Collect(heap.Handle);
        CountOperations.Store(tuple + edges - 1, held);
        CountOperations.Decref(held);
        CountOperations.Incref(tuple);
        CountOperations.Decref(tuple);
        Assert.That(heap.State->Candidates, Is.EqualTo(2));
        Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial trial), Is.True);
        Assert.That(trial.Collected, Is.Zero);
        Assert.That(CountOperations.GetRefCount(held), Is.EqualTo(1));
        CountOperations.Decref(tuple);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    /// <summary>
    /// The first waits, since two references to it are left; so does the one that it shares with the third, which is walked at once. Walked
    /// from the first, the shared one is explained, and is to be walked once: what it refers to has another owner.
    /// </summary>
    [Test]
    public void Who_is_explained_while_it_waits_is_walked_once()
    {
        using TestHeap heap = new();
        void** first = (void**)heap.Alloc(TestTypes.Pair);
        void** second = (void**)heap.Alloc(TestTypes.Pair);
        void** third = (void**)heap.Alloc(TestTypes.Pair);
        void** shared = (void**)heap.Alloc(TestTypes.Pair);
        void** kept = (void**)heap.Alloc(TestTypes.Pair);
        first[0] = second;
        CountOperations.Store(second, first);
        CountOperations.Store(second + 1, first);
        CountOperations.Store(third, third);
        third[1] = shared;
        CountOperations.Store(first + 1, shared);
        CountOperations.Store(shared, kept);
        CountOperations.Decref(first);
        CountOperations.Decref(third);

        Assert.That(Trial.TryRun(heap.State, Config.TrialCandidates, out Trial trial), Is.True);
        Assert.That(trial.Collected, Is.EqualTo(4));
        Assert.That(CountOperations.GetRefCount(kept), Is.EqualTo(1));
        CountOperations.Decref(kept);
    }

    /// <summary>A live chain, which no longer is anything new.</summary>
    private static void** NewGraph(TestHeap heap)
    {
        void** first = (void**)heap.Alloc(TestTypes.Pair);
        void** last = first;
        for (int i = 1; i < Live; i++)
        {
            void** next = (void**)heap.Alloc(TestTypes.Pair);
            CountOperations.Take(last, next);
            last = next;
        }

        CollectOperations.Collect(heap.Handle);
        return first;
    }

    private static void DropRing(TestHeap heap, int size, void* target) => CountOperations.Decref(NewRing(heap, size, target));

    /// <summary>Each member refers to the next one, the first to the target too.</summary>
    private static void** NewRing(TestHeap heap, int size, void* target)
    {
        void** first = (void**)heap.Alloc(TestTypes.Pair);
        void** last = first;
        for (int i = 1; i < size; i++)
        {
            void** next = (void**)heap.Alloc(TestTypes.Pair);
            last[0] = next;
            last = next;
        }

        CountOperations.Store(last, first);
        CountOperations.Store(first + 1, target);
        return first;
    }
}
