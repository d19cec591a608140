"""A collection in a forked child leaves the memory of what lives shared with the parent. Counted in pages, by the program that
measures it for the README: native-tests/bench/fork_pages.py."""

from __future__ import annotations

import os
import sys
import unittest
from pathlib import Path
from typing import Any

from support import HeapTestCase

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "native-tests" / "bench"))

import fork_pages  # noqa: E402 - found by the line above

OBJECTS = 100_000
SHARED_KIB = 512  # a ninth of the heap; a collection that writes to every object makes all of it private


@unittest.skipUnless(hasattr(os, "fork") and os.path.exists("/proc/self/smaps_rollup"), "no fork, or no way to look at pages")
class ForkPages(unittest.TestCase):
    edges: Any

    @classmethod
    def setUpClass(cls) -> None:
        cls.edges = fork_pages.tree(OBJECTS)

    def made_private(self, case: str) -> int:
        result = fork_pages.measure(fork_pages.Runtime, self.edges, case)
        self.assertGreater(result["heap_kib"], 4 * 1024)
        return int(result["collect_kib"])

    def test_a_heap_that_was_collected_stays_shared(self) -> None:
        self.assertLess(self.made_private("settled"), SHARED_KIB)

    def test_a_heap_in_which_the_child_has_made_garbage_stays_shared(self) -> None:
        self.assertLess(self.made_private("with work"), SHARED_KIB)

    def test_a_frozen_heap_stays_shared(self) -> None:
        self.assertLess(self.made_private("frozen"), SHARED_KIB)

    def test_new_objects_stay_shared_though_they_are_visited(self) -> None:
        self.assertLess(self.made_private("all new"), SHARED_KIB)

    def test_what_was_logged_is_written_to_so_the_looking_works(self) -> None:
        self.assertGreater(self.made_private("all logged"), SHARED_KIB)


class Freezing(HeapTestCase):
    def test_a_freeze_leaves_the_next_collection_nothing_to_look_at(self) -> None:
        # Frozen objects were looked at once more when their pages were new: 10 ms for 100,000 of them, in each forked child.
        made = [self.heap.list() for _ in range(1_000)]
        self.assertTrue(self.heap.pending)
        self.heap.freeze()
        self.assertFalse(self.heap.pending)
        made.append(self.heap.list())  # in a page of frozen ones
        self.assertTrue(self.heap.pending)
        self.heap.unfreeze()
        self.heap.collect()
        self.assertFalse(self.heap.pending)
        self.assertEqual(len(made), 1_001)


if __name__ == "__main__":
    unittest.main()
