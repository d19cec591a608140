"""Finalizers, destroy callables and collection callbacks, the well-behaved and the others."""

from __future__ import annotations

import gc
import sys
import unittest
from ctypes import c_int64
from typing import Any, List

from support import HeapTestCase, Unraisable

import refruntime


class Finalizers(HeapTestCase):
    def node(self, **named: Any) -> Any:
        return self.heap.type("Node", refs=["next", "other"], fields={"value": c_int64}, **named)

    def test_a_finalizer_sees_the_object_intact_and_runs_once(self) -> None:
        seen: List[Any] = []
        Node = self.node(finalizer=lambda n: seen.append((n.value, n.next and n.next.value, n.refcount >= 1)))
        head = Node(value=2, next=Node(value=3, next=Node(value=4)))
        self.assertEqual(seen, [])
        del head
        self.assertEqual(seen, [(2, 3, True), (3, 4, True), (4, None, True)])

    def test_finalizers_of_a_cycle_see_all_of_it(self) -> None:
        seen: List[Any] = []
        Node = self.node(finalizer=lambda n: seen.append((n.value, n.next.value)))
        a, b = Node(value=1), Node(value=2)
        a.next, b.next = b, a
        del a, b
        self.assertEqual(self.heap.collect(), 2)
        self.assertEqual(sorted(seen), [(1, 2), (2, 1)])

    def test_a_kept_handle_resurrects_once(self) -> None:
        kept: List[Any] = []
        Node = self.node(finalizer=kept.append)
        node = Node(value=5)
        del node
        self.assertEqual((len(kept), kept[0].value, kept[0].refcount), (1, 5, 1))
        self.assertTrue(refruntime.is_finalized(kept[0]))
        kept.clear()
        self.assertEqual((kept, self.live()), ([], 0))
        self.assertEqual(self.heap.get_stats()["objects_resurrected"], 1)

    def test_a_resurrected_cycle_leaves_with_all_it_reaches(self) -> None:
        kept: List[Any] = []
        Node = self.node(finalizer=lambda n: kept.append(n) if n.value == 1 else None)
        a, b = Node(value=1), Node(value=2)
        a.next, b.next = b, a
        weak = self.heap.weakref(b)
        del a, b
        self.assertEqual(self.heap.collect(), 0)
        self.assertEqual(kept[0].next.next, kept[0])
        self.assertIsNotNone(weak())
        kept.clear()
        self.assertEqual(self.heap.collect(), 2)
        self.assertEqual(self.live(), 1)

    def test_a_finalizer_may_allocate_release_and_collect(self) -> None:
        results: List[int] = []

        def finalizer(node: Any) -> None:
            other = self.heap.list([node])
            other.clear()
            results.append(self.heap.collect())

        Node = self.node(finalizer=finalizer)
        Node()
        self.assertEqual(results, [0])
        self.assertEqual(self.live(), 0)

    def test_a_finalizer_may_not_close_the_heap(self) -> None:
        errors: List[Exception] = []

        def finalizer(_node: Any) -> None:
            try:
                self.heap.close()
            except refruntime.BusyError as error:
                errors.append(error)

        Node = self.node(finalizer=finalizer)
        Node()
        self.assertEqual(len(errors), 1)
        self.assertIn("rr_heap_free", str(errors[0]))
        self.assertIsInstance(errors[0], RuntimeError)
        self.assertFalse(self.heap.closed)

    def test_an_exception_goes_to_the_unraisable_hook_and_harms_nothing(self) -> None:
        def wrong(node: Any) -> None:
            raise KeyError(f"node {node.value}")

        Node = self.node(finalizer=wrong, destroy=wrong)
        with Unraisable() as unraisable:
            Node(value=1)
            cycle = Node(value=2)
            cycle.next = cycle
            del cycle
            self.assertEqual(self.heap.collect(), 1)
        self.assertEqual(unraisable.messages, ["'node 1'", "'node 1'", "'node 2'", "'node 2'"])
        self.assertEqual(self.live(), 0)

    def test_even_an_exit_does_not_travel_through_the_library(self) -> None:
        def leave(_node: Any) -> None:
            sys.exit(3)

        Node = self.node(finalizer=leave)
        with Unraisable() as unraisable:
            Node()
        self.assertIsInstance(unraisable.values[0], SystemExit)

    def test_a_slot_of_a_dying_object_can_be_moved_out(self) -> None:
        saved: List[Any] = []
        Node = self.node(finalizer=lambda n: saved.append(n.next) if n.next else None)
        inner = self.heap.type("Inner", refs=["x"])()
        Node(next=inner)
        self.assertEqual((saved, inner.refcount), ([inner], 1))

    def test_closing_the_heap_finalizes_and_destroys_what_is_left(self) -> None:
        seen: List[Any] = []
        heap = refruntime.Heap()
        Node = heap.type(
            "Node",
            refs=["next"],
            fields={"value": c_int64},
            finalizer=lambda n: seen.append(("finalize", n.value)),
            destroy=lambda n: seen.append(("destroy", n.value)),
        )
        held, lost = Node(value=1), Node(value=2)
        lost.next = lost
        del lost
        heap.close()
        self.assertEqual(sorted(seen[:2]), [("finalize", 1), ("finalize", 2)])
        self.assertEqual(sorted(seen[2:]), [("destroy", 1), ("destroy", 2)])
        self.assertTrue(held.closed)

    def test_dropping_the_last_name_of_a_heap_closes_it(self) -> None:
        seen: List[Any] = []
        heap = refruntime.Heap()
        Node = heap.type("Node", refs=["next"], finalizer=lambda n: seen.append(1))
        node = Node()
        node.next = node
        del heap, Node, node
        gc.collect()
        self.assertEqual(seen, [1])


