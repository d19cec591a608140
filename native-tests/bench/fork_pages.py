#!/usr/bin/env python3
"""What does a collection in a forked child cost in memory? After a fork the child shares all pages with its parent until one of
them writes. This forks, collects in the child, and says how much memory of its own the child has got by that.

    fork_pages.py [quick] [--json FILE]      quick: a tenth of the objects

The graph is a binary tree of a million nodes in which each node also knows its parent, held by one reference to its root, in
memory level by level: once of RefRuntime's objects (three references and a number), once of Python's with the same
``__slots__``. All of it lives. Private memory is Private_Dirty in /proc/self/smaps_rollup; two looks at it in a row tell what
the looking costs, and that is taken off. What a collection needs while it runs, and gives back, is the peak of the resident
memory.

    settled      a collection before the fork, nothing since
    with work    the same, and the child has made and dropped ten thousand pairs that refer to each other and to the root
    frozen       no collection before the fork, but a freeze (rr_gc_freeze, gc.freeze)
    all new      no collection before the fork: each object is new, and held from outside
    all logged   no collection before the fork: each object is new and has lost a reference, so it is a possible root of a cycle.
                 The collection takes each out of the log, which is noted in the object: collect or freeze before a fork

It is required that a collection makes no more than 512 KiB private in the first four.
"""

import array
import ctypes
import gc
import json
import os
import sys
import time

from refruntime import _raw as rr

POINTER = ctypes.sizeof(ctypes.c_void_p)
SLOTS = ("left", "right", "parent")
NONE = -1
CASES = ("settled", "with work", "frozen", "all new", "all logged")
SHARED_KIB = 512
PAIRS = 10_000


class SlotsNode:
    __slots__ = (*SLOTS, "number")


def tree(count: int):
    """For each slot the number of the node that each node has there."""
    left = array.array("q", (2 * i + 1 if 2 * i + 1 < count else NONE for i in range(count)))
    right = array.array("q", (2 * i + 2 if 2 * i + 2 < count else NONE for i in range(count)))
    parent = array.array("q", ((i - 1) // 2 if i else NONE for i in range(count)))
    return [left, right, parent]


class Runtime:
    """The tree of RefRuntime's objects."""

    def __init__(self, edges, keep: bool) -> None:
        count = len(edges[0])
        offsets = (ctypes.c_uint32 * len(SLOTS))(*(POINTER * slot for slot in range(len(SLOTS))))
        info = rr.rr_type_info(
            struct_size=ctypes.sizeof(rr.rr_type_info),
            name=b"bench node",
            size=POINTER * len(SLOTS) + 8,
            ref_offsets=ctypes.cast(offsets, ctypes.POINTER(ctypes.c_uint32)),
            ref_count=len(SLOTS),
        )
        options = rr.rr_heap_options(struct_size=ctypes.sizeof(rr.rr_heap_options), flags=rr.RR_HEAP_MANUAL_GC)
        self.heap = rr.rr_heap_new(ctypes.byref(options))
        self.type = rr.rr_type_new(ctypes.byref(info))
        self.nodes = (ctypes.c_void_p * count)()
        expect(rr.rr_alloc_many(self.heap, self.type, count, self.nodes) == count)
        addresses = list(self.nodes) + [None]
        for slot, numbers in enumerate(edges):
            targets = (ctypes.c_void_p * count)(*(addresses[number] for number in numbers))
            expect(rr.rr_store_many(self.nodes, slot * POINTER, targets, count) == count)
        if not keep:
            expect(rr.rr_decref_many(ctypes.byref(self.nodes, POINTER), count - 1) == count - 1)

    def work(self, pairs: int) -> None:
        made = (ctypes.c_void_p * (2 * pairs))()
        expect(rr.rr_alloc_many(self.heap, self.type, 2 * pairs, made) == 2 * pairs)
        partners = (ctypes.c_void_p * (2 * pairs))(*(made[i ^ 1] for i in range(2 * pairs)))
        expect(rr.rr_store_many(made, 0, partners, 2 * pairs) == 2 * pairs)
        roots = (ctypes.c_void_p * (2 * pairs))(*(self.nodes[0] for _ in range(2 * pairs)))
        expect(rr.rr_store_many(made, 2 * POINTER, roots, 2 * pairs) == 2 * pairs)
        expect(rr.rr_decref_many(made, 2 * pairs) == 2 * pairs)

    def collect(self) -> int:
        return int(rr.rr_collect(self.heap))

    def freeze(self) -> None:
        expect(rr.rr_gc_freeze(self.heap) == rr.RR_OK)

    def size(self) -> int:
        stats = rr.rr_stats(struct_size=ctypes.sizeof(rr.rr_stats))
        expect(rr.rr_heap_stats(self.heap, ctypes.byref(stats)) == rr.RR_OK)
        return int(stats.committed_bytes)

    def end(self) -> None:
        expect(rr.rr_heap_free(self.heap) == rr.RR_OK)


class Python:
    """The tree of Python's objects."""

    def __init__(self, edges, keep: bool) -> None:
        gc.collect()
        gc.freeze()  # what there is besides the tree is left out
        before = private_kib()
        nodes = [SlotsNode() for _ in edges[0]]
        for name, numbers in zip(SLOTS, edges):
            for node, number in zip(nodes, numbers):
                setattr(node, name, nodes[number] if number != NONE else None)
        for number, node in enumerate(nodes):
            node.number = number
        self.root = nodes if keep else nodes[0]
        self.kib = private_kib() - before

    def work(self, pairs: int) -> None:
        root = self.root
        for _ in range(pairs):
            a, b = SlotsNode(), SlotsNode()
            a.left, b.left, a.parent, b.parent = b, a, root, root

    collect = staticmethod(gc.collect)
    freeze = staticmethod(gc.freeze)

    def size(self) -> int:
        return self.kib * 1024

    def end(self) -> None:
        gc.unfreeze()
        self.root = None
        gc.collect()


def expect(condition: bool) -> None:
    if not condition:
        raise SystemExit(f"fork_pages.py: the data is wrong: {rr.rr_last_error().decode()}")


def private_kib() -> int:
    with open("/proc/self/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Private_Dirty:"))


def in_child(work) -> dict:
    """Forks; what the work returns in the child."""
    end, far_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(end)
        os.write(far_end, json.dumps(work()).encode())
        os._exit(0)
    os.close(far_end)
    with open(end, "rb") as answer:
        told = answer.read()
    expect(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 and told != b"")
    return json.loads(told)


def resident_kib(what: str) -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what))


