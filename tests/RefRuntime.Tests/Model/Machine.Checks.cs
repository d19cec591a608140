// Comparing library and oracle.

using System;
using System.Collections.Generic;
using System.Linq;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Model;

internal sealed unsafe partial class Machine
{
    /// <summary>Did happen what had to, and in an order that the contract allows?</summary>
    private void CheckEvents()
    {
        Demand(_failure is null, "{0}", _failure);
        Expectations expected = _oracle.Expected;
        CheckSame("finalized", expected.Finalized, EventKind.Finalize);
        CheckSame("destroyed", expected.Destroyed, EventKind.Destroy);

        List<Node> called = [.. _log.Where(entry => entry.Kind == EventKind.WeakCallback).Select(entry => entry.Node)];
        foreach ((Node weak, Node target) in expected.Callbacks)
        {
            Demand(called.Contains(weak) || !weak.IsAlive, "the callback of {0} for {1} did not run", weak, target);
            Demand(called.FindAll(node => node == weak).Count <= 1, "the callback of {0} ran twice", weak);
        }

        foreach (Node weak in called)
        {
            bool isDue = expected.Callbacks.Exists(entry => entry.Weak == weak);
            bool isAllowed = expected.MaybeCallbacks.Exists(entry => entry.Weak == weak && !entry.Target.IsAlive && entry.Target.DeathSet == 0);
            Demand(isDue || isAllowed, "the callback of {0} ran, which should not", weak);
        }

        foreach (Node node in expected.Dead)
        {
            bool isReused = _byAddress[node.Address] != node;
            Demand(isReused || ObjectOperations.IsObject((void*)node.Address) == 0, "{0} should be dead", node);
        }

        CheckOrder();
    }

    private void CheckSame(string what, List<Node> expected, EventKind kind)
    {
        List<Node> actual = [.. _log.Where(entry => entry.Kind == kind).Select(entry => entry.Node)];
        Demand(
            actual.Count == expected.Count && !expected.Except(actual).Any(),
            "{0}: [{1}] instead of [{2}]", what, string.Join(", ", actual), string.Join(", ", expected));
    }

    /// <summary>Finalizer, weak callbacks, destroy: of each object, and of a set each for all before the next. Callbacks of one object newest first.</summary>
    private void CheckOrder()
    {
        var finalized = new Dictionary<Node, int>();
        var destroyed = new Dictionary<Node, int>();
        var called = new Dictionary<Node, int>();
        for (int i = 0; i < _log.Count; i++)
        {
            (_log[i].Kind switch { EventKind.Finalize => finalized, EventKind.Destroy => destroyed, _ => called })[_log[i].Node] = i;
        }

        foreach (IGrouping<int, Node> set in _oracle.Expected.Dead.GroupBy(node => node.DeathSet != 0 ? node.DeathSet : -node.Id))
        {
            HashSet<Node> members = [.. set];
            List<int> calls = [.. _oracle.Expected.Callbacks.Where(entry => members.Contains(entry.Target) && called.ContainsKey(entry.Weak)).Select(entry => called[entry.Weak])];
            List<int> ends = [.. set.Where(destroyed.ContainsKey).Select(node => destroyed[node])];
            int lastFinalizer = set.Where(finalized.ContainsKey).Select(node => finalized[node]).DefaultIfEmpty(-1).Max();
            int firstDestroy = ends.DefaultIfEmpty(int.MaxValue).Min();
            Demand(calls.TrueForAll(call => call > lastFinalizer), "a weak callback runs before the last finalizer");
            Demand(calls.TrueForAll(call => call < firstDestroy), "a weak callback runs after the first destroy");
            Demand(lastFinalizer < firstDestroy, "a destroy callback runs before the last finalizer");
        }

        foreach (IGrouping<Node, (Node Weak, Node Target)> target in _oracle.Expected.Callbacks.GroupBy(entry => entry.Target))
        {
            List<int> calls = [.. target.Where(entry => called.ContainsKey(entry.Weak)).Select(entry => called[entry.Weak])];
            Demand(calls.SequenceEqual(calls.Order()), "the callbacks of {0} do not run newest first", target.Key);
        }
    }

