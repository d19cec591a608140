#!/usr/bin/env python3
"""A million nodes from Python: made, linked into a list, dropped. As a batch of RefRuntime's Python package, and as Python's
own objects.

    python_batch.py [quick] > FILE        # for rr_bench --add FILE

Writes one line per contender: row, contender and nanoseconds per node of each repetition, with tabs between. The contenders
take turns in each repetition. Python's own collector is off while its objects are timed, which is the best that it can do;
RefRuntime's heap collects by itself, as it does by default. Each contender checks its list.
"""

import gc
import itertools
import sys
import time
from ctypes import c_int64

import refruntime

REPETITIONS = 9


class SlotsNode:
    __slots__ = ("next", "other", "id", "check")


class DictNode:
    pass


class Batches:
    """32 bytes with two references, as all nodes of the benchmarks."""

    def __init__(self) -> None:
        self.heap = refruntime.Heap()
        self.Node = self.heap.type("Node", refs=["next", "other"], fields={"id": c_int64, "check": c_int64})

    def live(self) -> int:
        return self.heap.get_stats()["live_objects"]

    def run(self, count: int) -> int:
        start = time.perf_counter_ns()
        nodes = self.heap.batch(self.Node, count)
        nodes[:-1].store("next", nodes[1:])
        spent = time.perf_counter_ns() - start

        expect(len(nodes) == count and self.live() == count)
        for i in (0, count // 2, count - 2):
            expect(nodes[i].next is nodes[i + 1])
            expect(nodes[i + 1].refcount == 3)

        start = time.perf_counter_ns()
        nodes.close()
        spent += time.perf_counter_ns() - start
        expect(self.live() == 0)
        return spent


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
        raise SystemExit("python_batch.py: the data is wrong")


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
    batches.heap.close()
    for name, values in samples.items():
        print(name, *(f"{value:.3f}" for value in values), sep="\t")


if __name__ == "__main__":
    main(sys.argv[1:])
