#!/usr/bin/env python3
"""A million nodes from Python: made, linked into a list, dropped. By RefRuntime's batch calls through ctypes, and as Python's
own objects.

    python_batch.py [quick] > FILE        # for rr_bench --add FILE

Writes one line per contender: row, contender and nanoseconds per node of each repetition, with tabs between. The contenders
take turns in each repetition. Python's own collector is off while its objects are timed, which is the best that it can do;
RefRuntime's heap collects by itself, as it does by default. Each contender checks its list.
"""

import ctypes
import gc
import itertools
import sys
import time

from refruntime import _raw as rr

REPETITIONS = 9
POINTER = ctypes.sizeof(ctypes.c_void_p)


class SlotsNode:
    __slots__ = ("next", "other", "id", "check")


class DictNode:
    pass


class Batches:
    """32 bytes with two references, as all nodes of the benchmarks."""

    def __init__(self) -> None:
        offsets = (ctypes.c_uint32 * 2)(0, POINTER)
        info = rr.rr_type_info(
            struct_size=ctypes.sizeof(rr.rr_type_info),
            name=b"bench node",
            size=32,
            ref_offsets=ctypes.cast(offsets, ctypes.POINTER(ctypes.c_uint32)),
            ref_count=2,
        )
        options = rr.rr_heap_options(struct_size=ctypes.sizeof(rr.rr_heap_options))
        self.type = rr.rr_type_new(ctypes.byref(info))
        self.heap = rr.rr_heap_new(ctypes.byref(options))

    def live(self) -> int:
        stats = rr.rr_stats(struct_size=ctypes.sizeof(rr.rr_stats))
        expect(rr.rr_heap_stats(self.heap, ctypes.byref(stats)) == rr.RR_OK)
        return int(stats.live_objects)

    def run(self, count: int) -> int:
        start = time.perf_counter_ns()
        nodes = (ctypes.c_void_p * count)()
        made = rr.rr_alloc_many(self.heap, self.type, count, nodes)
        linked = rr.rr_store_many(nodes, 0, ctypes.byref(nodes, POINTER), count - 1)
        spent = time.perf_counter_ns() - start

        expect(made == count and linked == count - 1 and self.live() == count)
        for i in (0, count // 2, count - 2):
            expect(ctypes.c_void_p.from_address(nodes[i]).value == nodes[i + 1])
            expect(rr.rr_getrefcount(nodes[i + 1]) == 2)

        start = time.perf_counter_ns()
        dropped = rr.rr_decref_many(nodes, count)
        spent += time.perf_counter_ns() - start
        expect(dropped == count and self.live() == 0)
        return spent

    def end(self) -> None:
        expect(rr.rr_heap_free(self.heap) == rr.RR_OK)


def run_objects(node, count: int) -> int:
    gc.collect()
    gc.disable()
    start = time.perf_counter_ns()
    nodes = [node() for _ in range(count)]
    for first, second in zip(nodes, itertools.islice(nodes, 1, None)):
        first.next = second
    spent = time.perf_counter_ns() - start

    del first, second
    for i in (0, count // 2, count - 2):
        expect(nodes[i].next is nodes[i + 1])

    start = time.perf_counter_ns()
    del nodes
    spent += time.perf_counter_ns() - start
    gc.enable()
    return spent


def expect(condition: bool) -> None:
    if not condition:
        raise SystemExit(f"python_batch.py: the data is wrong: {rr.rr_last_error().decode()}")


def main(arguments) -> None:
    quick = "quick" in arguments
    count, repetitions = (100_000, 3) if quick else (1_000_000, REPETITIONS)
    batches = Batches()
    contenders = {
        "Python, million\trr": batches.run,
        "Python, million\tCPython": lambda count: run_objects(SlotsNode, count),
        "Python, dict\trr": batches.run,
        "Python, dict\tCPython": lambda count: run_objects(DictNode, count),
    }
    samples = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, run in contenders.items():
            samples[name].append(run(count) / count)
    batches.end()
    for name, values in samples.items():
        print(name, *(f"{value:.3f}" for value in values), sep="\t")


if __name__ == "__main__":
    main(sys.argv[1:])
