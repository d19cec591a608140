"""The conformance programs, through this package: what their steps mean stands in tests/conformance/README.md.

Each program is one test. A verb is a method of ``Machine``; its arguments arrive as they are written.
"""

from __future__ import annotations

import unittest
from ctypes import c_int64
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from support import refruntime

PROGRAMS = Path(__file__).resolve().parents[3] / "tests" / "conformance" / "programs.txt"

ERRORS: Dict[str, Any] = {
    "argument": (refruntime.ArgumentError, IndexError),
    "type": (TypeError, AttributeError),
    "memory": MemoryError,
    "released": refruntime.ClosedError,
    "closed": refruntime.ClosedError,
    "heap": refruntime.ArgumentError,
}

Step = Tuple[int, List[str]]


class Place:
    """A heap and the types of the programs in it."""

    def __init__(self, machine: Machine, max_bytes: int = 0) -> None:
        self.heap = refruntime.Heap(manual_gc=True, max_bytes=max_bytes)
        shape: Any = {"refs": ["left", "right"], "fields": {"value": c_int64}}
        self.Node = self.heap.type("node", **shape)
        self.Leaf = self.heap.type("leaf", fields={"value": c_int64})
        self.Finalized = self.heap.type("finalized", **shape, finalizer=lambda node: machine.order.append(node.value))
        self.Lazarus = self.heap.type("lazarus", **shape, finalizer=machine.save)


