"""Collecting and looking: the functions with the names of CPython's gc."""

from __future__ import annotations

import unittest
from typing import Any, List

from support import HeapTestCase

import refruntime


class Collecting(HeapTestCase):
    def ring(self, count: int) -> List[Any]:
        Node = self.heap.type("Node", refs=["next", "other"])
        nodes = [Node() for _ in range(count)]
        for here, there in zip(nodes, nodes[1:] + nodes[:1]):
            here.next = there
        return nodes

    def test_counting_leaves_cycles_and_collecting_finds_them(self) -> None:
        nodes = self.ring(10)
        self.assertEqual(self.heap.collect(), 0)
        nodes[3:] = []
        self.assertEqual(self.heap.collect(), 0)
        nodes.clear()
        self.assertEqual(self.live(), 10)
        self.assertEqual(self.heap.collect(), 10)
        self.assertEqual((self.heap.collect(), self.live()), (0, 0))

    def test_tails_are_counted_and_leaves_are_not(self) -> None:
        nodes = self.ring(2)
        nodes[0].other = self.heap.list([self.heap.bytes(b"leaf"), self.heap.tuple(), self.heap.list()])
        nodes.clear()
        self.assertEqual(self.heap.collect(), 5)
        self.assertEqual(self.live(), 0)

    def test_steps_finish_what_a_collection_would(self) -> None:
        self.ring(50).clear()
        freed = 0
        for _ in range(100_000):
            if not self.heap.pending:
                break
            freed += self.heap.collect_step(100_000)
        self.assertFalse(self.heap.pending)
        self.assertEqual((freed, self.live()), (50, 0))

    def test_automatic_collection_can_be_switched(self) -> None:
        self.assertTrue(self.heap.isenabled())
        self.heap.disable()
        self.assertFalse(self.heap.isenabled())
        self.heap.enable()
        self.assertTrue(self.heap.isenabled())

    def test_garbage_does_not_pile_up_by_itself(self) -> None:
        Node = self.heap.type("Node", refs=["next"])
        for _ in range(60_000):
            node = Node()
            node.next = node
        self.assertGreater(self.heap.get_stats()["collections"], 0)
        self.assertLess(self.live(), 50_000)

    def test_nothing_is_collected_by_itself_when_disabled(self) -> None:
        Node = self.heap.type("Node", refs=["next"])
        self.heap.disable()
        for _ in range(20_000):
            node = Node()
            node.next = node
        del node
        self.assertEqual(self.live(), 20_000)
        self.assertEqual(self.heap.collect(), 20_000)

    def test_the_pause_goal(self) -> None:
        self.assertEqual(self.heap.get_pause_goal(), 5_000_000)
        self.heap.set_pause_goal(1234)
        self.assertEqual(self.heap.get_pause_goal(), 1234)
        self.heap.set_pause_goal(0)
        self.assertEqual(self.heap.get_pause_goal(), 0)
        for wrong in (-1, 2**64):
            with self.assertRaises(ValueError):
                self.heap.set_pause_goal(wrong)
        self.assertEqual(self.heap.get_pause_goal(), 0)

    def test_the_threshold(self) -> None:
        self.heap.set_threshold(1234)
        self.assertEqual(self.heap.get_threshold(), 1234)
        self.heap.set_threshold(0)
        self.assertEqual(self.heap.get_threshold(), 0)
        for wrong in (-1, 2**64):
            with self.assertRaises(ValueError):
                self.heap.set_threshold(wrong)

    def test_candidates_are_counted(self) -> None:
        self.heap.collect()
        self.assertEqual(self.heap.get_count(), 0)
        nodes = self.ring(3)
        nodes.clear()
        self.assertGreater(self.heap.get_count(), 0)
        self.heap.collect()
        self.assertEqual(self.heap.get_count(), 0)

    def test_frozen_objects_are_left_out(self) -> None:
        nodes = self.ring(3)
        self.heap.freeze()
        self.assertEqual(self.heap.get_freeze_count(), 3)
        nodes.clear()
        self.assertEqual(self.heap.collect(), 0)
        self.ring(4).clear()
        self.assertEqual(self.heap.collect(), 4)
        self.heap.unfreeze()
        self.assertEqual((self.heap.get_freeze_count(), self.heap.collect()), (0, 3))

    def test_tracking(self) -> None:
        node = self.ring(1)[0]
        self.assertTrue(refruntime.is_tracked(node))
        self.assertFalse(refruntime.is_tracked(self.heap.bytes(b"")))
        self.assertTrue(refruntime.is_tracked(self.heap.list()))
        self.heap.untrack(node)
        self.assertFalse(refruntime.is_tracked(node))
        self.heap.track(node)
        self.assertTrue(refruntime.is_tracked(node))

    def test_immortal_objects(self) -> None:
        node = self.ring(1)[0]
        self.heap.make_immortal(node)
        self.assertTrue(self.heap.is_immortal(node))
        self.assertEqual((node.refcount, refruntime.getrefcount(node)), (2**63 - 1, 2**63 - 1))
        self.assertFalse(self.heap.is_unique(node))
        del node
        self.assertEqual((self.heap.collect(), self.live()), (0, 1))

    def test_uniqueness(self) -> None:
        node = self.heap.list()
        self.assertTrue(self.heap.is_unique(node))
        other = node.alias()
        self.assertFalse(self.heap.is_unique(node))
        del other
        self.assertTrue(self.heap.is_unique(node))


