"""Random programs with finalizers that bring objects back, on CPython's own objects and on RefRuntime's.

Objects have two slots and a finalizer. Every third one, when it is finalized, puts itself back among the held ones.
Both sides must agree after each step on who was finalized, who is held, and who still exists. Who exists is asked of
the collectors themselves: CPython clears weak references to dead cycles before it runs their finalizers, RefRuntime
afterwards, so weak references can't tell.

    REFRUNTIME_SEED=7 REFRUNTIME_PROGRAMS=1 python3 -m unittest test_model_finalizers     one program again
"""

from __future__ import annotations

import gc
import os
import random
import unittest
from ctypes import c_int64
from typing import Any, Dict, List, Set

import support  # noqa: F401 - finds the package

import refruntime

STEPS = 1_000
PROGRAMS = int(os.environ.get("REFRUNTIME_PROGRAMS", "60"))
SEED = int(os.environ.get("REFRUNTIME_SEED", "1"))


class Side:
    """One of the two heaps: what is held from outside, and what was finalized."""

    def __init__(self) -> None:
        self.held: Dict[int, Any] = {}
        self.finalized: List[int] = []

    def finalize(self, node: Any) -> None:
        self.finalized.append(node.number)
        if node.number % 3 == 0:
            self.held[node.number] = node


class Theirs(Side):
    collect = staticmethod(gc.collect)

    def __init__(self) -> None:
        super().__init__()
        finalize = self.finalize

        class Node:
            __slots__ = ("left", "number", "right")

            def __init__(self, number: int) -> None:
                self.number = number
                self.left = self.right = None

            def __del__(self) -> None:
                finalize(self)

        self.Node = Node
        self.make = Node

    def existing(self) -> Set[int]:
        return {found.number for found in gc.get_objects() if type(found) is self.Node}


class Ours(Side):
    def __init__(self, heap: refruntime.Heap) -> None:
        super().__init__()
        self.heap = heap
        self.Node = heap.type("Node", refs=["left", "right"], fields={"number": c_int64}, finalizer=self.finalize)
        self.make = lambda number: self.Node(number=number)
        self.collect = heap.collect

    def existing(self) -> Set[int]:
        return {found.number for found in self.heap.get_objects(self.Node)}


class ModelWithFinalizers(unittest.TestCase):
    def setUp(self) -> None:
        gc.disable()
        gc.collect()
        gc.freeze()  # only the program's own objects are left to look at
        self.addCleanup(gc.enable)
        self.addCleanup(gc.unfreeze)

    def test_they_agree_on_who_is_finalized_and_who_comes_back(self) -> None:
        for seed in range(SEED, SEED + PROGRAMS):
            with self.subTest(seed=seed), refruntime.Heap(manual_gc=True) as heap:
                try:
                    self.run_program(seed, heap)
                except Exception:
                    print(f"\ntest_model_finalizers: failed with REFRUNTIME_SEED={seed} REFRUNTIME_PROGRAMS=1")
                    raise

    def run_program(self, seed: int, heap: refruntime.Heap) -> None:
        """One program: objects are made, linked, dropped and collected."""
        choose = random.Random(seed)
        sides = (Theirs(), Ours(heap))
        theirs, ours = sides
        for step in range(STEPS):
            names = sorted(theirs.held)
            roll = choose.random()
            if roll < 0.25 or len(names) < 3:
                for side in sides:
                    side.held[step] = side.make(step)
            elif roll < 0.50:
                name = choose.choice(names)
                for side in sides:
                    del side.held[name]
            elif roll < 0.95:
                name, other, slot = choose.choice(names), choose.choice(names), choose.choice(["left", "right"])
                for side in sides:
                    setattr(side.held[name], slot, None if roll < 0.55 else side.held[other])
            else:
                for side in sides:
                    side.collect()
                self.assertEqual(ours.existing(), theirs.existing(), f"seed {seed}, step {step}: who exists")
                heap.verify()
            self.assertEqual(ours.held.keys(), theirs.held.keys(), f"seed {seed}, step {step}: who is held")
            self.assertEqual(len(ours.finalized), len(theirs.finalized), f"seed {seed}, step {step}: who was finalized")
        self.assertEqual(sorted(ours.finalized), sorted(theirs.finalized))
        self.assertEqual(len(set(ours.finalized)), len(ours.finalized))
        self.assertGreater(heap.get_stats()["objects_resurrected"], 0)
        for side in sides:
            while side.held:
                side.held.clear()
                side.collect()
        self.assertEqual((ours.existing(), theirs.existing()), (set(), set()))
        self.assertEqual(len(ours.finalized), heap.get_stats()["finalizers_run"])


if __name__ == "__main__":
    unittest.main()