def look(graph, pairs: int) -> dict:
    """In the child: a collection, and what it made private."""
    graph.work(pairs)
    private_kib()
    first = private_kib()
    second = private_kib()
    with open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
        peak.write("5")  # from here on
    resident = resident_kib("VmRSS:")
    begun = time.perf_counter_ns()
    expect(graph.collect() == 2 * pairs)
    spent = time.perf_counter_ns() - begun
    peak_kib = resident_kib("VmHWM:") - resident
    third = private_kib()
    return {
        "before_kib": second,
        "collect_kib": max(0, third - second - (second - first)),
        "peak_kib": max(0, peak_kib),
        "milliseconds": spent / 1e6,
    }


def measure(contender, edges, case: str) -> dict:
    graph = contender(edges, keep=case == "all new")
    if case in ("settled", "with work"):
        expect(graph.collect() == 0)
    elif case == "frozen":
        graph.freeze()
    result = in_child(lambda: look(graph, PAIRS if case == "with work" else 0))
    result.update(case=case, contender=contender.__name__, objects=len(edges[0]), heap_kib=graph.size() // 1024)
    graph.end()
    return result


def main(arguments) -> None:
    edges = tree(100_000 if "quick" in arguments else 1_000_000)
    gc.disable()
    results = []
    print(f"{len(edges[0])} objects                heap    private before    by a collection    while it runs      it takes")
    for case in CASES:
        for contender in (Runtime, Python):
            result = measure(contender, edges, case)
            results.append(result)
            print(
                f"{case:14}{contender.__name__:10}{result['heap_kib']:10} KiB{result['before_kib']:12} KiB"
                f"{result['collect_kib']:15} KiB{result['peak_kib']:13} KiB{result['milliseconds']:11.2f} ms"
            )
    if "--json" in arguments:
        with open(arguments[arguments.index("--json") + 1], "w", encoding="ascii") as file:
            json.dump(results, file, indent=1)
    missed = [
        result["case"]
        for result in results
        if result["contender"] == "Runtime" and result["case"] != "all logged" and result["collect_kib"] > SHARED_KIB
    ]
    if missed:
        raise SystemExit(f"fork_pages.py: a requirement is missed: {', '.join(missed)} unshares more than {SHARED_KIB} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
