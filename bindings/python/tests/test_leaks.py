"""Leak reports: the numbers of random graphs against a simpler way to find them, and the forms of the report."""

from __future__ import annotations

import os
import random
import tempfile
import unittest
from typing import Any, Dict, List, Set

from support import HeapTestCase, run_python

import refruntime


class LeakReports(HeapTestCase):
    options = {"manual_gc": True}

    def test_a_planted_leak_is_named(self) -> None:
        Cache = self.heap.type("Cache", refs=["entries"])
        Entry = self.heap.type("Entry", refs=["next"])
        leak = Cache()
        entry = None
        for _ in range(99):
            made = Entry()
            made.next = entry
            entry = made
        leak.entries = entry
        entry.close()
        made.close()
        found = self.heap.leak_report()
        (group,) = found["held"]
        stats = self.heap.get_stats()
        self.assertEqual(group["type"], "Cache")
        self.assertEqual((group["objects"], group["references"], group["objects_kept"]), (1, 1, 100))
        self.assertEqual(group["bytes_kept"], stats["live_bytes"])
        self.assertEqual(int(group["largest"][0]["object"], 16), leak.address)
        self.assertEqual((found["objects"], found["bytes"]), (100, stats["live_bytes"]))
        self.assertEqual(int(found["heap"], 16), self.heap.address)
        text = self.heap.leak_report(text=True)
        self.assertRegex(text, rf" {group['bytes_kept']} +100 +1  Cache at {leak.address:#x}\n")

    def test_the_numbers_of_random_graphs(self) -> None:
        random.seed(20240601)
        kinds = [self.heap.type(name, refs=["a", "b"]) for name in ("Red", "Green", "Blue")]
        for size in [1, 2, 3, 5, 8, 13, 21, 34] * 3 + [120, 240]:
            with self.subTest(size=size):
                self.compare_a_random_graph(kinds, size)
                self.heap.collect()
                self.assertEqual(self.live(), 0)

    def compare_a_random_graph(self, kinds: List[Any], size: int) -> None:
        nodes = [random.choice(kinds)() for _ in range(size)]
        address = [node.address for node in nodes]
        kind = {node.address: type(node).__name__ for node in nodes}
        edges: Dict[int, List[int]] = {place: [] for place in address}
        for _ in range(int(size * random.choice([0.5, 1.0, 1.5]))):
            here, there, slot = random.randrange(size), random.randrange(size), random.choice("ab")
            setattr(nodes[here], slot, nodes[there])
        for place, node in zip(address, nodes):
            edges[place] = [target.address for target in (node.a, node.b) if target is not None]
        del node
        held = {place for place in address if random.random() < 0.2}
        dead_alone = set()
        while True:
            # Who has neither a handle nor a reference dies at once when its handle goes, and lets go of others.
            pointed = {target for place in address if place not in dead_alone for target in edges[place]}
            more = {place for place in address if place not in held and place not in pointed} - dead_alone
            if not more:
                break
            dead_alone |= more
        living = [place for place in address if place not in dead_alone]
        handles = {node.address: node for node in nodes if node.address in held}
        for node in nodes:
            if node.address not in held:
                node.close()
        del nodes, node
        self.assertEqual(self.live(), len(living))

        def reach(roots: Set[int], without: Set[int]) -> Set[int]:
            seen: Set[int] = set()
            stack = [place for place in roots if place not in without]
            while stack:
                place = stack.pop()
                if place not in seen:
                    seen.add(place)
                    stack.extend(target for target in edges[place] if target not in without)
            return seen

        everything = reach(held, set())
        found = self.heap.leak_report()
        bytes_each = found["bytes"] // len(living) if living else 0
        self.assertEqual(found["objects"], len(living))
        self.assertEqual(found["garbage"]["objects"], len(living) - len(everything))
        self.assertEqual(len(found["held"]), len({kind[place] for place in held}))
        kept_by_groups = 0
        for group in found["held"]:
            members = {place for place in held if kind[place] == group["type"]}
            # What a group keeps is what the others alone don't reach; its members' references count, wherever they lead.
            kept = everything - reach(held - members, set())
            kept_by_groups += len(kept)
            self.assertEqual((group["objects"], group["references"]), (len(members), len(members)))
            self.assertEqual((group["objects_kept"], group["bytes_kept"]), (len(kept), len(kept) * bytes_each))
            self.assertLessEqual(len(members), 100)
            self.assertEqual({int(one["object"], 16) for one in group["largest"]}, members)
            weights = [one["bytes_kept"] for one in group["largest"]]
            self.assertEqual(weights, sorted(weights, reverse=True))
            for one in group["largest"]:
                place = int(one["object"], 16)
                self.assertEqual(one["objects_kept"], len(everything - reach(held, {place})))
        weights = [group["bytes_kept"] for group in found["held"]]
        self.assertEqual(weights, sorted(weights, reverse=True))
        self.assertEqual(found["shared"]["objects"], len(everything) - kept_by_groups)
        for total in found["types"]:
            self.assertEqual(total["objects"], sum(kind[place] == total["type"] for place in living))
            self.assertEqual(total["garbage_objects"], sum(kind[place] == total["type"] for place in set(living) - everything))
        for handle in handles.values():
            handle.close()

    def test_lists_and_tuples_and_a_hundred_of_a_kind(self) -> None:
        shared = self.heap.bytes(b"shared")
        lists = [self.heap.list([shared]) for _ in range(150)]
        shared.close()
        (group,) = self.heap.leak_report()["held"]
        self.assertEqual((group["objects"], len(group["largest"]), group["objects_kept"]), (150, 100, 151))
        for one in lists:
            one.close()

    def test_files(self) -> None:
        kept = self.heap.list()
        with tempfile.TemporaryDirectory() as directory:
            for name, start in (("leaks.txt", "RefRuntime: heap 0x"), ("leaks.json", '{"heap": "0x')):
                path = os.path.join(directory, name)
                self.assertIsNone(self.heap.leak_report(path))
                with open(path, encoding="utf-8") as file:
                    self.assertTrue(file.read().startswith(start))
            self.assertEqual(sorted(os.listdir(directory)), ["leaks.json", "leaks.txt"])
            with self.assertRaisesRegex(refruntime.RefRuntimeError, "No such file or directory"):
                self.heap.leak_report(os.path.join(directory, "missing", "leaks.txt"))
        with self.assertRaisesRegex(refruntime.RefRuntimeError, "No space left on device"):
            self.heap.leak_report("/dev/full")
        kept.close()

    def test_inside_a_callback_it_is_refused(self) -> None:
        seen: List[str] = []

        def finalize(node: Any) -> None:
            try:
                self.heap.leak_report()
            except refruntime.BusyError as error:
                seen.append(str(error))

        Node = self.heap.type("Node", finalizer=finalize)
        Node().close()
        self.assertEqual(len(seen), 1)
        self.assertIn("rr_leak_report", seen[0])

    def test_a_heap_that_reports_leaks_does_so_when_it_is_closed(self) -> None:
        program = (
            "import refruntime\n"
            "heap = refruntime.Heap(report_leaks=True)\n"
            "leaked = heap.type('Leaked', refs=['next'])()\n"
            "native = leaked.alias()\n"
            "heap._api.incref(leaked.address)\n"
            "heap.close()\n"
        )
        done = run_python(program)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertRegex(done.stderr, r" 1 +\d+  Leaked at 0x")


if __name__ == "__main__":
    unittest.main()