    private void CheckCounts()
    {
        foreach (Node node in _oracle.Live)
        {
            long expected = node.IsImmortal ? AbiConstants.ImmortalCount : node.Count;
            long actual = CountOperations.GetRefCount((void*)node.Address);
            Demand(actual == expected, "the count of {0} is {1} instead of {2}", node, actual, expected);
        }
    }

    private void CheckVerifies()
    {
        Status status = HeapOperations.Verify(_heap);
        Demand(status == Status.Ok, "rr_heap_verify: {0}", NativeText.LastError());
    }

    private void CheckEverything()
    {
        foreach (Node node in _oracle.Live)
        {
            CheckObject(node);
        }

        var stats = new Stats { StructSize = (uint)sizeof(Stats) };
        Demand(HeapOperations.Stats(_heap, &stats) == Status.Ok, "rr_heap_stats: {0}", NativeText.LastError());
        CheckNumber("live_objects", stats.LiveObjects, (ulong)_oracle.Live.Count);
        CheckNumber("objects_allocated - objects_freed", stats.ObjectsAllocated - stats.ObjectsFreed, (ulong)_oracle.Live.Count);
        CheckNumber("finalizers_run", stats.FinalizersRun, _oracle.FinalizersRun);
        if (!_program.Profile.IsWatched)
        {
            // An automatic collection also takes up, and lets go again, what nothing else shows.
            CheckNumber("objects_resurrected", stats.ObjectsResurrected, _oracle.Resurrected);
        }

        CheckNumber("weakrefs_live", stats.WeakrefsLive, (ulong)_oracle.Live.Count(node => node.Target is not null));
        CheckNumber("external_bytes", stats.ExternalBytes, _external);
        CheckNumber("rr_gc_freeze_count", (ulong)TrackOperations.FreezeCount(_heap), (ulong)_oracle.Live.Count(node => node.IsFrozen));
    }

    private static void CheckNumber(string what, ulong actual, ulong expected) =>
        Demand(actual == expected, "{0} is {1} instead of {2}", what, actual, expected);

    private static void CheckObject(Node node)
    {
        void* payload = (void*)node.Address;
        Demand(TypeOperations.Of(payload) == KindTypes.TypeOf(node.Kind), "{0} has another type", node);
        bool isTracked = node.Kind.IsContainer() && !node.IsPassedBy;
        Demand(TrackOperations.IsTracked(payload) == (isTracked ? 1 : 0), "rr_gc_is_tracked of {0} is not {1}", node, isTracked);
        Demand(TrackOperations.IsFinalized(payload) == (node.IsFinalized ? 1 : 0), "rr_is_finalized of {0} is not {1}", node, node.IsFinalized);
        Demand(CountOperations.IsImmortal(payload) == (node.IsImmortal ? 1 : 0), "rr_is_immortal of {0} is not {1}", node, node.IsImmortal);
        Demand(CountOperations.IsUnique(payload) == (!node.IsImmortal && node.Count == 1 ? 1 : 0), "rr_is_unique of {0} is wrong", node);
        long weak = WeakRefOperations.Count(payload);
        Demand(weak == node.WeakReferences.Count, "{0} has {1} weak references instead of {2}", node, weak, node.WeakReferences.Count);
        if (node.Kind == Kind.List)
        {
            Demand(ListOperations.Count(payload) == node.Slots.Count, "rr_list_count of {0} is wrong", node);
        }

        for (int i = 0; i < node.Slots.Count; i++)
        {
            void* child = node.Kind == Kind.List ? ListOperations.Get(payload, (nuint)i) : KindTypes.Read(node.Kind, payload, i);
            Demand((nint)child == (node.Slots[i]?.Address ?? 0), "slot {0} of {1} is 0x{2:x} instead of {3}", i, node, (nint)child, node.Slots[i]);
        }
    }

