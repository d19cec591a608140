#!/usr/bin/env python3
"""Who refers to this object, and what keeps it alive? On graphs of a million objects, beside CPython's gc.get_referrers on the
same graph of objects with __slots__.

    looking.py [quick]

Two graphs of nodes with two references, held by one reference from outside: a binary tree, in memory level by level, and a random
graph, a ring through all nodes in random order with a second edge from each node to any. Each figure is the median of looks
at different nodes; both contenders look at the same ones, and their answers are compared. What is required of the full size is
that referrers take less than 10 ms and a path less than 100 ms.
"""

import array
import ctypes
import gc
import random
import statistics
import sys
import time

from refruntime import _raw as rr

POINTER = ctypes.sizeof(ctypes.c_void_p)
LOOKS = 15
NONE = -1


class SlotsNode:
    __slots__ = ("next", "other", "id", "check")


def tree(count: int):
    """Children of each node."""
    return [array.array("q", (2 * i + k if 2 * i + k < count else NONE for i in range(count))) for k in (1, 2)]


def random_graph(count: int):
    order = list(range(count))
    random.shuffle(order)
    ring = array.array("q", bytes(8 * count))
    for here, there in zip(order, order[1:] + order[:1]):
        ring[here] = there
    return [ring, array.array("q", (random.randrange(count) for _ in range(count)))]


class Runtime:
    """The graph of RefRuntime's objects: by numbers, as the caller knows them."""

    def __init__(self, edges, size: int) -> None:
        count = len(edges[0])
        offsets = (ctypes.c_uint32 * 2)(0, POINTER)
        info = rr.rr_type_info(
            struct_size=ctypes.sizeof(rr.rr_type_info),
            name=b"bench node",
            size=size - 8,
            ref_offsets=ctypes.cast(offsets, ctypes.POINTER(ctypes.c_uint32)),
            ref_count=2,
        )
        options = rr.rr_heap_options(struct_size=ctypes.sizeof(rr.rr_heap_options), flags=rr.RR_HEAP_MANUAL_GC)
        self.heap = rr.rr_heap_new(ctypes.byref(options))
        self.nodes = (ctypes.c_void_p * count)()
        expect(rr.rr_alloc_many(self.heap, rr.rr_type_new(ctypes.byref(info)), count, self.nodes) == count)
        addresses = list(self.nodes) + [None]
        for slot in range(2):
            targets = (ctypes.c_void_p * count)(*(addresses[target] for target in edges[slot]))
            expect(rr.rr_store_many(self.nodes, slot * POINTER, targets, count) == count)
        expect(rr.rr_decref_many(ctypes.byref(self.nodes, POINTER), count - 1) == count - 1)
        self.numbers = {address: number for number, address in enumerate(addresses[:-1])}
        self.out = (ctypes.c_void_p * 1000)()

    def _look(self, function, node: int):
        start = time.perf_counter_ns()
        count = function(self.nodes[node], self.out, len(self.out))
        spent = time.perf_counter_ns() - start
        expect(0 <= count <= len(self.out))
        return spent, [self.numbers[address] for address in self.out[:count]]

    def referrers(self, node: int):
        return self._look(rr.rr_get_referrers, node)

    def path(self, node: int):
        return self._look(rr.rr_get_path, node)

    def end(self) -> None:
        expect(rr.rr_decref(self.nodes[0]) == rr.RR_OK)
        rr.rr_heap_free(self.heap)


class Python:
    def __init__(self, edges) -> None:
        nodes = [SlotsNode() for _ in edges[0]]
        for node in nodes:
            node.id = None
        for name, targets in zip(("next", "other"), edges):
            for node, target in zip(nodes, targets):
                setattr(node, name, nodes[target] if target != NONE else None)
        for number, node in enumerate(nodes):
            node.id = number
        self.root = nodes[0]

    def referrers(self, nodes):
        """Looks at those only, so that no list of all nodes is among what is searched."""
        wanted = {}
        stack, seen = [self.root], {0}
        while stack:
            node = stack.pop()
            if node.id in nodes:
                wanted[node.id] = node
            for child in (node.next, node.other):
                if child is not None and child.id not in seen:
                    seen.add(child.id)
                    stack.append(child)
        del node, child, stack
        for number in nodes:
            start = time.perf_counter_ns()
            found = gc.get_referrers(wanted[number])
            spent = time.perf_counter_ns() - start
            yield spent, sorted(node.id for node in found if isinstance(node, SlotsNode))


def expect(condition: bool) -> None:
    if not condition:
        raise SystemExit(f"looking.py: the data is wrong: {rr.rr_last_error().decode()}")


def main(arguments) -> None:
    count = 100_000 if "quick" in arguments else 1_000_000
    random.seed(20240601)
    gc.disable()
    missed = False
    print(f"{count} objects, milliseconds                 referrers   of CPython    ratio   path (length)")
    for name, edges in (("tree", tree(count)), ("random graph", random_graph(count))):
        nodes = random.sample(range(1, count), LOOKS)
        python = Python(edges)
        theirs = list(python.referrers(nodes))
        del python
        for size in (32, 48):
            runtime = Runtime(edges, size)
            ours = [runtime.referrers(node) for node in nodes]
            paths = [runtime.path(node) for node in nodes]
            runtime.end()
            for (_, expected), (_, found), node in zip(theirs, ours, nodes):
                expect(sorted(found) == expected)
            for (_, path), node in zip(paths, nodes):
                expect(path[0] == 0 and path[-1] == node)
                expect(all(there in (edges[0][here], edges[1][here]) for here, there in zip(path, path[1:])))
            mine, other, way = (statistics.median(spent for spent, _ in looks) / 1e6 for looks in (ours, theirs, paths))
            length = statistics.median(len(path) for _, path in paths)
            print(f"{name + f', {size} bytes each':36}{mine:15.2f}{other:13.1f}{other / mine:9.0f}{way:12.1f} ({length})")
            missed |= mine >= 10 or way >= 100
    if missed:
        raise SystemExit("looking.py: a requirement is missed: referrers in 10 ms, a path in 100 ms")


if __name__ == "__main__":
    main(sys.argv[1:])
