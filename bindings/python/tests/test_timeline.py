"""The trace of collections: what Perfetto and Chrome need of it, and that nobody gets half a file."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, List

from support import HeapTestCase

import refruntime

PROGRAM = """
import os, sys, refruntime
with refruntime.Heap(bounded=True) as heap:
    Node = heap.type("Node", refs=["next"])
    for _ in range(20):
        kept = [Node() for _ in range(200)]
        for a, b in zip(kept, kept[1:] + kept[:1]):
            a.next = b
        del a, b, kept
        heap.collect_step(1000)
    heap.collect()
"""


def work(heap: Any, rings: int = 30) -> None:
    """Some rings that die by steps, some by a whole collection."""
    Node = heap.type("Node", refs=["next"])
    for i in range(rings):
        node = Node()
        node.next = node
        del node
        if i % 3:
            heap.collect_step()
        else:
            heap.collect()


class Timelines(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        self.path = self.place / "trace.json"

    def check(self, path: pathlib.Path) -> List[Dict[str, Any]]:
        """The file is what "Trace Event Format" asks for, and its spans nest."""
        events: List[Dict[str, Any]] = json.loads(path.read_text())
        self.assertIsInstance(events, list)
        named = {(e["pid"], e["tid"]) for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
        tracks: Dict[Any, List[Dict[str, Any]]] = {}
        ends: Dict[Any, float] = {}
        for event in events:
            self.assertIn(event["ph"], "MXC")
            self.assertIsInstance(event["pid"], int)
            if event["ph"] == "M":
                self.assertTrue(event["args"]["name"])
                continue
            self.assertIn((event["pid"], event["tid"]), named)
            self.assertGreater(event["ts"], 0)
            if event["ph"] == "C":
                self.assertTrue(all(isinstance(value, int) and value >= 0 for value in event["args"].values()))
            else:
                self.assertGreaterEqual(event["dur"], 0)
                tracks.setdefault(event["tid"], []).append(event)
                end = event["ts"] + event["dur"]
                # Noted when they end: in this order they lie in the file. A pause ends with the last of what it encloses.
                self.assertGreaterEqual(end, ends.get(event["tid"], 0) - 0.0015)
                ends[event["tid"]] = end
        for spans in tracks.values():
            spans.sort(key=lambda span: (span["ts"], span["name"] != "pause"))
            pause = None
            last = 0.0
            for span in spans:
                if span["name"] == "pause":
                    self.assertGreaterEqual(span["ts"], last - 0.0015)
                    pause = span
                else:
                    assert pause is not None
                    self.assertGreaterEqual(span["ts"], pause["ts"] - 0.0015)
                    self.assertGreaterEqual(span["ts"], last - 0.0015)
                    self.assertLessEqual(span["ts"] + span["dur"], pause["ts"] + pause["dur"] + 0.0015)
                last = span["ts"] + (0 if span["name"] == "pause" else span["dur"])
        return events

    def test_collections_of_two_heaps_are_on_two_tracks(self) -> None:
        with refruntime.Heap() as one, refruntime.Heap() as two:
            address = one.address
            work(one, 3)
            refruntime.trace_start(self.path)
            collected = one.get_stats()["objects_collected"]
            work(one)
            work(two)
            work(one)
            collected = one.get_stats()["objects_collected"] - collected
            refruntime.trace_stop()
            work(one, 3)
            events = self.check(self.path)
            pauses = sum(bucket["count"] for bucket in one.stats()["pauses"])
        tracks = {e["args"]["name"]: e["tid"] for e in events if e["name"] == "thread_name"}
        self.assertEqual(len(tracks), 2)
        (track,) = (tid for name, tid in tracks.items() if f"({address:#x})" in name)
        spans = [e for e in events if e["ph"] == "X" and e["tid"] == track]
        self.assertEqual(sum(e["args"]["collected"] for e in spans if e["name"] != "pause"), collected)
        self.assertEqual({e["args"]["reason"] for e in spans if e["name"] != "pause"}, {"requested", "step"})
        self.assertLess(len([e for e in spans if e["name"] == "pause"]), pauses)
        counters = [e for e in events if e["ph"] == "C" and e["tid"] == track]
        self.assertEqual({e["name"] for e in counters}, {f"heap {track} candidates", f"heap {track} bytes"})
        self.assertIn(1, {e["args"].get("candidates") for e in counters})
        for event in counters:
            if "live" in event["args"]:
                self.assertLessEqual(event["args"]["live"], event["args"]["committed"])

    def test_ten_thousand_collections(self) -> None:
        with refruntime.Heap() as heap:
            refruntime.trace_start(self.path)
            work(heap, 3000)
            refruntime.trace_stop()
        self.assertGreater(len(self.check(self.path)), 9000)

    def test_start_and_stop_are_paired(self) -> None:
        with self.assertRaises(refruntime.ArgumentError):
            refruntime.trace_stop()
        refruntime.trace_start(self.path)
        with self.assertRaises(refruntime.BusyError):
            refruntime.trace_start(self.place / "other.json")
        refruntime.trace_stop()
        with self.assertRaises(refruntime.ArgumentError):
            refruntime.trace_stop()
        self.assertEqual(self.check(self.path)[0]["name"], "process_name")
        self.assertEqual(list(self.place.iterdir()), [self.path])

    def test_files_that_cant_be_written(self) -> None:
        with self.assertRaises(refruntime.FileError):
            refruntime.trace_start(self.place / "missing" / "trace.json")
        refruntime.trace_start("/dev/full")
        with self.assertRaisesRegex(refruntime.FileError, "/dev/full.*No space left"):
            refruntime.trace_stop()
        refruntime.trace_start(self.path)
        refruntime.trace_stop()

    def test_there_is_no_file_of_that_name_before_it_is_whole(self) -> None:
        refruntime.trace_start(self.path)
        with refruntime.Heap() as heap:
            work(heap, 1000)
        self.assertFalse(self.path.exists())
        (part,) = self.place.iterdir()
        self.assertTrue(part.name.endswith(".part"))
        refruntime.trace_stop()
        self.assertEqual(list(self.place.iterdir()), [self.path])

    def test_the_file_stays_where_it_was_begun(self) -> None:
        before = os.getcwd()
        try:
            os.chdir(self.place)
            refruntime.trace_start("here-%p.json")
            os.chdir("/")
            refruntime.trace_stop()
        finally:
            os.chdir(before)
        self.check(self.place / f"here-{os.getpid()}.json")

    def test_a_forked_child_leaves_the_trace_to_its_parent(self) -> None:
        refruntime.trace_start(self.path)
        with refruntime.Heap() as heap:
            work(heap, 10)
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    work(heap, 2000)
                    refruntime.trace_start(self.place / "child.json")
                    work(heap, 5)
                    refruntime.trace_stop()
                    status = 0
                finally:
                    os._exit(status)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            work(heap, 10)
        refruntime.trace_stop()
        mine, its = self.check(self.path), self.check(self.place / "child.json")
        self.assertEqual({e["pid"] for e in mine}, {os.getpid()})
        self.assertEqual({e["pid"] for e in its}, {child})
        self.assertLess(len(mine), 500)
        self.assertEqual(len(list(self.place.iterdir())), 2)

    def run_traced(self, path: str, program: str = PROGRAM) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "REFRUNTIME_TRACE": path}
        return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)

    def test_the_variable_traces_a_program_to_its_exit(self) -> None:
        done = self.run_traced(str(self.path))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertGreater(len(self.check(self.path)), 20)
        self.assertEqual(list(self.place.iterdir()), [self.path])

    def test_the_variable_says_what_is_wrong_with_it_and_the_program_runs(self) -> None:
        done = self.run_traced("/nowhere/trace.json", PROGRAM + "print('fine')")
        self.assertEqual((done.returncode, done.stdout), (0, "fine\n"))
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("refruntime: REFRUNTIME_TRACE: path /nowhere/trace.json can't be written: No such file", done.stderr)
        done = self.run_traced("/dev/full")
        self.assertEqual(done.returncode, 0)
        self.assertIn("No space left", done.stderr)

    def test_what_a_crash_leaves_is_no_whole_file(self) -> None:
        done = self.run_traced(str(self.path), PROGRAM + "os.kill(os.getpid(), 9)")
        self.assertEqual(done.returncode, -9)
        self.assertFalse(self.path.exists())


if __name__ == "__main__":
    unittest.main()
