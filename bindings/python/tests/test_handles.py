"""Handles: one reference each, identity, aliases, closing, and what happens when they outlive things."""

from __future__ import annotations

import copy
import gc
import pickle
import unittest

from support import HeapTestCase, Unraisable, settle

import refruntime


class Handles(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Node = self.heap.type("Node", refs=["next", "other"])

    def test_a_fresh_object_has_one_reference_and_getrefcount_counts_its_argument(self) -> None:
        node = self.Node()
        self.assertEqual(node.refcount, 1)
        self.assertEqual(refruntime.getrefcount(node), 2)
        self.assertEqual(node.refcount, 1)

    def test_dropping_a_handle_destroys_the_object_at_once(self) -> None:
        node = self.Node()
        self.assertEqual(self.live(), 1)
        del node
        self.assertEqual(self.live(), 0)

    def test_the_same_object_has_the_same_handle(self) -> None:
        a, b = self.Node(), self.Node()
        a.next = b
        self.assertIs(a.next, b)
        self.assertIs(a.next, a.next)
        self.assertEqual(b.refcount, 2)

    def test_binding_another_name_is_not_seen_by_the_heap(self) -> None:
        a = self.Node()
        b = a
        self.assertEqual(a.refcount, 1)
        del b
        self.assertEqual(a.refcount, 1)

    def test_an_alias_is_another_reference_to_the_same_object(self) -> None:
        a = self.Node()
        b = a.alias()
        self.assertEqual(a.refcount, 2)
        self.assertIsNot(a, b)
        self.assertEqual(a, b)
        self.assertEqual(hash(a), hash(b))
        self.assertEqual(refruntime.id(a), refruntime.id(b))
        del b
        self.assertEqual(a.refcount, 1)

    def test_the_object_lives_until_the_last_alias_goes(self) -> None:
        a = self.Node()
        b = a.alias()
        a.close()
        self.assertEqual(self.live(), 1)
        self.assertEqual(b.refcount, 1)
        b.close()
        self.assertEqual(self.live(), 0)

    def test_a_handle_closed_while_an_alias_lives_is_replaced_by_a_new_one(self) -> None:
        a, holder = self.Node(), self.Node()
        holder.next = a
        b = a.alias()
        a.close()
        again = holder.next
        self.assertIsNot(again, a)
        self.assertEqual(again, b)
        self.assertNotEqual(again, a)
        self.assertEqual(b.refcount, 3)

    def test_different_objects_are_not_equal(self) -> None:
        a, b = self.Node(), self.Node()
        self.assertNotEqual(a, b)
        self.assertNotEqual(a, 1)
        self.assertEqual(len({a, b, a.alias()}), 2)

    def test_closing_twice_is_fine_and_using_a_closed_handle_is_not(self) -> None:
        a = self.Node()
        a.close()
        a.close()
        self.assertTrue(a.closed)
        self.assertEqual(a, a)
        for use in (
            lambda: a.refcount,
            lambda: a.address,
            lambda: a.next,
            lambda: setattr(a, "next", None),
            lambda: a.alias(),
            lambda: refruntime.getrefcount(a),
            lambda: self.heap.list([a]),
            lambda: self.heap.weakref(a),
            lambda: self.heap.get_referents(a),
        ):
            with self.assertRaises(refruntime.ClosedError):
                use()
        self.assertIn("closed", repr(a))

    def test_an_object_of_another_heap_is_refused(self) -> None:
        other = refruntime.Heap()
        self.addCleanup(other.close)
        foreign = other.type("Node", refs=["next"])()
        node = self.Node()
        for use in (
            lambda: setattr(node, "next", foreign),
            lambda: self.heap.list([foreign]),
            lambda: self.heap.tuple([foreign]),
            lambda: self.heap.weakref(foreign),
            lambda: self.heap.get_referents(foreign),
            lambda: self.heap.get_referrers(node, foreign),
            lambda: self.heap.get_path(foreign),
            lambda: self.heap.get_weakrefs(foreign),
            lambda: self.heap.is_finalized(foreign),
        ):
            with self.assertRaisesRegex(refruntime.ArgumentError, "another heap"):
                use()
        with self.assertRaisesRegex(TypeError, "callback"):
            self.heap.weakref(node, 5)
        self.assertEqual((foreign.refcount, node.refcount), (1, 1))
        self.assertEqual(refruntime.gc.get_referents(foreign), [])

    def test_a_million_handles_leave_nothing(self) -> None:
        kept = self.Node()
        for _ in range(500_000):
            self.Node(next=kept)
            kept.alias()
        self.assertEqual((self.live(), kept.refcount), (1, 1))
        self.assertEqual(self.heap.get_stats()["objects_allocated"], 500_001)

    def test_a_handle_that_outlives_its_heap_raises(self) -> None:
        heap = refruntime.Heap()
        node = heap.type("Node", refs=["next"], fields={})()
        things = [node, heap.list([node]), heap.tuple([node]), heap.bytes(b"abc"), heap.weakref(node)]
        heap.close()
        for thing in things:
            self.assertTrue(thing.closed)
            with self.assertRaises(ValueError):
                thing.refcount
            with self.assertRaises(refruntime.ClosedError):
                thing.alias()
            thing.close()
        with self.assertRaises(refruntime.ClosedError):
            node.next
        with self.assertRaises(refruntime.ClosedError):
            node.next = None
        with self.assertRaises(refruntime.ClosedError):
            things[4]()
        for sequence in things[1:4]:
            with self.assertRaises(refruntime.ClosedError):
                len(sequence)
            with self.assertRaises(refruntime.ClosedError):
                sequence[0]
        del node, thing, things, sequence

    def test_handles_are_not_copied_behind_the_heaps_back(self) -> None:
        node = self.Node()
        for action in (copy.copy, copy.deepcopy, pickle.dumps):
            with self.assertRaisesRegex(TypeError, "alias"):
                action(node)
        self.assertEqual(node.refcount, 1)

    def test_handles_can_not_be_made_out_of_thin_air(self) -> None:
        for kind in (refruntime.Handle, refruntime.List, refruntime.Tuple, refruntime.Bytes, refruntime.WeakRef):
            with self.assertRaises(TypeError):
                kind()
        with self.assertRaises(TypeError):
            refruntime.Instance()

    def test_a_handle_in_a_python_cycle_is_released_by_pythons_collector(self) -> None:
        holder: list = [self.Node()]
        holder.append(holder)
        del holder
        self.assertEqual(self.live(), 1)
        settle()
        self.assertEqual(self.live(), 0)

    def test_a_second_release_of_the_same_reference_is_reported_and_harms_nothing(self) -> None:
        node = self.Node()
        self.heap._api.decref(node.address)  # wrong: the handle owns this reference
        with Unraisable() as unraisable:
            del node
        self.assertEqual(len(unraisable.values), 1)
        self.assertIsInstance(unraisable.values[0], refruntime.NotAnObjectError)
        self.heap.verify()

    def test_many_handles_leave_nothing_behind(self) -> None:
        holder = self.heap.list()
        for _ in range(2000):
            node = self.Node()
            node.next = node
            holder.append(node)
            node.alias()
        del node
        holder.clear()
        self.heap.collect()
        self.assertEqual(self.live(), 1)
        self.assertEqual(len(self.heap._handles), 1)

    def test_objects_of_native_code_have_plain_handles(self) -> None:
        other = refruntime.Heap()
        self.addCleanup(other.close)
        Foreign = other.type("Foreign", refs=["next"])
        # As native code would: an object of a type that this heap was never told about.
        address = self.heap._api.alloc(self.heap.address, Foreign._type_id)
        unknown = self.heap._adopt(address)
        if Foreign._type_id != self.Node._type_id:
            self.assertIs(type(unknown), refruntime.Handle)
        self.assertEqual(unknown.refcount, 1)
        holder = self.Node(next=unknown)
        self.assertIs(holder.next, unknown)

    def test_repr_names_type_and_address(self) -> None:
        node = self.Node()
        self.assertEqual(repr(node), f"<refruntime Node at {node.address:#x}>")

    def test_an_error_does_not_keep_handles_in_a_cycle(self) -> None:
        gc.disable()
        self.addCleanup(gc.enable)

        def attempt(node: object) -> None:
            self.heap.list([node, None])

        with self.assertRaises(ValueError):
            attempt(self.Node())
        self.assertEqual(self.live(), 0)

    def test_gc_of_python_during_allocation_is_harmless(self) -> None:
        threshold = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        try:
            for _ in range(50):
                cycle: list = [self.Node()]
                cycle.append(cycle)
                a, b = self.Node(), self.Node()
                a.next, b.next = b, a
                self.assertIs(a.next.next, a)
                del cycle
        finally:
            gc.set_threshold(*threshold)
        del a, b
        settle()
        self.heap.collect()
        self.assertEqual(self.live(), 0)


if __name__ == "__main__":
    unittest.main()