    /// <summary>A new object is empty, aligned, and its caller's alone.</summary>
    private static void CheckFresh(Kind kind, void* payload, uint items)
    {
        ulong bytes = KindTypes.FixedBytes(kind) + ((ulong)items * (ulong)KindTypes.ItemBytes(kind));
        Demand((nint)payload % 16 == 0, "an object at 0x{0:x} is not aligned", (nint)payload);
        Demand(CountOperations.GetRefCount(payload) == 1, "a new object has a count of {0}", CountOperations.GetRefCount(payload));
        Demand(ObjectOperations.ItemCount(payload) == items, "rr_item_count is {0} instead of {1}", ObjectOperations.ItemCount(payload), items);
        Demand(kind == Kind.List || ObjectOperations.Size(payload) == bytes, "rr_size is {0} instead of {1}", ObjectOperations.Size(payload), bytes);
        Demand(!new Span<byte>(payload, (int)bytes).ContainsAnyExcept((byte)0), "a new object is not zeroed");
    }

    /// <summary>Referents, referrers, objects and path against the oracle's graph.</summary>
    private void CheckLooks(Node node)
    {
        void* payload = (void*)node.Address;
        List<Node> referents = [.. node.Slots.OfType<Node>()];
        CheckAnswer("rr_get_referents", referents, (results, capacity) => InspectOperations.GetReferents(payload, results, capacity));
        List<Node> referrers = _oracle.Live.FindAll(holder => holder.Slots.Contains(node));
        CheckAnswer("rr_get_referrers", referrers, (results, capacity) => InspectOperations.GetReferrers(payload, results, capacity));
        List<Node> peers = _oracle.Live.FindAll(other => other.Kind == node.Kind);
        CheckAnswer("rr_get_objects", peers, (results, capacity) => InspectOperations.GetObjects(_heap, KindTypes.TypeOf(node.Kind), results, capacity));

        // The handle itself is trivial to reach: ask for something deep, garbage too.
        Node target = _oracle.Live[node.Id % _oracle.Live.Count];
        CheckPath(target);
    }

    private delegate long Query(void** results, nuint capacity);

    private void CheckAnswer(string what, List<Node> expected, Query query)
    {
        nint[] results = new nint[expected.Count + 1];
        long count;
        fixed (nint* items = results)
        {
            count = query((void**)items, (nuint)results.Length);
        }

        Demand(count == expected.Count, "{0} answers {1} instead of {2}", what, count, expected.Count);
        IEnumerable<nint> actual = results.Take(expected.Count).Order();
        Demand(actual.SequenceEqual(expected.Select(node => node.Address).Order()), "{0} names other objects", what);
        Demand(query(null, 0) == count, "{0} answers otherwise without room", what);
    }

    private void CheckPath(Node target)
    {
        int distance = Distance(target);
        nint[] path = new nint[distance + 1];
        long length;
        fixed (nint* items = path)
        {
            length = InspectOperations.GetPath((void*)target.Address, (void**)items, (nuint)path.Length);
        }

        Demand(length == distance, "rr_get_path to {0} has {1} objects instead of {2}", target, length, distance);
        for (int i = 0; i < distance; i++)
        {
            Demand(_byAddress.TryGetValue(path[i], out Node? step) && step.IsAlive, "rr_get_path names what is no object");
            Demand(i != 0 || step!.Handles > 0 || step.IsImmortal, "rr_get_path begins with {0}, which nothing outside holds", step);
            Demand(i != distance - 1 || step == target, "rr_get_path ends with {0}", step);
            Demand(i == distance - 1 || step!.Slots.Exists(child => child is not null && child.Address == path[i + 1]), "rr_get_path has a gap behind {0}", step);
        }
    }

    /// <summary>Objects on the shortest chain from outside to the target; 0 = there is none.</summary>
    private int Distance(Node target)
    {
        var distances = _oracle.Live.Where(node => node.Handles > 0 || node.IsImmortal).ToDictionary(node => node, _ => 1);
        var queue = new Queue<Node>(distances.Keys);
        while (queue.TryDequeue(out Node? node))
        {
            foreach (Node? child in node.Slots)
            {
                if (child is not null && distances.TryAdd(child, distances[node] + 1))
                {
                    queue.Enqueue(child);
                }
            }
        }

        return distances.GetValueOrDefault(target);
    }
}