class Looking(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Node = self.heap.type("Node", refs=["next", "other"])

    def test_referents_come_once_for_each_slot(self) -> None:
        a, b = self.Node(), self.Node()
        a.next, a.other = b, b
        self.assertEqual(refruntime.get_referents(a), [b, b])
        self.assertEqual(self.heap.get_referents(b), [])
        self.assertEqual(refruntime.get_referents(self.heap.list([a, b, a])), [a, b, a])

    def test_referrers_are_the_direct_holders(self) -> None:
        target, a = self.Node(), self.Node()
        a.next, a.other = target, target
        b = self.heap.tuple([target, a])
        self.assertEqual(set(refruntime.get_referrers(target)), {a, b})
        self.assertEqual(refruntime.get_referrers(b), [])
        self.assertEqual(set(self.heap.get_referrers(target, a)), {a, b})
        self.assertEqual((target.refcount, a.refcount), (4, 2))

    def test_many_referrers(self) -> None:
        target = self.Node()
        holders = [self.heap.list([target]) for _ in range(100)]
        self.assertEqual(set(refruntime.get_referrers(target)), set(holders))

    def test_objects_of_a_heap(self) -> None:
        nodes = {self.Node(), self.Node()}
        made = self.heap.list()
        self.assertEqual(set(self.heap.get_objects()), nodes | {made})
        self.assertEqual(set(self.heap.get_objects(self.Node)), nodes)
        self.assertEqual(self.heap.get_objects(refruntime.List), [made])
        self.assertEqual(self.heap.get_objects(refruntime.Bytes), [])
        with self.assertRaises(ValueError):
            self.heap.get_objects(int)  # type: ignore[arg-type]

    def test_dead_cycles_can_be_seen_until_they_are_collected(self) -> None:
        node = self.Node()
        node.next = node
        del node
        self.assertEqual(len(self.heap.get_objects()), 1)
        self.heap.collect()
        self.assertEqual(self.heap.get_objects(), [])

    def test_the_path_to_an_object(self) -> None:
        root = self.heap.list()
        root.append(self.Node(next=self.Node(other=self.Node())))
        target = root[0].next.other
        path = refruntime.get_path(target)
        self.assertEqual(path, [root, root[0], root[0].next, target])
        self.assertEqual(target.refcount, 2)

    def test_the_path_of_an_object_that_only_its_handle_holds_is_empty(self) -> None:
        node = self.Node()
        self.assertEqual(refruntime.get_path(node), [])
        node.next = node  # a cycle does not keep it
        self.assertEqual(refruntime.get_path(node), [])
        alias = node.alias()
        self.assertEqual(refruntime.get_path(node), [node])
        self.assertEqual(node.refcount, 3)
        del alias

    def test_looking_at_what_is_no_object_is_refused(self) -> None:
        for function in (refruntime.get_referents, refruntime.get_referrers, refruntime.get_path, refruntime.id):
            with self.assertRaises(TypeError):
                function(3)


class DefaultHeap(unittest.TestCase):
    def test_module_functions_mean_the_default_heap(self) -> None:
        heap = refruntime.default_heap()
        self.assertIs(heap, refruntime.default_heap())
        made = heap.list()
        made.append(made)
        del made
        self.assertGreaterEqual(refruntime.collect(), 1)
        refruntime.disable()
        self.assertFalse(refruntime.isenabled())
        refruntime.enable()
        self.assertTrue(refruntime.isenabled())
        goal = refruntime.get_pause_goal()
        refruntime.set_pause_goal(99)
        self.assertEqual(refruntime.get_pause_goal(), 99)
        refruntime.set_pause_goal(goal)
        before = refruntime.get_threshold()
        refruntime.set_threshold(17)
        self.assertEqual(refruntime.get_threshold(), 17)
        refruntime.set_threshold(before)
        refruntime.freeze()
        refruntime.unfreeze()
        self.assertEqual(refruntime.get_freeze_count(), 0)
        self.assertEqual(refruntime.get_objects(refruntime.Tuple), [])
        self.assertIn("live_objects", refruntime.get_stats())
        self.assertIs(refruntime.callbacks, heap.callbacks)
        self.assertIs(refruntime.gc.callbacks, heap.callbacks)
        self.assertIsInstance(refruntime.get_count(), int)

    def test_the_default_heap_can_not_be_closed(self) -> None:
        with self.assertRaises(refruntime.ArgumentError):
            refruntime.default_heap().close()
        self.assertFalse(refruntime.default_heap().closed)

    def test_another_heap_can_be_meant(self) -> None:
        with refruntime.Heap() as heap:
            made = heap.list()
            made.append(made)
            del made
            self.assertEqual(refruntime.collect(heap), 1)
            self.assertEqual(refruntime.collect(heap=heap), 0)


if __name__ == "__main__":
    unittest.main()
