"""What CPython's Lib/test/test_finalization.py tests (PEP 442), with this package's objects. cpython_scenarios.tsv says which
scenario became what.

One difference runs through it. CPython clears the weak references to all members of a dead cycle before their finalizers run, so
that who comes back has lost them. Here finalizers come first, and who comes back keeps its weak references.
"""

from __future__ import annotations

import unittest
from ctypes import c_int64
from typing import Any, List

from support import HeapTestCase

import refruntime


class Finalization(HeapTestCase):
    """Objects whose finalizers check that they are intact, note the call, and do something to their object."""

    def setUp(self) -> None:
        super().setUp()
        self.heap.disable()
        self.finalized: List[int] = []
        self.survivors: List[Any] = []

    def kind(self, name: str, check: Any = None, effect: Any = None, **named: Any) -> Any:
        def finalizer(node: Any) -> None:
            self.finalized.append(node.number)
            if check is not None:
                check(node)
            if effect is not None:
                effect(node)

        return self.heap.type(name, fields={"number": c_int64, "is_cut": c_int64}, finalizer=finalizer, **named)

    def resurrect(self, node: Any) -> None:
        self.survivors.append(node)

    def numbers(self) -> List[int]:
        return sorted(node.number for node in self.survivors)


class WithoutCycles(Finalization):
    def test_who_dies_is_finalized_once(self) -> None:
        node = self.kind("Simple", refs=["next"])(number=1)
        weak = self.heap.weakref(node)
        del node
        for _ in range(2):
            self.heap.collect()
            self.assertEqual((self.finalized, self.survivors, weak()), ([1], [], None))

    def test_who_comes_back_is_not_finalized_again(self) -> None:
        node = self.kind("Back", effect=self.resurrect, refs=["next"])(number=1)
        weak = self.heap.weakref(node)
        del node
        self.heap.collect()
        self.assertEqual((self.finalized, self.numbers()), ([1], [1]))
        self.assertIs(weak(), self.survivors[0])
        self.survivors.clear()
        self.heap.collect()
        self.assertEqual((self.finalized, self.survivors, weak()), ([1], [], None))

    def test_what_the_collector_does_not_track_is_finalized_too(self) -> None:
        Leaf, Acyclic = self.kind("Leaf"), self.kind("Acyclic", refs=["next"], acyclic=True)
        for number, kind in enumerate((Leaf, Acyclic)):
            node = kind(number=number)
            self.assertFalse(refruntime.is_tracked(node))
            del node
        for _ in range(2):
            self.heap.collect()
            self.assertEqual((self.finalized, self.survivors, self.live()), ([0, 1], [], 0))

    def test_what_the_collector_does_not_track_comes_back_once_while_cpython_finalizes_it_each_time(self) -> None:
        node = self.kind("Leaf", effect=self.resurrect)(number=1)
        self.assertFalse(refruntime.is_tracked(node))
        del node
        self.assertEqual((self.finalized, self.numbers()), ([1], [1]))
        self.survivors.clear()
        self.assertEqual((self.finalized, self.survivors, self.live()), ([1], [], 0))


class CyclesOfOne(Finalization):
    def loop(self, effect: Any = None) -> Any:
        def check(node: Any) -> None:
            self.assertIs(node.ref, node)

        node = self.kind("Loop", check, effect, refs=["ref"])(number=1)
        node.ref = node
        return node

    def test_who_dies_is_finalized_once(self) -> None:
        weak = self.heap.weakref(self.loop())
        for _ in range(2):
            self.heap.collect()
            self.assertEqual((self.finalized, self.survivors, weak()), ([1], [], None))

    def test_who_comes_back_keeps_its_weak_references_which_cpython_clears(self) -> None:
        weak = self.heap.weakref(self.loop(self.resurrect))
        self.heap.collect()
        self.assertEqual((self.finalized, self.numbers()), ([1], [1]))
        self.assertIs(weak(), self.survivors[0])
        self.survivors.clear()
        self.heap.collect()
        self.assertEqual((self.finalized, self.survivors, weak()), ([1], [], None))

    def test_who_cuts_its_cycle_while_finalized_dies(self) -> None:
        def cut(node: Any) -> None:
            node.ref = None

        weak = self.heap.weakref(self.loop(cut))
        for _ in range(2):
            self.heap.collect()
            self.assertEqual((self.finalized, self.survivors, weak()), ([1], [], None))


class Rings(Finalization):
    """Doubly linked rings of plain members, of those that come back, and of those that cut themselves out."""

    def setUp(self) -> None:
        super().setUp()
        self.broken: List[str] = []
        refs = ["left", "right"]
        self.Plain = self.kind("Plain", self.check, refs=refs)
        self.Back = self.kind("Back", self.check, self.resurrect, refs=refs)
        self.Cut = self.kind("Cut", self.check, self.cut, refs=refs)

    def cut(self, node: Any) -> None:
        node.is_cut = 1
        node.left = node.right = None

    def check(self, node: Any) -> None:
        """Neighbours know each other, but for those who cut themselves out. An exception would be lost in a callback."""
        for here, there in (("left", "right"), ("right", "left")):
            neighbour = getattr(node, here)
            expected = None if neighbour.is_cut else node
            if getattr(neighbour, there) is not expected:
                self.broken.append(f"{node.number}.{here}.{there}")

    def run_ring(self, kinds: List[Any]) -> None:
        nodes = [kind(number=number) for number, kind in enumerate(kinds)]
        for number, node in enumerate(nodes):
            node.left = nodes[number - 1]
            nodes[number - 1].right = node
        everyone = list(range(len(nodes)))
        back = [number for number, kind in enumerate(kinds) if kind is self.Back]
        weaks = [self.heap.weakref(node) for node in nodes]
        nodes.clear()
        del node

        self.heap.collect()
        self.assertEqual((self.broken, sorted(self.finalized), self.numbers()), ([], everyone, back))
        reached = {}
        stack = list(self.survivors)
        while stack:
            node = stack.pop()
            if node is not None and node.number not in reached:
                reached[node.number] = node
                stack += [node.left, node.right]
        # Whoever is reached from the survivors has its weak references; CPython clears all of them.
        self.assertEqual([weak() for weak in weaks], [reached.get(number) for number in everyone])
        del stack[:], reached
        node = None

        self.survivors.clear()
        self.heap.collect()
        self.assertEqual((self.broken, sorted(self.finalized), self.survivors), ([], everyone, []))
        self.assertEqual([weak() for weak in weaks], [None] * len(weaks))
        del weaks
        self.assertEqual(self.live(), 0)

    def test_plain_ones_die(self) -> None:
        self.run_ring([self.Plain] * 3)

    def test_all_come_back(self) -> None:
        self.run_ring([self.Back] * 3)

    def test_all_cut_themselves_out(self) -> None:
        self.run_ring([self.Cut] * 3)

    def test_every_second_cuts_itself_out(self) -> None:
        self.run_ring([self.Cut, self.Plain] * 2)

    def test_two_neighbours_cut_themselves_out(self) -> None:
        self.run_ring([self.Cut] * 2 + [self.Plain] * 2)

    def test_every_second_comes_back(self) -> None:
        self.run_ring([self.Back, self.Plain] * 2)

    def test_all_kinds_by_turns(self) -> None:
        self.run_ring([self.Back, self.Plain, self.Cut] * 2)

    def test_all_kinds_two_by_two(self) -> None:
        self.run_ring([self.Back] * 2 + [self.Plain] * 2 + [self.Cut] * 2)


if __name__ == "__main__":
    unittest.main()
