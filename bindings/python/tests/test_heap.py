"""Heaps: options, limits, statistics, closing."""

from __future__ import annotations

import gc
import os
import tempfile
import unittest

from support import HeapTestCase

import refruntime


class Heaps(HeapTestCase):
    def test_a_heap_is_a_context_manager(self) -> None:
        with refruntime.Heap() as heap:
            self.assertFalse(heap.closed)
            self.assertGreater(heap.address, 0)
        self.assertTrue(heap.closed)
        self.assertIn("closed", repr(heap))

    def test_closing_twice_is_fine_and_using_a_closed_heap_is_not(self) -> None:
        heap = refruntime.Heap()
        heap.close()
        heap.close()
        uses = [
            lambda: heap.list(),
            lambda: heap.tuple(),
            lambda: heap.bytes(b""),
            lambda: heap.collect(),
            lambda: heap.collect_step(),
            lambda: heap.pending,
            lambda: heap.enable(),
            lambda: heap.disable(),
            lambda: heap.isenabled(),
            lambda: heap.freeze(),
            lambda: heap.unfreeze(),
            lambda: heap.get_freeze_count(),
            lambda: heap.get_threshold(),
            lambda: heap.set_threshold(1),
            lambda: heap.get_count(),
            lambda: heap.callbacks,
            lambda: heap.get_objects(),
            lambda: heap.get_stats(),
            lambda: heap.profile_start(),
            lambda: heap.profile_stop(),
            lambda: heap.profile_write("/dev/null"),
            lambda: heap.stats(),
            lambda: heap.print_stats("/dev/null"),
            lambda: heap.leak_report(),
            lambda: heap.report_external(1),
            lambda: heap.trim(),
            lambda: heap.snapshot("/dev/null"),
            lambda: heap.draw(),
            lambda: heap.verify(),
            lambda: heap.attach(),
            lambda: heap.address,
            lambda: heap.__enter__(),
        ]
        for use in uses:
            with self.assertRaises(refruntime.ClosedError):
                use()

    def test_options(self) -> None:
        with refruntime.Heap(manual_gc=True, report_leaks=False, checked=True, max_bytes=1 << 24) as heap:
            self.assertFalse(heap.isenabled())
            made = heap.list()
            made.append(made)
            del made
            self.assertEqual(heap.collect(), 1)
        for options in ({"bounded": True}, {"serialized": False}, {"synchronized": True}):
            with refruntime.Heap(**options) as heap:
                self.assertEqual(len(heap.list([heap.bytes(b"a")])), 1)
                heap.verify()
        for wrong in (-1, 2**64):
            with self.assertRaises(ValueError):
                refruntime.Heap(max_bytes=wrong)
        with self.assertRaises(TypeError):
            refruntime.Heap(True)  # type: ignore[misc]

    def test_what_is_no_number_is_named(self) -> None:
        uses = {
            "max_bytes": lambda wrong: refruntime.Heap(max_bytes=wrong),
            "candidates": self.heap.set_threshold,
            "nanoseconds": self.heap.set_pause_goal,
            "budget_ns": self.heap.collect_step,
            "delta_bytes": self.heap.report_external,
            "sample_bytes": self.heap.profile_start,
            "max_objects": lambda wrong: self.heap.draw(max_objects=wrong),
            "count": lambda wrong: self.heap.batch(self.heap.type("Node"), wrong),
        }
        for name, use in uses.items():
            for wrong in ("x", 1.5, None, [1]):
                with self.subTest(name=name, wrong=wrong):
                    with self.assertRaisesRegex(TypeError, f"^{name} must be an int, not {type(wrong).__name__}$"):
                        use(wrong)
        for use in (self.heap.collect_step, self.heap.set_pause_goal, self.heap.set_threshold, self.heap.profile_start):
            for out in (-1, 2**64):
                with self.assertRaisesRegex(ValueError, "must fit in 64 bits without a sign"):
                    use(out)
        with self.assertRaisesRegex(ValueError, "sample_bytes must be positive"):
            self.heap.profile_start(0)

    def test_the_limit_is_a_memory_error_and_nothing_is_lost(self) -> None:
        with refruntime.Heap(max_bytes=8 << 20) as heap:
            keeper = heap.list()
            with self.assertRaises(MemoryError) as caught:
                for _ in range(100_000):
                    keeper.append(heap.bytes(4096))
            self.assertIsInstance(caught.exception, refruntime.OutOfMemoryError)
            self.assertEqual(caught.exception.status, -3)
            self.assertRegex(str(caught.exception), "rr_")
            held = len(keeper)
            self.assertGreater(held, 500)
            heap.verify()
            keeper.clear()
            again = heap.bytes(1 << 20)
            self.assertEqual(len(again), 1 << 20)
            heap.verify()

    def test_the_limit_is_where_dead_cycles_are_collected_first(self) -> None:
        with refruntime.Heap(max_bytes=8 << 20) as heap:
            for _ in range(5_000):
                made = heap.list([heap.bytes(4096)])
                made.append(made)
            self.assertGreater(heap.get_stats()["collections"], 0)

    def test_a_manual_heap_does_not_collect_even_at_the_limit(self) -> None:
        with refruntime.Heap(max_bytes=8 << 20, manual_gc=True) as heap:
            with self.assertRaises(MemoryError):
                for _ in range(5_000):
                    made = heap.list([heap.bytes(4096)])
                    made.append(made)
            self.assertEqual(heap.get_stats()["collections"], 0)
            del made
            self.assertGreater(heap.collect(), 500)

    def test_statistics_count(self) -> None:
        before = self.heap.get_stats()
        node = self.heap.list([self.heap.bytes(100)])
        weak = self.heap.weakref(node)
        stats = self.heap.get_stats()
        self.assertEqual(stats["live_objects"] - before["live_objects"], 3)
        self.assertEqual(stats["objects_allocated"] - before["objects_allocated"], 3)
        self.assertGreater(stats["live_bytes"], before["live_bytes"] + 100)
        self.assertEqual(stats["weakrefs_live"], 1)
        self.assertGreaterEqual(stats["reserved_bytes"], stats["committed_bytes"])
        self.assertGreaterEqual(stats["peak_bytes"], stats["committed_bytes"])
        node.append(node)
        del node
        self.assertEqual(self.heap.collect(), 1)
        stats = self.heap.get_stats()
        self.assertEqual((stats["objects_freed"] - before["objects_freed"], stats["weakrefs_live"]), (2, 0))
        self.assertEqual((stats["collections"], stats["objects_collected"]), (1, 1))
        self.assertGreater(stats["gc_ns_total"], 0)
        del weak

    def test_external_bytes(self) -> None:
        self.heap.report_external(1000)
        self.assertEqual(self.heap.get_stats()["external_bytes"], 1000)
        self.heap.report_external(-400)
        self.assertEqual(self.heap.get_stats()["external_bytes"], 600)
        self.heap.report_external(-(2**40))
        self.assertEqual(self.heap.get_stats()["external_bytes"], 0)
        with self.assertRaises(OverflowError):
            self.heap.report_external(2**63)

    def test_memory_goes_back(self) -> None:
        keeper = self.heap.list(self.heap.bytes(10_000) for _ in range(2_000))
        full = self.heap.get_stats()["committed_bytes"]
        del keeper
        self.heap.trim()
        self.assertLess(self.heap.get_stats()["committed_bytes"], full // 4)

    def test_many_heaps(self) -> None:
        heaps = [refruntime.Heap() for _ in range(20)]
        lists = [heap.list() for heap in heaps]
        for heap, made in zip(heaps, lists):
            self.assertIs(made.heap, heap)
            made.append(made)
        lists.clear()
        self.assertEqual([heap.collect() for heap in heaps], [1] * 19 + [0])  # made still holds the last
        del made
        self.assertEqual(heaps[-1].collect(), 1)
        for heap in heaps:
            heap.close()

    def test_unclosed_heaps_are_closed_when_python_drops_them(self) -> None:
        from refruntime import _registry

        gc.collect()
        before = len(_registry._open_heaps())
        for _ in range(10):
            heap = refruntime.Heap()
            heap.type("Node", refs=["next"])()
        del heap
        gc.collect()
        self.assertEqual(len(_registry._open_heaps()), before)

    def test_a_heap_dropped_inside_a_callback_is_closed_later(self) -> None:
        from refruntime import _registry

        heaps = [refruntime.Heap()]
        address = heaps[0].address
        Node = self.heap.type("Node", finalizer=lambda _n: heaps.clear())
        Node()
        self.assertIsNotNone(_registry.find(address))
        refruntime.Heap().close()
        self.assertIsNone(_registry.find(address))

    def test_all_statistics(self) -> None:
        Node = self.heap.type("statistical node", refs=["next"])
        kept = [Node() for _ in range(100)] + [self.heap.bytes(300_000)]
        kept[0].next = kept[0]
        del kept[0]
        self.assertEqual(self.heap.collect(), 1)
        stats = self.heap.stats()
        self.assertEqual({key: stats[key] for key in self.heap.get_stats()}, self.heap.get_stats())
        self.assertEqual([usage["type"] for usage in stats["types"]], ["bytes", "statistical node"])
        self.assertEqual([usage["objects"] for usage in stats["types"]], [1, 99])
        self.assertEqual(sum(usage["live_blocks"] for usage in stats["classes"] if not usage["is_raw"]), 100)
        self.assertEqual(sum(usage["live_bytes"] for usage in stats["classes"] if not usage["is_raw"]), stats["live_bytes"])
        self.assertEqual([pause["count"] for pause in stats["pauses"]], [1])
        self.assertLessEqual(stats["pauses"][0]["from_ns"], stats["gc_ns_max"])

    def test_statistics_as_text(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ä.txt")
            self.heap.print_stats(path)
            with open(path, encoding="utf-8") as file:
                self.assertIn("live", file.read())
            self.assertEqual(os.listdir(folder), ["ä.txt"])
            with self.assertRaises(refruntime.FileError):
                self.heap.print_stats(os.path.join(folder, "none", "x"))

    def test_errors_are_of_their_kinds(self) -> None:
        for error, builtin in (
            (refruntime.ArgumentError, ValueError),
            (refruntime.NotAnObjectError, ReferenceError),
            (refruntime.OutOfMemoryError, MemoryError),
            (refruntime.WrongThreadError, RuntimeError),
            (refruntime.BusyError, RuntimeError),
            (refruntime.WrongTypeError, TypeError),
            (refruntime.SizeOverflowError, OverflowError),
            (refruntime.FileError, OSError),
            (refruntime.AbiError, ImportError),
            (refruntime.CorruptError, SystemError),
            (refruntime.ClosedError, ValueError),
        ):
            self.assertTrue(issubclass(error, refruntime.RefRuntimeError) and issubclass(error, builtin))
            with self.assertRaises(builtin):
                raise error("text")


if __name__ == "__main__":
    unittest.main()
