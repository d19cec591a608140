"""Weak references and their callbacks."""

from __future__ import annotations

import sys
import unittest
import weakref
from typing import Any, List

from support import HeapTestCase, Unraisable

import refruntime


class WeakReferences(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Node = self.heap.type("Node", refs=["next"])

    def test_a_weak_reference_gives_the_object_and_keeps_nothing(self) -> None:
        node = self.Node()
        weak = self.heap.weakref(node)
        self.assertEqual(node.refcount, 1)
        self.assertIs(weak(), node)
        del node
        self.assertIsNone(weak())

    def test_what_it_gives_is_a_reference(self) -> None:
        keeper = self.heap.list([self.Node()])
        weak = self.heap.weakref(keeper[0])
        strong = weak()
        self.assertEqual(strong.refcount, 2)
        keeper.clear()
        self.assertEqual(strong.refcount, 1)
        self.assertIs(weak(), strong)
        strong.close()
        self.assertIsNone(weak())

    def test_without_callback_it_is_shared_and_with_one_it_is_not(self) -> None:
        node = self.Node()
        self.assertIs(self.heap.weakref(node), self.heap.weakref(node))
        first = self.heap.weakref(node)
        second, third = self.heap.weakref(node, bool), self.heap.weakref(node, bool)
        self.assertEqual(len({first, second, third}), 3)
        self.assertEqual(refruntime.getweakrefcount(node), 3)

    def test_callbacks_run_newest_first_when_the_object_is_gone_as_in_cpython(self) -> None:
        class Theirs:
            pass

        def order(box: List[Any], make: Any) -> List[int]:
            seen: List[int] = []
            kept = [make(box[0], lambda _weak, number=number: seen.append(number)) for number in range(5)]
            del kept[2]
            self.assertEqual(seen, [])
            box.clear()
            return seen

        theirs = order([Theirs()], weakref.ref)
        ours = order([self.Node()], self.heap.weakref)
        self.assertEqual(ours, theirs)
        self.assertEqual(ours, [4, 3, 1, 0])

    def test_the_callback_gets_the_weak_reference_which_is_dead(self) -> None:
        seen: List[Any] = []
        node = self.Node()
        weak = self.heap.weakref(node, lambda w: seen.append((w, w())))
        del node
        self.assertEqual(seen, [(weak, None)])
        self.assertIs(seen[0][0], weak)

    def test_the_callback_is_not_called_for_a_weak_reference_that_died_first(self) -> None:
        seen: List[Any] = []
        node = self.Node()
        weak = self.heap.weakref(node, seen.append)
        del weak
        del node
        self.assertEqual(seen, [])
        self.assertEqual(self.heap._weak_callbacks, {})

    def test_a_weak_reference_kept_by_the_heap_alone_still_calls(self) -> None:
        seen: List[bool] = []
        keeper = self.heap.list()
        node = self.Node()
        keeper.append(self.heap.weakref(node, lambda w: seen.append(w is keeper[0])))
        del node
        self.assertEqual(seen, [True])

    def test_a_collection_clears_and_calls_once(self) -> None:
        seen: List[Any] = []
        a, b = self.Node(), self.Node()
        a.next, b.next = b, a
        weak = self.heap.weakref(a, lambda w: seen.append(w()))
        del a, b
        self.assertIsNotNone(weak())
        self.assertEqual(seen, [])
        self.assertEqual(self.heap.collect(), 2)
        self.assertEqual(seen, [None])
        self.assertIsNone(weak())
        self.heap.collect()
        self.assertEqual(len(seen), 1)

    def test_weak_references_inside_the_dead_cycle_are_not_called(self) -> None:
        seen: List[Any] = []
        a = self.Node()
        a.next = self.heap.list([a])
        a.next.append(self.heap.weakref(a, seen.append))
        del a
        self.assertEqual(self.heap.collect(), 2)
        self.assertEqual(seen, [])
        self.assertEqual(self.live(), 0)

    def test_a_callback_may_use_the_heap(self) -> None:
        made: List[Any] = []
        node = self.Node()
        weak = self.heap.weakref(node, lambda w: made.append(self.heap.list([self.Node()])))
        del node
        self.assertEqual(len(made[0]), 1)
        del weak

    def test_an_exception_in_a_callback_is_unraisable_and_the_others_run(self) -> None:
        seen: List[int] = []

        def wrong(_weak: Any) -> None:
            raise ValueError("from the callback")

        node = self.Node()
        kept = [
            self.heap.weakref(node, lambda _w: seen.append(1)),
            self.heap.weakref(node, wrong),
            self.heap.weakref(node, lambda _w: seen.append(3)),
        ]
        with Unraisable() as unraisable:
            del node
        self.assertEqual(seen, [3, 1])
        self.assertEqual(unraisable.messages, ["from the callback"])
        del kept

    def test_callables_of_weak_references_that_died_are_let_go(self) -> None:
        node = self.Node()

        def callback(_weak: Any) -> None:
            self.fail("never called")

        before = sys.getrefcount(callback)
        keeper = self.heap.list()
        for _ in range(500):
            keeper.append(self.heap.weakref(node, callback))
            keeper.clear()  # the weak reference dies where Python does not see it
        self.assertLess(sys.getrefcount(callback) - before, 200)
        self.assertLess(len(self.heap._weak_callbacks), 200)

    def test_a_weak_reference_to_what_is_no_object_is_refused(self) -> None:
        with self.assertRaises(TypeError):
            self.heap.weakref(3)
        other = self.heap.weakref(self.Node())
        self.assertIsNone(other())

    def test_weak_references_to_leaves_and_containers(self) -> None:
        for target in (self.heap.bytes(b"x"), self.heap.list(), self.heap.tuple()):
            weak = self.heap.weakref(target)
            self.assertEqual(weak(), target)
            target.close()
            self.assertIsNone(weak())


if __name__ == "__main__":
    unittest.main()
