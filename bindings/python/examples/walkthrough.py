"""How Python manages memory, told twice: on CPython itself, and on a RefRuntime heap.

Each example of the well-known article runs on both sides, and what it prints is shown side by side with one sentence
on what is happening. The left column comes from CPython's ``sys`` and ``gc``, the right one from the library. Run it
with ``python3 walkthrough.py``; with a directory behind it, it also draws pictures of the article's cycle there.
"""

from __future__ import annotations

import gc
import platform
import sys
import textwrap
from ctypes import c_int64
from itertools import zip_longest
from pathlib import Path
from typing import Any, Callable, Iterable, List, Optional

try:
    import refruntime
except ModuleNotFoundError:  # run from a checkout, without installing
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import refruntime

WIDTH = 112
COLUMN = (WIDTH - 6) // 2

Print = Callable[[str], None]


class Example:
    """One example: a title, one sentence, and the same program for both sides, which prints through its argument."""

    def __init__(self, title: str, sentence: str, cpython: Callable[[Print], None], ours: Callable[[Print], None]) -> None:
        self.title, self.sentence = title, sentence
        self.cpython, self.ours = cpython, ours


def tell(example: Example, number: int) -> None:
    """Run both sides and print what they print, line by line beside each other."""
    left: List[str] = []
    right: List[str] = []
    gc.collect()  # what this program itself left behind is not part of the story
    example.cpython(left.append)
    example.ours(right.append)
    print(f"{number}. {example.title}")
    for line in textwrap.wrap(example.sentence, WIDTH - 3):
        print(f"   {line}")
    for here, there in zip_longest(left, right, fillvalue=""):
        print(f"   {here:<{COLUMN}} | {there}")
    print()


# CPython's side


class Node:
    """A node of a linked list."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.next: Any = None


class Cycle:
    """An object that refers to itself."""

    def __init__(self) -> None:
        self.itself = self


def python_address(out: Print) -> None:
    x = [1, 2, 3]
    out(f"Memory address of x: {id(x)}")
    out(f"Reference count of x: {sys.getrefcount(x)}")


def python_collect(out: Print) -> None:
    out(f"Garbage collector: collected {gc.collect()} objects")


def python_counts(out: Print) -> None:
    a = [1, 2, 3]
    out(f"Initial ref count: {sys.getrefcount(a)}")
    b = a
    out(f"Ref count after b = a: {sys.getrefcount(a)}")
    del b
    out(f"Ref count after del b: {sys.getrefcount(a)}")


def python_node(out: Print) -> None:
    node = Node(1)
    node.next = node
    out(f"Garbage collector before deleting node: {gc.collect()}")
    del node
    out(f"Garbage collector after deleting node: {gc.collect()}")


def python_cycle(out: Print) -> None:
    Cycle()
    out(f"Garbage collector run: {gc.collect()}")


def python_list_held(out: Print) -> None:
    lst: List[Any] = []
    lst.append(lst)
    out(f"Garbage collector run: {gc.collect()}")
    del lst
    out(f"Garbage collector run: {gc.collect()}")


def python_list_cleared(out: Print) -> None:
    lst: List[Any] = []
    lst.append(lst)
    lst.clear()
    del lst
    out(f"Garbage collector run after clearing: {gc.collect()}")


# RefRuntime's side


def examples(heap: refruntime.Heap) -> Iterable[Example]:
    """The examples in the article's order. Their right side lives in this heap."""
    Int = heap.type("Int", fields={"value": c_int64})
    OurNode = heap.type("Node", refs=["next"], fields={"value": c_int64})
    OurCycle = heap.type("Cycle", refs=["itself"])

    def numbers() -> refruntime.List:
        return heap.list(Int(value=value) for value in (1, 2, 3))

    def our_address(out: Print) -> None:
        x = numbers()
        out(f"Memory address of x: {refruntime.id(x)}")
        out(f"Reference count of x: {refruntime.getrefcount(x)}")

    yield Example(
        "Where an object is, and how many hold it",
        "id() is the address, for objects never move; the count is 2 and not 1 because the argument of getrefcount() is a "
        "reference too while it counts.",
        python_address,
        our_address,
    )

    def our_collect(out: Print) -> None:
        out(f"Garbage collector: collected {heap.collect()} objects")

    yield Example(
        "Counting has done the work already",
        "The list and its three numbers died the moment their last reference went, so the collector, which is there for "
        "cycles only, finds nothing.",
        python_collect,
        our_collect,
    )

    def our_counts(out: Print) -> None:
        a = numbers()
        out(f"Initial ref count: {refruntime.getrefcount(a)}")
        b = a.alias()
        out(f"Ref count after b = a: {refruntime.getrefcount(a)}")
        del b
        out(f"Ref count after del b: {refruntime.getrefcount(a)}")

    yield Example(
        "Names are references",
        "b = a makes no copy, it makes a second reference; a plain b = a is Python's own business and would count in Python's "
        "handle, so the right side says b = a.alias(), which does in its heap what = does in CPython's.",
        python_counts,
        our_counts,
    )

    def our_node(out: Print) -> None:
        node = OurNode(value=1)
        node.next = node
        out(f"Garbage collector before deleting node: {heap.collect()}")
        del node
        out(f"Garbage collector after deleting node: {heap.collect()}")

    yield Example(
        "A node that is its own successor",
        "While the name node holds it the node is no garbage; without the name its count is still 1, its own reference, and "
        "only the collector can see that nobody else is left.",
        python_node,
        our_node,
    )

    def our_cycle(out: Print) -> None:
        cycle = OurCycle()
        cycle.itself = cycle
        del cycle
        out(f"Garbage collector run: {heap.collect()}")

    yield Example(
        "A cycle, made and dropped",
        "An object that stores itself in itself and is dropped at once: one dead object, found by the collector.",
        python_cycle,
        our_cycle,
    )

    def our_list_held(out: Print) -> None:
        lst = heap.list()
        lst.append(lst)
        out(f"Garbage collector run: {heap.collect()}")
        del lst
        out(f"Garbage collector run: {heap.collect()}")

    yield Example(
        "A list that contains itself",
        "The article prints 1 for the first run, but that is not what CPython does: as long as lst holds the list it is alive, "
        "so the run finds 0, and 1 only after lst is gone.",
        python_list_held,
        our_list_held,
    )

    def our_list_cleared(out: Print) -> None:
        lst = heap.list()
        lst.append(lst)
        lst.clear()
        del lst
        out(f"Garbage collector run after clearing: {heap.collect()}")

    yield Example(
        "The same list, cleared first",
        "clear() takes the list out of itself and so opens the cycle: counting alone frees it, nothing is left to collect.",
        python_list_cleared,
        our_list_cleared,
    )


