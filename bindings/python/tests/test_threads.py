"""Threads: serialized heaps, heaps of one thread, synchronized heaps, and handles dropped anywhere."""

from __future__ import annotations

import sys
import threading
import time
import unittest
from typing import Any, Callable, List

from support import HeapTestCase, settle

import refruntime


def in_thread(work: Callable[[], Any]) -> Any:
    """What the work gives, or raises, on another thread."""
    result: List[Any] = []

    def run() -> None:
        try:
            result.append(work())
        except Exception as error:  # noqa: BLE001 - handed to the caller
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    if thread.is_alive():
        raise AssertionError("the thread hangs")
    return result.pop()


def hammer(case: unittest.TestCase, heap: refruntime.Heap, threads: int, rounds: int) -> None:
    """Several threads build, link, look at, collect and drop objects of one heap."""
    seen: List[int] = []
    Node = heap.type("Node", refs=["next", "other"], finalizer=lambda n: seen.append(1))
    shared = Node()
    errors: List[Exception] = []

    def work(number: int) -> None:
        try:
            mine = Node()
            for step in range(rounds):
                node = Node(next=mine)
                mine.other = node
                shared.next = node
                shared.other = mine
                reached = shared.next
                if reached is not None and reached.next is not None:
                    reached.next.other = node
                weak = heap.weakref(node, lambda _w: None)
                weak()
                mine = node
                if step % 100 == number:
                    heap.collect()
        except Exception as error:  # noqa: BLE001 - reported below
            errors.append(error)

    previous = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        case.assertFalse(any(worker.is_alive() for worker in workers), "a thread hangs")
    finally:
        sys.setswitchinterval(previous)
    case.assertEqual(errors, [])
    heap.verify()
    del shared
    settle()
    heap.collect()
    case.assertEqual(heap.get_objects(), [])
    case.assertEqual(len(seen), threads * (rounds + 1) + 1)


class Serialized(HeapTestCase):
    def test_any_thread_may_use_it(self) -> None:
        made = self.heap.list()
        in_thread(lambda: made.append(self.heap.bytes(b"from there")))
        self.assertEqual(bytes(made[0]), b"from there")

    def test_a_handle_may_be_dropped_on_another_thread(self) -> None:
        box = [self.heap.list()]
        in_thread(box.clear)
        self.assertEqual(self.live(), 0)

    def test_hammering(self) -> None:
        hammer(self, self.heap, threads=4, rounds=300)

    def test_another_thread_waits_while_a_finalizer_runs(self) -> None:
        inside, order = threading.Event(), []

        def finalizer(_node: Any) -> None:
            inside.set()
            waiter.join(0.2)  # lets the other thread run; it must not get into the heap
            order.append("finalizer done")

        Node = self.heap.type("Node", finalizer=finalizer)
        node = Node()

        def other() -> None:
            inside.wait(10)
            order.append(("collected", self.heap.collect()))
            self.heap.list()

        waiter = threading.Thread(target=other)
        waiter.start()
        del node
        waiter.join(10)
        self.assertEqual(order, ["finalizer done", ("collected", 0)])

    def test_a_handle_dropped_while_a_finalizer_runs_elsewhere_waits_for_nobody(self) -> None:
        inside, dropped = threading.Event(), threading.Event()
        results: List[bool] = []

        def finalizer(_node: Any) -> None:
            inside.set()
            results.append(dropped.wait(10))  # as if it waited for a lock that the other thread has

        Node = self.heap.type("Node", finalizer=finalizer)
        node = Node()
        box = [self.heap.list()]

        def other() -> None:
            inside.wait(10)
            box.clear()
            dropped.set()

        waiter = threading.Thread(target=other)
        waiter.start()
        del node
        waiter.join(10)
        self.assertEqual(results, [True])
        self.assertEqual(self.live(), 0)


class TheGil(unittest.TestCase):
    def turns_of_another_thread(self, **options: bool) -> int:
        """How often another thread gets its turn while this one makes long calls and Python switches by itself never."""
        turns, running = [0], threading.Event()
        stop = threading.Event()

        def count() -> None:
            while not stop.is_set():
                turns[0] += 1
                running.set()
                time.sleep(0)

        with refruntime.Heap(**options) as heap:
            keeper = heap.list(heap.list() for _ in range(5_000))
            previous = sys.getswitchinterval()
            sys.setswitchinterval(1_000)
            try:
                counter = threading.Thread(target=count)
                counter.start()
                running.wait(10)
                before = turns[0]
                for _ in range(100):
                    heap.verify()
                after = turns[0]
            finally:
                stop.set()
                sys.setswitchinterval(previous)
                counter.join(10)
            del keeper
        return after - before

    def test_it_is_held_in_a_serialized_heap_and_in_one_of_a_thread(self) -> None:
        self.assertEqual(self.turns_of_another_thread(), 0)
        self.assertEqual(self.turns_of_another_thread(serialized=False), 0)

    def test_it_is_given_up_in_a_synchronized_heap(self) -> None:
        self.assertGreater(self.turns_of_another_thread(synchronized=True), 0)


