"""Callbacks that do whatever comes to their mind, in the middle of deaths and collections.

There is no oracle here but the heap's own rules: it verifies after every step, a finalizer runs once per object, nobody
dies who is held, and in the end nothing is left. Seeds are printed by the test's name of the step that failed.

    REFRUNTIME_SEED=7 REFRUNTIME_PROGRAMS=1 python3 -m unittest test_chaos     one program again
"""

from __future__ import annotations

import os
import random
import unittest
from ctypes import c_int64
from typing import Any, Dict, List

from support import Unraisable

import refruntime

STEPS = 300
PROGRAMS = int(os.environ.get("REFRUNTIME_PROGRAMS", "40"))
SEED = int(os.environ.get("REFRUNTIME_SEED", "1"))


class Program:
    """A heap, some held objects, and actions that callbacks choose from too."""

    def __init__(self, heap: refruntime.Heap, seed: int) -> None:
        self.heap = heap
        self.choose = random.Random(seed)
        self.held: List[Any] = []
        self.finalized: Dict[int, int] = {}
        self.destroyed: Dict[int, int] = {}
        self.count = 0
        self.depth = 0
        self.busy = 0
        self.Node = heap.type(
            "Node",
            refs=["left", "right"],
            fields={"number": c_int64},
            finalizer=self.finalize,
            destroy=self.destroy,
        )
        self.Plain = heap.type("Plain", refs=["left", "right"], fields={"number": c_int64})
        self.Array = heap.type("Array", fields={"number": c_int64}, items=refruntime.Ref)
        heap.callbacks.append(lambda _phase, _info: self.act(2))

    def finalize(self, node: Any) -> None:
        self.finalized[node.number] = self.finalized.get(node.number, 0) + 1
        if self.choose.random() < 0.2:
            self.held.append(node)
        self.act(3, node)

    def destroy(self, node: Any) -> None:
        self.destroyed[node.number] = self.destroyed.get(node.number, 0) + 1
        try:
            self.heap.list()
        except refruntime.BusyError:
            self.busy += 1
        if self.held and self.choose.random() < 0.2:
            self.drop()

    def pick(self) -> Any:
        return self.choose.choice(self.held)

    def drop(self) -> None:
        if self.held:
            self.held.pop(self.choose.randrange(len(self.held)))

    def make(self) -> None:
        self.count += 1
        kind = self.choose.randrange(5)
        if kind < 2:
            self.held.append(self.Node(number=self.count))
        elif kind == 2:
            self.held.append(self.Plain(number=self.count))
        elif kind == 3:
            self.held.append(self.Array(3, number=self.count))
        else:
            self.held.append(self.heap.list(self.held[-2:]))

    def link(self) -> None:
        if len(self.held) < 2:
            return
        holder, value = self.pick(), self.pick()
        if isinstance(holder, refruntime.List):
            holder.append(value)
            if len(holder) > 5:
                holder.clear()
        elif isinstance(holder, refruntime.Items):
            holder[self.choose.randrange(3)] = value
        elif isinstance(holder, refruntime.Instance):
            setattr(holder, self.choose.choice(["left", "right"]), value)

    def watch(self, target: Any) -> None:
        weak = self.heap.weakref(target, lambda w: self.act(3, w))
        if self.choose.random() < 0.8:
            self.held.append(weak)

    def act(self, count: int, near: Any = None) -> None:
        """Do a few things at random, from a callback too, but not without end."""
        if self.depth > 3 or self.count > 5_000:
            return
        self.depth += 1
        try:
            for _ in range(self.choose.randrange(count + 1)):
                roll = self.choose.random()
                if roll < 0.25 or not self.held:
                    self.make()
                elif roll < 0.50:
                    self.drop()
                elif roll < 0.80:
                    self.link()
                elif roll < 0.87:
                    self.watch(near if near is not None and roll < 0.83 else self.pick())
                elif roll < 0.92:
                    self.heap.collect()
                elif roll < 0.96:
                    self.heap.collect_step(self.choose.choice([0, 1, 10**9]))
                elif roll < 0.97:
                    self.heap.get_referrers(self.pick())
                elif roll < 0.98:
                    self.heap.get_path(self.pick())
                else:
                    self.heap.get_referents(self.pick())
        finally:
            self.depth -= 1


class Chaos(unittest.TestCase):
    def run_program(self, seed: int, **options: Any) -> None:
        """One program, with everything checked on the way and everything gone in the end."""
        threshold = options.pop("threshold", None)
        with refruntime.Heap(**options) as heap, Unraisable() as unraisable:
            if threshold is not None:
                heap.set_threshold(threshold)
            program = Program(heap, seed)
            for step in range(STEPS):
                program.act(6)
                while len(program.held) > 60:
                    program.drop()
                heap.verify()
                self.assertTrue(all(handle.refcount > 0 for handle in program.held), f"seed {seed}, step {step}")
            for _ in range(200):
                program.count = 10_000  # callbacks calm down
                program.held.clear()
                heap.collect()
                if not heap.get_objects():
                    break
            self.assertEqual(unraisable.messages, [], f"seed {seed}")
            self.assertEqual(heap.get_objects(), [], f"seed {seed}")
            stats = heap.get_stats()
            self.assertEqual((stats["live_objects"], stats["live_bytes"], stats["weakrefs_live"]), (0, 0, 0))
            self.assertEqual(stats["objects_allocated"], stats["objects_freed"])
            self.assertEqual(set(program.finalized.values()) | set(program.destroyed.values()), {1}, f"seed {seed}")
            self.assertEqual(program.finalized.keys(), program.destroyed.keys())
            self.assertEqual(program.busy, len(program.destroyed))
            heap.verify()

    def test_with_manual_collections(self) -> None:
        for seed in range(SEED, SEED + PROGRAMS):
            with self.subTest(seed=seed):
                self.run_program(seed, manual_gc=True)

    def test_with_a_collection_at_every_candidate(self) -> None:
        for seed in range(SEED, SEED + PROGRAMS):
            with self.subTest(seed=seed):
                self.run_program(seed, threshold=1)

    def test_in_bounded_slices(self) -> None:
        for seed in range(SEED, SEED + PROGRAMS // 2 + 1):
            with self.subTest(seed=seed):
                self.run_program(seed, bounded=True, threshold=1)

    def test_synchronized(self) -> None:
        for seed in range(SEED, SEED + PROGRAMS // 2 + 1):
            with self.subTest(seed=seed):
                self.run_program(seed, synchronized=True, threshold=3)


if __name__ == "__main__":
    unittest.main()