class Machine:
    """Runs the steps of one program."""

    def __init__(self, test: unittest.TestCase, max_bytes: int = 0) -> None:
        self.test = test
        self.handles: Dict[str, Any] = {"null": None}
        self.order: List[int] = []
        self.called = 0
        self.places = [Place(self, max_bytes)]
        self.place = self.places[0]

    @property
    def heap(self) -> refruntime.Heap:
        return self.place.heap

    def run(self, verb: str, *arguments: str) -> None:
        getattr(self, "do_" + verb)(*arguments)

    def finish(self) -> None:
        """What every program ends with: nothing is left once its handles are dropped."""
        heaps = [place.heap for place in self.places if not place.heap.closed]
        found = 1
        while found or self.open_handles():
            for handle in self.open_handles():
                handle.close()
            found = sum(heap.collect() for heap in heaps)
        for heap in heaps:
            self.equal(heap.get_stats()["live_objects"], 0)
            heap.verify()
            heap.close()

    def open_handles(self) -> List[Any]:
        return [handle for handle in self.handles.values() if handle is not None and not handle.closed]

    def own(self, name: str, handle: Any) -> None:
        """Give a handle a name. Python has one handle for an object; each name is to own a reference."""
        self.test.assertIsNotNone(handle)
        taken = any(handle is other for other in self.handles.values())
        self.handles[name] = handle.alias() if taken else handle

    def save(self, node: Any) -> None:
        """The finalizer of lazarus."""
        self.order.append(node.value)
        self.own("saved", node)

    def call(self, _weakref: Any) -> None:
        """The callback of those that watch."""
        self.called += 1

    def equal(self, first: Any, second: Any) -> None:
        self.test.assertEqual(first, second)

    # Making objects

    def do_node(self, name: str) -> None:
        self.own(name, self.place.Node())

    def do_leaf(self, name: str) -> None:
        self.own(name, self.place.Leaf())

    def do_finalized(self, name: str) -> None:
        self.own(name, self.place.Finalized())

    def do_lazarus(self, name: str) -> None:
        self.own(name, self.place.Lazarus())

    def do_list(self, name: str) -> None:
        self.own(name, self.heap.list())

    def do_tuple(self, name: str, *items: str) -> None:
        self.own(name, self.heap.tuple(self.handles[item] for item in items))

    def do_bytes(self, name: str, count: str) -> None:
        self.own(name, self.heap.bytes(int(count)))

    def do_alias(self, name: str, handle: str) -> None:
        self.own(name, self.handles[handle].alias())

    def do_drop(self, name: str) -> None:
        self.handles[name].close()

    # Slots and values

    def do_set(self, name: str, slot: str, value: str) -> None:
        setattr(self.handles[name], slot, self.handles[value])

    def do_get(self, name: str, holder: str, slot: str) -> None:
        self.own(name, getattr(self.handles[holder], slot))

    def do_empty(self, name: str, slot: str) -> None:
        self.test.assertIsNone(getattr(self.handles[name], slot))

    def do_write(self, name: str, value: str) -> None:
        self.handles[name].value = int(value)

    def do_read(self, name: str, value: str) -> None:
        self.equal(self.handles[name].value, int(value))

    # Containers

    def do_append(self, name: str, item: str) -> None:
        self.handles[name].append(self.handles[item])

    def do_insert(self, name: str, index: str, item: str) -> None:
        self.handles[name].insert(int(index), self.handles[item])

    def do_put(self, name: str, index: str, item: str) -> None:
        self.handles[name][int(index)] = self.handles[item]

    def do_remove(self, name: str, index: str) -> None:
        del self.handles[name][int(index)]

    def do_clear(self, name: str) -> None:
        self.handles[name].clear()

    def do_item(self, name: str, holder: str, index: str) -> None:
        self.own(name, self.handles[holder][int(index)])

    def do_length(self, name: str, length: str) -> None:
        self.equal(len(self.handles[name]), int(length))

    # Counts and identity

    def do_count(self, name: str, count: str) -> None:
        self.equal(self.handles[name].refcount, int(count))

    def do_unique(self, name: str, answer: str) -> None:
        handle = self.handles[name]
        self.equal(handle.heap.is_unique(handle), answer == "yes")

    def do_same(self, name: str, other: str) -> None:
        self.equal(self.handles[name], self.handles[other])

    def do_differ(self, name: str, other: str) -> None:
        self.test.assertNotEqual(self.handles[name], self.handles[other])

    def do_referents(self, name: str, count: str) -> None:
        self.equal(len(refruntime.get_referents(self.handles[name])), int(count))

    def do_referrers(self, name: str, count: str) -> None:
        self.equal(len(refruntime.get_referrers(self.handles[name])), int(count))

    # Weak references

    def do_weak(self, name: str, target: str) -> None:
        handle = self.handles[target]
        self.own(name, handle.heap.weakref(handle))

    def do_watch(self, name: str, target: str) -> None:
        handle = self.handles[target]
        self.own(name, handle.heap.weakref(handle, self.call))

    def do_alive(self, name: str) -> None:
        self.test.assertIsNotNone(self.handles[name]())

    def do_dead(self, name: str) -> None:
        self.test.assertIsNone(self.handles[name]())

    def do_upgrade(self, name: str, weakref: str) -> None:
        self.own(name, self.handles[weakref]())

    def do_weakrefs(self, name: str, count: str) -> None:
        self.equal(refruntime.getweakrefcount(self.handles[name]), int(count))

    # The heap

    def do_collect(self, count: str) -> None:
        self.equal(self.heap.collect(), int(count))

    def do_collect_in_steps(self, count: str) -> None:
        found = self.heap.collect_step(0)
        while self.heap.pending:
            found += self.heap.collect_step(0)
        self.equal(found, int(count))

    def do_freeze(self) -> None:
        self.heap.freeze()

    def do_unfreeze(self) -> None:
        self.heap.unfreeze()

    def do_frozen(self, count: str) -> None:
        self.equal(self.heap.get_freeze_count(), int(count))

    def do_live(self, count: str) -> None:
        self.equal(self.heap.get_stats()["live_objects"], int(count))

    def do_finalizers(self, count: str) -> None:
        self.equal(len(self.order), int(count))

    def do_callbacks(self, count: str) -> None:
        self.equal(self.called, int(count))

    def do_order(self, *values: str) -> None:
        self.equal(self.order, [int(value) for value in values])

    def do_close(self) -> None:
        self.heap.close()

    def do_other(self) -> None:
        if len(self.places) == 1:
            self.places.append(Place(self))
        self.place = self.places[1]

    def do_mine(self) -> None:
        self.place = self.places[0]

    def do_fails(self, kind: str, *step: str) -> None:
        with self.test.assertRaises(ERRORS[kind]):
            self.run(*step)


def programs() -> Iterator[Tuple[List[str], List[Step]]]:
    """Each program's words behind ``program``, and its steps with the numbers of their lines."""
    found: List[Tuple[List[str], List[Step]]] = []
    for number, line in enumerate(PROGRAMS.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.partition("#")[0].split()
        if words[:1] == ["program"]:
            found.append((words[1:], []))
        elif words:
            found[-1][1].append((number, words))
    return iter(found)


class Conformance(unittest.TestCase):
    """Has a test for each program, named as the program is."""

    def run_program(self, options: List[str], steps: List[Step]) -> None:
        machine = Machine(self, **{key: int(value) for key, value in (option.split("=") for option in options)})
        for number, step in steps:
            try:
                machine.run(*step)
            except Exception as error:
                error.args = (f"programs.txt:{number}: {' '.join(step)}: {error}",)
                raise
        machine.finish()


for (_name, *_options), _steps in programs():
    setattr(
        Conformance,
        f"test_{_name}",
        lambda self, options=_options, steps=_steps: self.run_program(options, steps),
    )

if __name__ == "__main__":
    unittest.main()