class OwnedByAThread(HeapTestCase):
    options = {"serialized": False}

    def test_other_threads_are_refused(self) -> None:
        Node = self.heap.type("Node", refs=["next"], fields={})
        node, made, weak = Node(), self.heap.list(), self.heap.weakref(self.heap.list())
        node.next = node
        uses = [
            lambda: self.heap.list(),
            lambda: Node(),
            lambda: node.next,
            lambda: setattr(node, "next", None),
            lambda: node.refcount,
            lambda: node.alias(),
            lambda: node.close(),
            lambda: made.append(node),
            lambda: len(made),
            lambda: made.clear(),
            lambda: weak(),
            lambda: self.heap.weakref(node),
            lambda: self.heap.collect(),
            lambda: self.heap.get_stats(),
            lambda: self.heap.get_objects(),
            lambda: self.heap.get_referrers(node),
            lambda: self.heap.freeze(),
            lambda: self.heap.verify(),
            lambda: self.heap.close(),
        ]
        for number, use in enumerate(uses):
            self.assertIsInstance(in_thread(use), refruntime.WrongThreadError, f"use {number}")
        self.assertEqual((node.refcount, len(made), weak()), (2, 0, None))

    def test_the_error_names_function_and_reason(self) -> None:
        error = in_thread(lambda: self.heap.collect())
        self.assertIn("rr_collect", str(error))
        self.assertIsInstance(error, RuntimeError)

    def test_a_handle_dropped_on_another_thread_is_released_by_the_owner(self) -> None:
        box = [self.heap.list()]
        self.assertEqual(self.live(), 1)
        in_thread(box.clear)
        self.assertEqual(self.live(), 0)

    def test_a_thread_that_gets_the_ident_of_one_that_ended_is_another_thread(self) -> None:
        made: List[Any] = []

        def first() -> int:
            made.append(refruntime.Heap(serialized=False))
            made.append(made[0].list())
            return threading.get_ident()

        ident = in_thread(first)
        for _ in range(100):
            if in_thread(lambda: threading.get_ident() == ident and made.pop() is not None):
                break
        else:
            self.skipTest("no thread got that ident again")
        made[0].attach()
        self.assertEqual(made[0].get_stats()["live_objects"], 0)
        made[0].close()

    def test_a_heap_changes_hands(self) -> None:
        made = self.heap.list()

        def take_over() -> int:
            self.heap.attach()
            made.append(self.heap.list())
            return len(made)

        self.assertEqual(in_thread(take_over), 1)
        with self.assertRaises(refruntime.WrongThreadError):
            len(made)
        self.heap.attach()
        self.assertEqual(len(made), 1)


class Synchronized(HeapTestCase):
    options = {"synchronized": True}

    def test_hammering(self) -> None:
        hammer(self, self.heap, threads=4, rounds=200)

    def test_closing_it_waits_for_the_others_who_then_hear_that_it_is_closed(self) -> None:
        # They waited for the heap's lock, which went with the heap.
        for _ in range(10):
            heap = refruntime.Heap(synchronized=True)
            finalized: List[int] = []
            Node = heap.type("Node", refs=["next"], finalizer=lambda node, seen=finalized: seen.append(node.refcount))
            errors: List[BaseException] = []
            started = threading.Barrier(4)

            def work(heap: Any = heap, Node: Any = Node, errors: List[Any] = errors, started: Any = started) -> None:
                started.wait(30)
                try:
                    while True:
                        node = Node()
                        node.next = node
                        heap.collect()
                except BaseException as error:  # noqa: BLE001 - looked at below
                    errors.append(error)

            workers = [threading.Thread(target=work) for _ in range(3)]
            for worker in workers:
                worker.start()
            started.wait(30)
            time.sleep(0.01)
            heap.close()
            for worker in workers:
                worker.join(30)
            self.assertEqual([type(error) for error in errors], [refruntime.ClosedError] * 3)
            self.assertGreater(len(finalized), 0)

    def test_callbacks_get_the_gil_while_others_wait_for_the_heap(self) -> None:
        seen: List[Any] = []

        def finalizer(node: Any) -> None:
            for _ in range(50):
                seen.append(node.refcount)

        Node = self.heap.type("Node", refs=["next"], finalizer=finalizer)

        def work() -> None:
            for _ in range(20):
                Node()

        previous = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            workers = [threading.Thread(target=work) for _ in range(3)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join(30)
        finally:
            sys.setswitchinterval(previous)
        self.assertFalse(any(worker.is_alive() for worker in workers), "a thread hangs")
        self.assertEqual(len(seen), 3 * 20 * 50)
        self.assertEqual(self.live(), 0)


if __name__ == "__main__":
    unittest.main()