class Destroying(HeapTestCase):
    def test_destroy_reads_fields_on_a_handle_that_is_closed_afterwards(self) -> None:
        seen: List[Any] = []
        kept: List[Any] = []

        def destroy(node: Any) -> None:
            seen.append(node.value)
            kept.append(node)

        Node = self.heap.type("Node", refs=["next"], fields={"value": c_int64}, destroy=destroy)
        Node(value=7)
        self.assertEqual(seen, [7])
        with self.assertRaises(refruntime.ClosedError):
            kept[0].value
        kept.clear()
        self.assertEqual(self.live(), 0)

    def test_destroy_may_neither_allocate_nor_resurrect(self) -> None:
        errors: List[Any] = []

        def destroy(node: Any) -> None:
            for attempt in (lambda: self.heap.list(), lambda: node.alias(), lambda: self.heap.weakref(node)):
                try:
                    attempt()
                except refruntime.RefRuntimeError as error:
                    errors.append(type(error))

        Node = self.heap.type("Node", refs=["next"], destroy=destroy)
        Node()
        self.assertEqual(errors, [refruntime.BusyError] * 3)
        self.assertEqual(self.live(), 0)

    def test_destroy_reads_a_living_neighbour(self) -> None:
        seen: List[int] = []
        Int = self.heap.type("Int", fields={"value": c_int64})
        Node = self.heap.type("Node", refs=["next"], destroy=lambda n: seen.append(n.next.value))
        neighbour = Int(value=42)
        Node(next=neighbour)
        self.assertEqual((seen, neighbour.refcount), ([42], 1))

    def test_destroy_may_close_handles(self) -> None:
        Leaf = self.heap.type("Leaf")
        held = [Leaf(), Leaf()]
        Node = self.heap.type("Node", refs=["next"], destroy=lambda _n: held.clear())
        Node()
        self.assertEqual(self.live(), 0)

    def test_the_order_at_death(self) -> None:
        seen: List[str] = []
        Node = self.heap.type(
            "Node",
            refs=["next"],
            finalizer=lambda _n: seen.append("finalize"),
            destroy=lambda _n: seen.append("destroy"),
        )
        a, b = Node(), Node()
        a.next, b.next = b, a
        kept = [self.heap.weakref(a, lambda _w: seen.append("weak")), self.heap.weakref(b, lambda _w: seen.append("weak"))]
        del a, b
        self.heap.collect()
        self.assertEqual(seen, ["finalize"] * 2 + ["weak"] * 2 + ["destroy"] * 2)
        seen.clear()
        node = Node()
        kept.append(self.heap.weakref(node, lambda _w: seen.append("weak")))
        del node
        self.assertEqual(seen, ["finalize", "weak", "destroy"])


