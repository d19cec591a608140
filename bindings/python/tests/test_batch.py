"""Batches: many objects made, linked and dropped with a call each, and every wrong use of them."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import unittest
from ctypes import c_int64
from typing import Any, Callable, List

from support import HeapTestCase, Unraisable, settle

import refruntime


class BatchTestCase(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.finalized: List[int] = []
        self.Node = self.heap.type("Node", refs=["next", "other"], fields={"value": c_int64})

    def numbered(self, count: int) -> Any:
        nodes = self.heap.batch(self.Node, count)
        for number, node in enumerate(nodes):
            node.value = number
        return nodes


class Batches(BatchTestCase):
    def test_a_million_objects_are_made_linked_and_dropped(self) -> None:
        kept = self.Node()
        allocated = self.heap.get_stats()["objects_allocated"]
        nodes = self.heap.batch(self.Node, 1_000_000)
        nodes[:-1].store("next", nodes[1:])
        self.assertEqual((len(nodes), self.live()), (1_000_000, 1_000_001))
        for place in (0, 1, 500_000, 999_998):
            self.assertIs(nodes[place].next, nodes[place + 1])
        self.assertIsNone(nodes[-1].next)
        self.assertEqual((nodes[0].refcount, nodes[1].refcount), (2, 3))  # the batch, this handle; and the one before it
        nodes.close()
        self.assertEqual(self.live(), 1)
        self.assertEqual(self.heap.get_stats()["objects_allocated"], allocated + 1_000_000)
        self.assertEqual(kept.refcount, 1)

    def test_each_way_to_drop_it(self) -> None:
        nodes = self.heap.batch(self.Node, 10)
        self.assertEqual(self.live(), 10)
        last = nodes[-1]
        del nodes
        self.assertEqual(last.refcount, 1)  # at once
        last.close()
        self.assertEqual(self.live(), 0)
        with self.heap.batch(self.Node, 10) as nodes:
            self.assertEqual(self.live(), 10)
        self.assertTrue(nodes.closed)
        self.assertEqual(self.live(), 0)
        nodes.close()
        cycle: List[Any] = [self.heap.batch(self.Node, 10)]
        cycle += [cycle, cycle[0][2:5]]
        del cycle
        settle()
        self.assertEqual(self.live(), 0)

    def test_what_a_handle_or_a_reference_holds_stays(self) -> None:
        nodes = self.numbered(10)
        nodes[:-1].store("next", nodes[1:])
        sixth = nodes[6]
        self.assertEqual(sixth.refcount, 3)
        nodes.close()
        self.assertEqual(sixth.refcount, 1)
        self.assertEqual((self.live(), sixth.refcount, sixth.next.next.next.value), (4, 1, 9))

    def test_a_slice_keeps_its_batch(self) -> None:
        part = self.numbered(10)[3:6]
        self.assertEqual(self.live(), 10)
        self.assertEqual([node.value for node in part], [3, 4, 5])
        more = part[1:]
        del part
        self.assertEqual((self.live(), more[0].value), (10, 4))
        del more
        self.assertEqual(self.live(), 0)

    def test_indexes_and_slices_are_those_of_a_list(self) -> None:
        nodes, numbers = self.numbered(7), list(range(7))
        for place in range(-7, 7):
            self.assertEqual(nodes[place].value, numbers[place])
        bounds = [None, -9, -7, -3, 0, 2, 6, 7, 9]
        for start in bounds:
            for stop in bounds:
                for step in (None, 1, 2, -1, -3):
                    part, expected = nodes[start:stop:step], numbers[start:stop:step]
                    self.assertEqual([node.value for node in part], expected)
                    self.assertEqual(len(part), len(expected))
                    self.assertEqual([node.value for node in part[1:-1]], expected[1:-1])
        for sequence, count in ((nodes, 7), (nodes[2:5], 3), (nodes[:0], 0)):
            for place in (count, -count - 1, 2**70):
                with self.assertRaisesRegex(IndexError, "batch index out of range"):
                    sequence[place]
        with self.assertRaises(TypeError):
            nodes["0"]
        with self.assertRaises(TypeError):
            nodes[0] = nodes[1]
        with self.assertRaises(ValueError):
            nodes[::0]

    def test_it_is_a_sequence(self) -> None:
        nodes = self.numbered(5)
        stranger = self.Node()
        self.assertIn(nodes[3], nodes)
        self.assertIn(nodes[3], nodes[3:4])
        self.assertNotIn(nodes[3], nodes[:3])
        self.assertNotIn(stranger, nodes)
        self.assertNotIn(None, nodes)
        self.assertNotIn(3, nodes)
        stranger.close()
        self.assertNotIn(stranger, nodes)
        self.assertEqual((nodes.index(nodes[3]), nodes.count(nodes[3]), nodes[2:].index(nodes[3])), (3, 1, 1))
        self.assertEqual([node.value for node in reversed(nodes)], [4, 3, 2, 1, 0])
        self.assertIs(nodes[3], nodes[-2])
        self.assertIs(nodes.heap, self.heap)
        self.assertEqual(repr(nodes), "<refruntime Batch of 5 Node>")
        self.assertEqual(repr(nodes[1:3]), "<refruntime BatchSlice of 2 Node>")
        nodes.close()
        self.assertEqual(repr(nodes), "<refruntime Batch closed Node>")

    def test_slices_with_steps_store_and_are_stored(self) -> None:
        nodes = self.numbered(9)
        nodes[::2].store("next", nodes[::-2])
        nodes[::-1].store("other", nodes)
        self.assertEqual([node.next and node.next.value for node in nodes], [8, None, 6, None, 4, None, 2, None, 0])
        self.assertEqual([node.other.value for node in nodes], [8, 7, 6, 5, 4, 3, 2, 1, 0])
        self.assertEqual([nodes[place].refcount for place in (0, 1)], [4, 3])
        nodes.close()
        self.heap.collect()
        self.assertEqual(self.live(), 0)

    def test_storing_again_releases_what_was_there(self) -> None:
        nodes, values, others = (self.heap.batch(self.Node, 4) for _ in range(3))
        nodes.store("next", values)
        values.close()
        self.assertEqual(self.live(), 12)
        nodes.store("next", others)
        self.assertEqual(self.live(), 8)
        self.assertEqual({node.refcount for node in others}, {3})

    def test_types_with_methods_items_and_no_references(self) -> None:
        class Named(self.heap.type("Named", refs=["next"], items=c_int64)):  # type: ignore[misc]
            __slots__ = ()

            def length(self) -> int:
                return len(self)

        named = self.heap.batch(Named, 2)
        named[:1].store("next", named[1:])
        self.assertEqual((type(named[0]), named[0].next.length()), (Named, 0))
        plain = self.heap.batch(self.heap.type("Plain"), 3)
        with self.assertRaisesRegex(AttributeError, "Plain has no reference 'next'"):
            plain.store("next", named)
        self.assertEqual(len(self.heap.batch(Named, 0)), 0)
        self.assertEqual(list(plain[3:]), [])

    def test_finalizers_run_and_may_resurrect(self) -> None:
        kept: List[Any] = []

        def finalize(node: Any) -> None:
            self.finalized.append(node.value)
            if node.value == 1:
                kept.append(node)

        Mortal = self.heap.type("Mortal", fields={"value": c_int64}, finalizer=finalize)
        mortals = self.heap.batch(Mortal, 3)
        for number, mortal in enumerate(mortals):
            mortal.value = number
        del mortal
        mortals.close()
        self.assertEqual((self.finalized, self.live(), kept[0].refcount), ([0, 1, 2], 1, 1))
        kept.clear()

    def test_a_leak_report_finds_a_forgotten_batch(self) -> None:
        forgotten = self.heap.batch(self.Node, 1000)
        forgotten[:-1].store("next", forgotten[1:])
        (group,) = self.heap.leak_report()["held"]
        self.assertEqual((group["type"], group["objects"], group["references"]), ("Node", 1000, 1000))
        forgotten.close()
        self.assertEqual(self.heap.leak_report()["held"], [])


class WrongUses(BatchTestCase):
    def refused(self, uses: List[Callable[[], Any]], error: Any, text: str) -> None:
        for number, use in enumerate(uses):
            with self.subTest(number=number), self.assertRaisesRegex(error, text):
                use()

    def uses(self, batch: Any) -> List[Callable[[], Any]]:
        """Everything that a batch of nodes, or a slice of one, can be asked to do."""
        return [
            lambda: len(batch),
            lambda: batch[0],
            lambda: batch[99],
            lambda: batch[:],
            lambda: list(batch),
            lambda: None in batch,
            lambda: batch.store("next", batch),
        ]

    def test_a_closed_batch(self) -> None:
        nodes, good = self.heap.batch(self.Node, 3), self.heap.batch(self.Node, 3)
        part = nodes[:]
        nodes.close()
        uses = self.uses(nodes) + self.uses(part) + [nodes.__enter__, lambda: nodes.store("next", good), lambda: good.store("next", part)]
        self.refused(uses, refruntime.ClosedError, "this batch of Node is closed")
        self.assertTrue(part.closed)
        self.assertEqual((self.live(), {node.next for node in good}), (3, {None}))

    def test_a_batch_that_outlives_its_heap(self) -> None:
        heap = refruntime.Heap()
        Node = heap.type("Node", refs=["next"])
        nodes = heap.batch(Node, 3)
        part = nodes[1:]
        heap.close()
        self.refused(self.uses(nodes) + self.uses(part), refruntime.ClosedError, "the heap of this batch of Node is closed")
        self.refused([lambda: heap.batch(Node, 3)], refruntime.ClosedError, "the heap is closed")
        self.assertTrue(nodes.closed)
        nodes.close()
        with Unraisable() as unraisable:
            del nodes, part
        self.assertEqual(unraisable.values, [])

    def test_what_is_no_type_of_this_heap_and_no_count(self) -> None:
        other = refruntime.Heap()
        self.addCleanup(other.close)
        Foreign = other.type("Foreign")
        node = self.Node()
        for kind in (5, "Node", None, int, refruntime.Handle, refruntime.Instance, refruntime.List, node):
            self.refused([lambda kind=kind: self.heap.batch(kind, 3)], TypeError, "kind must be a type that Heap.type declared")
        self.refused([lambda: self.heap.batch(Foreign, 3)], refruntime.ArgumentError, "type Foreign belongs to another heap")
        for count in ("3", 3.0, None):
            self.refused([lambda count=count: self.heap.batch(self.Node, count)], TypeError, "^count must be an int, not ")
        self.refused([lambda: self.heap.batch(self.Node, -1)], ValueError, "can't have -1 objects")
        self.refused([lambda: self.heap.batch(self.Node, 2**62)], MemoryError, "")
        self.refused([lambda: self.heap.batch(self.Node, 2**64)], OverflowError, "")
        self.refused([refruntime.Batch, refruntime.BatchSlice], TypeError, "made by a heap")
        self.assertEqual((self.live(), node.refcount), (1, 1))

    def test_what_can_not_be_stored(self) -> None:
        other = refruntime.Heap()
        self.addCleanup(other.close)
        foreign = other.batch(other.type("Node", refs=["next", "other"], fields={"value": c_int64}), 3)
        nodes = self.heap.batch(self.Node, 3)
        self.refused([lambda: nodes.store("next", foreign), lambda: nodes[:2].store("next", foreign[1:])],
                     refruntime.ArgumentError, "the values belong to another heap")  # fmt: skip
        self.refused([lambda: nodes.store("next", nodes[1:])], ValueError, "3 objects, but 2 values")
        self.refused([lambda: nodes[1:].store("next", nodes)], ValueError, "2 objects, but 3 values")
        for values in (None, nodes[0], list(nodes), 5):
            self.refused([lambda values=values: nodes.store("next", values)], TypeError, "values must be a Batch or a slice")
        for name in ("nxt", "value", "", None, 0, ["next"], "close", "_heap"):
            self.refused([lambda name=name: nodes.store(name, nodes)], AttributeError, "Node has no reference")
        del values
        self.assertEqual([(node.refcount, node.next) for node in nodes], [(2, None)] * 3)
        self.assertEqual([node.refcount for node in foreign], [2] * 3)

    def test_copies(self) -> None:
        nodes = self.heap.batch(self.Node, 3)
        for batch in (nodes, nodes[1:]):
            for action in (copy.copy, copy.deepcopy, pickle.dumps):
                self.refused([lambda action=action, batch=batch: action(batch)], TypeError, "can't be copied or pickled")

    def test_a_full_heap_has_none_of_them(self) -> None:
        heap = refruntime.Heap(max_bytes=4 << 20)
        self.addCleanup(heap.close)
        Node = heap.type("Node", refs=["next"])
        kept = heap.batch(Node, 1000)
        for _ in range(3):
            try:
                heap.batch(Node, 1_000_000)
                self.fail("it had room for all")
            except refruntime.OutOfMemoryError as error:
                self.assertEqual(heap.get_stats()["live_objects"], 1000)  # while the error and its frames are still there
                self.assertIn("rr_alloc_many", str(error))
        self.assertGreater(heap.get_stats()["objects_freed"], 3000)
        self.assertEqual(kept[0].refcount, 2)
        heap.verify()

    def test_a_reference_that_was_given_back_behind_its_back_is_reported_and_costs_no_other(self) -> None:
        for close in (True, False):
            nodes = self.heap.batch(self.Node, 5)
            for place in (0, 2, 4):
                address = nodes[place].address
                self.assertEqual(self.heap._api.decref(address), 0)
            with self.assertRaises(refruntime.NotAnObjectError):
                nodes[2:].store("next", nodes[2:])
            if close:
                with self.assertRaises(refruntime.NotAnObjectError):
                    nodes.close()
            with Unraisable() as unraisable:
                del nodes
            self.assertEqual([type(error) for error in unraisable.values], [] if close else [refruntime.NotAnObjectError])
            for _ in range(2):  # the others that are wrong
                with self.assertRaises(refruntime.NotAnObjectError):
                    self.heap.collect()
            self.assertEqual((self.live(), len(self.heap._pending)), (0, 0))
            self.heap.verify()


class Meanwhile(BatchTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.at_the_end: Callable[[Any], Any] = lambda node: None
        self.Old = self.heap.type("Old", refs=["next"], fields={"value": c_int64}, finalizer=lambda node: self.at_the_end(node))

    def test_a_finalizer_that_closes_the_batch_into_which_is_stored(self) -> None:
        nodes, values, old = self.heap.batch(self.Node, 100), self.heap.batch(self.Node, 100), self.heap.batch(self.Old, 100)
        nodes.store("next", old)
        old.close()
        made: List[Any] = []
        first, value = nodes[0], values[0]

        def close(_node: Any) -> None:
            nodes.close()
            values.close()
            made.append(self.heap.batch(self.Node, 100))  # where the nodes would have been

        self.at_the_end = close
        with Unraisable() as unraisable:
            nodes.store("next", values)
        self.assertEqual((first.refcount, value.refcount, first.next), (1, 2, value))  # given back at once
        first.close()
        value.close()
        self.assertEqual(unraisable.values, [])
        self.assertEqual(len(made), 100)
        self.assertEqual({node.next for batch in made for node in batch[:2]}, {None})
        self.assertEqual(self.live(), 100 * 100)
        self.assertTrue(nodes.closed and values.closed)
        made.clear()
        self.assertEqual(self.live(), 0)

    def test_a_finalizer_that_uses_the_batch_that_closes(self) -> None:
        old = self.heap.batch(self.Old, 10)
        part = old[2:]
        seen: List[str] = []

        def use(_node: Any) -> None:
            for action in (lambda: old[0], lambda: part[0], lambda: old.store("next", old), lambda: old.close()):
                try:
                    action()
                except refruntime.ClosedError as error:
                    seen.append(str(error))

        self.at_the_end = use
        old.close()
        self.assertEqual(seen, ["this batch of Old is closed"] * 30)
        self.assertEqual(self.live(), 0)

    def test_who_closes_the_batch_while_a_handle_is_made(self) -> None:
        nodes = self.heap.batch(self.Node, 3)

        def close(_address: int) -> None:
            nodes.close()

        self.heap._known = close  # type: ignore[method-assign]
        self.addCleanup(vars(self.heap).pop, "_known", None)
        node = nodes[1]
        del self.heap._known
        self.assertEqual((nodes.closed, node.refcount), (True, 1))
        self.assertEqual(self.live(), 1)

    def test_pythons_collector_takes_the_references_before_the_batch(self) -> None:
        nodes = self.heap.batch(self.Node, 3)
        node = nodes[1]
        assert nodes._owned is not None
        nodes._owned.__del__()  # as the collector does, which then still calls what else has a __del__
        for use in (lambda: nodes[0], lambda: nodes.store("next", nodes)):
            with self.assertRaises(refruntime.ClosedError):
                use()
        nodes.close()
        self.assertEqual((node.refcount, self.live()), (1, 1))

    def test_pythons_collector_at_every_allocation(self) -> None:
        threshold = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        self.addCleanup(gc.set_threshold, *threshold)
        for _ in range(30):
            cycle: List[Any] = [self.heap.batch(self.Node, 3)]
            cycle.append(cycle)
            nodes = self.heap.batch(self.Node, 3)
            nodes[:-1].store("next", nodes[1:])
            self.assertIs(nodes[0].next, nodes[1])
            del cycle
        del nodes
        gc.collect()
        self.assertEqual(self.live(), 0)


class Threads(unittest.TestCase):
    def in_a_thread(self, action: Callable[[], Any]) -> List[BaseException]:
        errors: List[BaseException] = []

        def run() -> None:
            try:
                action()
            except BaseException as error:  # noqa: BLE001
                errors.append(error.with_traceback(None))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(60)
        self.assertFalse(thread.is_alive())
        return errors

    def test_a_batch_of_another_threads_heap(self) -> None:
        with refruntime.Heap(serialized=False) as heap:
            Node = heap.type("Node", refs=["next"])
            nodes = heap.batch(Node, 3)
            part = nodes[1:]
            known = nodes[0]
            for action in (
                lambda: heap.batch(Node, 3),
                lambda: len(nodes),
                lambda: nodes[0],
                lambda: part[:1],
                lambda: known in nodes,
                lambda: nodes.store("next", nodes),
                lambda: part.store("next", part),
                lambda: nodes.close(),
            ):
                self.assertEqual([type(error) for error in self.in_a_thread(action)], [refruntime.WrongThreadError])
            self.assertFalse(nodes.closed)
            self.assertEqual(heap.get_stats()["live_objects"], 3)
            holder = [nodes]
            del nodes, part, action
            self.assertEqual(self.in_a_thread(holder.clear), [])
            self.assertEqual(known.refcount, 2)
            other = Node()
            other.close()  # gives back what the other thread dropped, too
            self.assertEqual(known.refcount, 1)
            self.assertEqual(heap.get_stats()["live_objects"], 1)

    def test_threads_that_store_index_and_close_at_once(self) -> None:
        for options in ({"synchronized": True}, {}):
            with self.subTest(**options), refruntime.Heap(**options) as heap:
                Node = heap.type("Node", refs=["next"])
                unexpected: List[BaseException] = []

                def work(batches: List[Any], start: threading.Barrier) -> None:
                    try:
                        start.wait(60)
                        for nodes in batches:
                            try:
                                nodes[:-1].store("next", nodes[1:])
                                nodes[5].next.next
                                nodes.close()
                            except refruntime.ClosedError:
                                pass
                    except BaseException as error:  # noqa: BLE001
                        unexpected.append(error)

                batches = [heap.batch(Node, 50) for _ in range(300)]
                start = threading.Barrier(4)
                threads = [threading.Thread(target=work, args=(batches, start)) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(60)
                self.assertEqual(unexpected, [])
                self.assertTrue(all(nodes.closed for nodes in batches))
                heap.collect()
                self.assertEqual(heap.get_stats()["live_objects"], 0)
                heap.verify()


if __name__ == "__main__":
    unittest.main()
