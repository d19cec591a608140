"""Random programs on two heaps at once: CPython's own lists with ``gc``, and RefRuntime's lists.

Both sides run the same steps. They must agree on who is dead, after every step by counting and after every collection,
and on the order in which the dead are announced by counting. Each program has a seed, printed when it fails.

    REFRUNTIME_SEED=7 REFRUNTIME_PROGRAMS=1 python3 -m unittest test_model_cpython     one program again
"""

from __future__ import annotations

import gc
import os
import random
import unittest
import weakref
from typing import Any, Dict, List, Set

import support  # noqa: F401 - finds the package

import refruntime

STEPS = 1_000
PROGRAMS = int(os.environ.get("REFRUNTIME_PROGRAMS", "1000"))
SEED = int(os.environ.get("REFRUNTIME_SEED", "1"))


class TheirList(list):
    """A list of CPython's to which weak references are possible."""

    __slots__ = ("__weakref__",)


class Side:
    """One of the two heaps: variables that hold lists, and the announcements of deaths."""

    def __init__(self) -> None:
        self.held: Dict[int, Any] = {}
        self.weak: Dict[int, Any] = {}
        self.deaths: List[int] = []

    def make(self) -> Any:
        raise NotImplementedError

    def watch(self, target: Any, callback: Any) -> Any:
        raise NotImplementedError

    def collect(self) -> int:
        raise NotImplementedError

    def new(self, number: int) -> None:
        made = self.make()
        self.weak[number] = self.watch(made, lambda _weak: self.deaths.append(number))
        self.held[number] = made

    def dead(self) -> Set[int]:
        """Whose weak reference gives nothing any more."""
        return {number for number, weak in self.weak.items() if weak() is None}


class Theirs(Side):
    make = staticmethod(TheirList)
    watch = staticmethod(weakref.ref)
    collect = staticmethod(gc.collect)


class Ours(Side):
    def __init__(self, heap: refruntime.Heap) -> None:
        super().__init__()
        self.heap = heap
        self.make = heap.list
        self.watch = heap.weakref
        self.collect = heap.collect


class Model(unittest.TestCase):
    def setUp(self) -> None:
        gc.disable()
        gc.collect()
        gc.freeze()  # only the program's own lists are left to look at
        self.addCleanup(gc.enable)
        self.addCleanup(gc.unfreeze)

    def test_they_agree_on_who_is_dead(self) -> None:
        for seed in range(SEED, SEED + PROGRAMS):
            with self.subTest(seed=seed), refruntime.Heap(manual_gc=True) as heap:
                try:
                    self.run_program(seed, heap)
                except Exception:
                    print(f"\ntest_model_cpython: failed with REFRUNTIME_SEED={seed} REFRUNTIME_PROGRAMS=1")
                    raise

    def test_they_agree_with_automatic_collections(self) -> None:
        """With automatic collections the dead may be announced earlier, but never wrongly, and all in the end."""
        for seed in range(SEED, SEED + max(1, PROGRAMS // 10)):
            with self.subTest(seed=seed), refruntime.Heap() as heap:
                heap.set_threshold(5)
                self.run_program(seed, heap, automatic=True)

    def run_program(self, seed: int, heap: refruntime.Heap, automatic: bool = False) -> None:
        """One program: variables are bound and dropped, lists are linked, cut and shuffled, collections run."""
        choose = random.Random(seed)
        sides = (Theirs(), Ours(heap))
        theirs, ours = sides
        names: List[int] = []
        collections = 0
        for step in range(STEPS):
            roll = choose.random()
            if roll < 0.25 or len(names) < 3:
                for side in sides:
                    side.new(step)
                names.append(step)
            elif roll < 0.45:
                name = names.pop(choose.randrange(len(names)))
                for side in sides:
                    del side.held[name]
            elif roll < 0.95:
                self.change(choose, sides, choose.choice(names), choose.choice(names))
            else:
                before = len(ours.deaths)
                theirs.collect()
                found = ours.collect()
                collections += 1
                if not automatic:
                    self.assertEqual(found, len(ours.deaths) - before, f"seed {seed}, step {step}: the count")
                self.assertEqual(ours.dead(), theirs.dead(), f"seed {seed}, step {step}: after a collection")
                heap.verify()
            if automatic:
                self.assertLessEqual(set(theirs.deaths), set(ours.deaths), f"seed {seed}, step {step}")
            else:
                self.assertEqual(len(ours.deaths), len(theirs.deaths), f"seed {seed}, step {step}: who died")
        self.assertGreater(collections, 10)
        for side in sides:
            side.held.clear()
            side.collect()
        self.assertEqual(ours.dead(), theirs.dead())
        self.assertEqual(len(ours.dead()), len(ours.weak))
        self.assertEqual(sorted(ours.deaths), sorted(theirs.deaths))
        self.assertEqual(len(set(ours.deaths)), len(ours.deaths))
        self.assertEqual(heap.get_objects(refruntime.List), [])

    def change(self, choose: random.Random, sides: Any, name: int, other: int) -> None:
        """One change of the list ``name``, the same on both sides."""
        kind = choose.random()
        place = choose.random()
        for side in sides:
            target, value = side.held[name], side.held[other]
            count = len(target)
            index = int(place * count)
            if kind < 0.45 or not count:
                target.append(value)
            elif kind < 0.55:
                target.insert(index, value)
            elif kind < 0.70:
                target[index] = value
            elif kind < 0.85:
                del target[index]
            elif kind < 0.90:
                target.clear()
            elif kind < 0.95:
                target[index:] = [value]
            else:
                # A name that is bound again: what it held is reached through the list alone from now on.
                side.held[name] = target[index]
            del target, value


if __name__ == "__main__":
    unittest.main()