class CollectionCallbacks(HeapTestCase):
    def test_callbacks_hear_of_start_and_stop(self) -> None:
        seen: List[Any] = []
        self.heap.callbacks.append(lambda phase, info: seen.append((phase, info)))
        made = self.heap.list()
        made.append(made)
        del made
        self.heap.collect()
        self.assertEqual([phase for phase, _ in seen], ["start", "stop"])
        self.assertEqual((seen[0][1]["reason"], seen[0][1]["collected"]), ("requested", 0))
        self.assertEqual((seen[1][1]["reason"], seen[1][1]["collected"]), ("requested", 1))
        self.assertGreaterEqual(seen[1][1]["duration_ns"], 0)
        self.heap.callbacks.clear()
        self.heap.collect()
        self.assertEqual(len(seen), 2)

    def test_an_exception_in_one_does_not_stop_the_others(self) -> None:
        seen: List[str] = []

        def wrong(phase: str, _info: Any) -> None:
            raise RuntimeError(phase)

        self.heap.callbacks.extend([wrong, lambda phase, _info: seen.append(phase)])
        self.heap.list().append(self.heap.list())
        with Unraisable() as unraisable:
            self.heap.collect()
        self.assertEqual(seen, ["start", "stop"])
        self.assertEqual(unraisable.messages, ["start", "stop"])


class PythonsCollectorInsideCallbacks(HeapTestCase):
    """CPython may drop handles, and with them objects of the heap, wherever Python code runs: in callbacks too."""

    def litter(self) -> None:
        """Leave a handle that only CPython's collector can drop."""
        box: List[Any] = [self.heap.list()]
        box[0].append(self.Victim())
        box.append(box)

    def setUp(self) -> None:
        super().setUp()
        self.victims: List[int] = []
        self.Victim = self.heap.type("Victim", finalizer=lambda _v: self.victims.append(1))

    def test_in_a_finalizer_a_destroy_and_a_weak_callback(self) -> None:
        steps: List[str] = []

        def sweep(what: str) -> None:
            before = len(self.victims)
            gc.collect()
            steps.append(what if len(self.victims) == before + 1 else f"nothing dropped in {what}")

        Node = self.heap.type(
            "Node", refs=["next"], finalizer=lambda _n: sweep("finalize"), destroy=lambda _n: sweep("destroy")
        )
        gc.collect()
        for cyclic in (False, True):
            node = Node()
            weak = self.heap.weakref(node, lambda _w: (self.litter(), sweep("weak"), self.litter()))
            if cyclic:
                node.next = node
            self.litter()
            del node
            self.heap.collect()
            self.assertIsNone(weak())
        self.assertEqual(steps, ["finalize", "weak", "destroy"] * 2)
        gc.collect()
        self.assertEqual(len(self.victims), 6)
        del weak
        self.assertEqual(self.live(), 0)

    def test_in_a_collection_callback(self) -> None:
        self.litter()
        self.heap.callbacks.append(lambda _phase, _info: gc.collect())
        self.heap.collect()
        self.assertEqual((self.victims, self.live()), ([1], 0))


if __name__ == "__main__":
    unittest.main()