def statistics(heap: refruntime.Heap) -> None:
    """The allocator's pages and counters after all that."""
    stats = heap.get_stats()
    rows = [
        ("address space reserved", "reserved_bytes", "bytes"),
        ("committed, of that", "committed_bytes", "bytes"),
        ("committed at most", "peak_bytes", "bytes"),
        ("live now", "live_bytes", "bytes"),
        ("live now", "live_objects", "objects"),
        ("allocated so far", "objects_allocated", "objects"),
        ("freed so far", "objects_freed", "objects"),
        ("of these by collections", "objects_collected", "objects"),
        ("collections", "collections", "runs"),
        ("objects they looked at", "objects_visited", "objects"),
        ("time they took", "gc_ns_total", "ns"),
        ("longest of them", "gc_ns_max", "ns"),
    ]
    print("The allocator's pages after all that (rr_heap_stats)")
    for label, name, unit in rows:
        print(f"   {label:<28}{stats[name]:>14,} {unit}")


def pictures(directory: Path) -> None:
    """The article's cycle while it is held, when only counting has looked at it, and after the collector has."""
    directory.mkdir(parents=True, exist_ok=True)
    with refruntime.Heap(manual_gc=True) as heap:
        node = heap.type("Node", refs=["next"])()
        node.next = node
        heap.draw(directory / "cycle-held.svg")
        del node
        heap.draw(directory / "cycle-before-collection.svg")
        heap.collect()
        heap.draw(directory / "cycle-after-collection.svg")
    print(f"The cycle as pictures: while it is held, before and after collection ({directory}/cycle-*.svg)")


def main(directory: Optional[Path] = None) -> None:
    """Tell it all."""
    gc.disable()
    with refruntime.Heap(manual_gc=True) as heap:
        print(f"   {f'CPython {platform.python_version()}':<{COLUMN}} | RefRuntime {refruntime.__version__}")
        print(f"   {'-' * COLUMN}-+-{'-' * COLUMN}")
        for number, example in enumerate(examples(heap), start=1):
            tell(example, number)
        statistics(heap)
    if directory is not None:
        pictures(directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
