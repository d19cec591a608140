"""Callbacks that misbehave in each way that Python offers. What the package promises for them is told at Heap.type, Heap.weakref
and Heap.callbacks; here each promise has its test, for each kind of callback and each kind of death."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import signal
import sys
import threading
import unittest
from ctypes import c_int64
from typing import Any, Callable, Iterator, List, Tuple

from support import HeapTestCase, Unraisable, settle

import refruntime

KINDS = ("finalizer", "destroy", "weak callback", "collection callback")


class Hostile(HeapTestCase):
    def dies(self, kind: str, work: Callable[[Any], Any], cyclic: bool) -> None:
        """An object dies, by counting or in a cycle, and a callback of this kind does the work."""
        hooks = {kind: work} if kind in ("finalizer", "destroy") else {}
        node = self.heap.type("Node", refs=["next", "other"], fields={"number": c_int64}, **hooks)()
        if cyclic:
            node.next = node
        if kind == "weak callback":
            self.weak = self.heap.weakref(node, work)
        if kind == "collection callback":
            self.heap.callbacks[:] = [lambda phase, _info: work(node.alias()) if phase == "start" else None]
            self.heap.list([node]).close()
            self.heap.collect()
            self.heap.callbacks.clear()
        del node
        self.heap.collect()
        self.weak = None

    @contextlib.contextmanager
    def sound(self, kind: str, cyclic: bool) -> Iterator[None]:
        """A case, after which the heap must be sound and empty."""
        with self.subTest(kind=kind, cyclic=cyclic):
            yield
            self.heap.verify()
            settle()
            self.heap.collect()
            self.assertEqual(self.heap.get_objects(), [])


def cases(*kinds: str) -> List[Tuple[str, bool]]:
    """Each kind of callback, in a death by counting and in a collection."""
    return list(itertools.product(kinds or KINDS, (False, True)))


class Raising(Hostile):
    def test_whatever_is_raised_is_told_to_the_hook_and_goes_no_further(self) -> None:
        for error in (KeyError, MemoryError, RecursionError, StopIteration, GeneratorExit, KeyboardInterrupt, SystemExit):

            def work(_argument: Any, error: type = error) -> None:
                raise error("from a callback")

            for kind, cyclic in cases():
                with self.sound(kind, cyclic):
                    with Unraisable() as unraisable:
                        self.dies(kind, work, cyclic)
                    self.assertEqual([type(value) for value in unraisable.values], [error])

    def test_a_signal_handler_that_raises_in_a_callback(self) -> None:
        ran: List[int] = []

        def work(_argument: Any) -> None:
            signal.raise_signal(signal.SIGINT)
            ran.append(1)  # never reached

        previous = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            for kind, cyclic in cases():
                with self.sound(kind, cyclic):
                    with Unraisable() as unraisable:
                        self.dies(kind, work, cyclic)
                    self.assertEqual([type(value) for value in unraisable.values], [KeyboardInterrupt])
        finally:
            signal.signal(signal.SIGINT, previous)
        self.assertEqual(ran, [])

    def test_a_hook_that_uses_the_heap(self) -> None:
        told: List[str] = []

        def hook(args: Any) -> None:
            made = self.heap.list([self.heap.list()])
            made.append(made)
            del made
            told.append(str(self.heap.collect()))

        def work(_argument: Any) -> None:
            raise KeyError

        previous, sys.unraisablehook = sys.unraisablehook, hook
        try:
            for kind, cyclic in cases("finalizer", "weak callback", "collection callback"):
                with self.sound(kind, cyclic):
                    self.dies(kind, work, cyclic)
        finally:
            sys.unraisablehook = previous
        self.assertEqual(told, ["0"] * 6)

    def test_a_hook_that_raises_too(self) -> None:
        def hook(args: Any) -> None:
            raise ValueError("from the hook")

        def work(_argument: Any) -> None:
            raise KeyError

        silent = open("/dev/null", "w")  # noqa: SIM115 - Python tells of it on standard error
        self.addCleanup(silent.close)
        previous, sys.unraisablehook = sys.unraisablehook, hook
        stderr, sys.stderr = sys.stderr, silent
        try:
            for kind, cyclic in cases():
                with self.sound(kind, cyclic):
                    self.dies(kind, work, cyclic)
        finally:
            sys.unraisablehook, sys.stderr = previous, stderr

    def test_a_hook_that_is_replaced_in_the_callback(self) -> None:
        told: List[Any] = []

        def work(_argument: Any) -> None:
            sys.unraisablehook = lambda args: told.append(args.exc_type)
            raise KeyError

        previous = sys.unraisablehook
        try:
            for kind, cyclic in cases():
                with self.sound(kind, cyclic):
                    self.dies(kind, work, cyclic)
                    sys.unraisablehook = previous
        finally:
            sys.unraisablehook = previous
        self.assertEqual(told, [KeyError] * 8)

    def test_a_hook_that_keeps_the_traceback_keeps_the_finalized_object_and_no_destroyed_one(self) -> None:
        kept: List[Any] = []

        def work(node: Any) -> None:
            raise KeyError

        previous, sys.unraisablehook = sys.unraisablehook, kept.append
        try:
            for kind, cyclic in cases("finalizer", "destroy"):
                with self.sound(kind, cyclic):
                    self.dies(kind, work, cyclic)
                    frame = kept[0].exc_traceback
                    while frame.tb_next is not None:
                        frame = frame.tb_next
                    node = frame.tb_frame.f_locals["node"]
                    self.assertEqual((node.closed, self.live()), (True, 0) if kind == "destroy" else (False, 1))
                    del node, frame
                    kept.clear()
        finally:
            sys.unraisablehook = previous


class Using(Hostile):
    def test_they_allocate_release_and_link(self) -> None:
        def work(argument: Any) -> None:
            made = [self.heap.list() for _ in range(50)]
            for one in made:
                one.append(made[0])
                one.append(argument)
                one.append(self.heap.bytes(b"x"))
            del made[::2]
            made[-1].clear()

        for kind, cyclic in cases("finalizer", "weak callback", "collection callback"):
            with self.sound(kind, cyclic):
                with Unraisable() as unraisable:
                    self.dies(kind, work, cyclic)
                self.assertEqual(unraisable.messages, [])

    def test_a_collection_in_a_callback_does_nothing(self) -> None:
        counts: List[int] = []

        def work(_argument: Any) -> None:
            dead = self.heap.list()
            dead.append(dead)
            del dead
            counts.extend([self.heap.collect(), self.heap.collect_step()])

        for kind, cyclic in cases("finalizer", "weak callback", "collection callback"):
            with self.sound(kind, cyclic):
                self.dies(kind, work, cyclic)
        self.assertEqual(counts, [0, 0] * 6)

    def test_weak_references_to_the_dying(self) -> None:
        made: List[Any] = []

        def work(node: Any) -> None:
            made.append(self.heap.weakref(node))
            made.append(self.heap.weakref(node, lambda weak: heard.append(weak())))

        heard: List[Any] = []
        for kind, cyclic in cases("finalizer"):
            with self.sound(kind, cyclic):
                self.dies(kind, work, cyclic)
                self.assertEqual([weak() for weak in made], [None, None])
                made.clear()
        self.assertEqual(heard, [None, None])
        with Unraisable() as unraisable:
            for kind, cyclic in cases("destroy"):
                with self.sound(kind, cyclic):
                    self.dies(kind, work, cyclic)
        self.assertEqual([type(value) for value in unraisable.values], [refruntime.BusyError] * 2)

    def test_the_heap_can_not_be_closed(self) -> None:
        errors: List[str] = []

        def work(_argument: Any) -> None:
            with self.assertRaises(refruntime.BusyError) as caught:
                self.heap.close()
            errors.append(str(caught.exception))

        for kind, cyclic in cases():
            with self.sound(kind, cyclic):
                self.dies(kind, work, cyclic)
                self.assertFalse(self.heap.closed)
        self.assertEqual(len(errors), 8)
        self.assertTrue(all("rr_heap_free" in error for error in errors))

    def test_another_heap_is_dropped_and_closed_later(self) -> None:
        for kind, cyclic in cases():
            with self.sound(kind, cyclic):
                seen: List[str] = []
                others = [refruntime.Heap()]
                lost = others[0].type("Loud", refs=["me"], destroy=lambda _n, seen=seen: seen.append("destroyed"))()
                lost.me = lost
                del lost

                def work(_argument: Any, others: List[Any] = others, seen: List[str] = seen) -> None:
                    others.clear()
                    settle()
                    seen.append("dropped")

                self.dies(kind, work, cyclic)
                refruntime.Heap().close()
                self.assertEqual(seen, ["dropped", "destroyed"])

    def test_its_own_heap_is_dropped_and_closed_later(self) -> None:
        for kind, cyclic in cases("finalizer", "destroy", "weak callback"):
            with self.subTest(kind=kind, cyclic=cyclic):
                seen: List[str] = []
                names: List[Any] = [refruntime.Heap()]

                def work(_argument: Any, names: List[Any] = names, seen: List[str] = seen) -> None:
                    names.clear()
                    settle()
                    seen.append("dropped")

                hooks = {kind: work} if kind != "weak callback" else {}
                names.append(names[0].type("Loud", refs=["me"], destroy=lambda _n, seen=seen: seen.append("destroyed"))())
                names[1].me = names[1]
                names.append(names[0].type("Node", refs=["next"], **hooks)())
                if kind == "weak callback":
                    names.append(names[0].weakref(names[2], work))
                if cyclic:
                    names[2].next = names[2]
                names.pop(2)
                if cyclic:
                    names[0].collect()
                settle()
                refruntime.Heap().close()
                self.assertEqual(seen, ["dropped", "destroyed"])

    def test_other_threads_in_a_heap_of_one_thread_are_refused_when_the_callback_is_over(self) -> None:
        with refruntime.Heap(serialized=False) as heap:
            seen: List[Any] = []
            threads: List[threading.Thread] = []

            def finalizer(node: Any) -> None:
                def other() -> None:
                    for use in (heap.list, heap.collect, heap.get_stats):
                        try:
                            use()
                        except refruntime.WrongThreadError as error:
                            seen.append(type(error))

                threads.append(threading.Thread(target=other))
                threads[0].start()
                threads[0].join(0.05)

            heap.type("Node", refs=["next"], finalizer=finalizer)()
            threads[0].join(30)
            self.assertEqual(seen, [refruntime.WrongThreadError] * 3)
            self.assertEqual(heap.get_stats()["live_objects"], 0)

    def test_other_threads_in_a_shared_heap_wait_until_the_callback_is_over(self) -> None:
        for options in ({}, {"synchronized": True}):
            with self.subTest(options), refruntime.Heap(**options) as heap:
                order: List[str] = []
                threads: List[threading.Thread] = []

                def finalizer(_node: Any, heap: Any = heap, order: List[str] = order, threads: List[Any] = threads) -> None:
                    started = threading.Event()

                    def other() -> None:
                        started.set()
                        heap.list()
                        order.append("other")

                    threads.append(threading.Thread(target=other))
                    threads[0].start()
                    started.wait(30)
                    threads[0].join(0.05)
                    order.append("finalizer")

                heap.type("Node", finalizer=finalizer)()
                threads[0].join(30)
                self.assertEqual(order, ["finalizer", "other"])


class Recursing(HeapTestCase):
    """Callbacks that release what has callbacks that release, and Python's limit of recursion."""

    LINKS = 5_000

    def chain(self, **hooks: Any) -> Any:
        Node = self.heap.type("Node", refs=["next"], fields={"number": c_int64}, **hooks)
        node = None
        for number in range(self.LINKS):
            node = Node(next=node, number=number)
        return node

    def check(self, ways: List[Callable[[Any], None]], hook: str, stack_kib: int = 0) -> None:
        for way in ways:
            with self.subTest(way=way.__name__):
                depth, ran = [0, 0], [0]

                def callback(node: Any, way: Any = way, depth: List[int] = depth, ran: List[int] = ran) -> None:
                    depth[0] += 1
                    depth[1] = max(depth)
                    ran[0] += 1
                    way(node)
                    depth[0] -= 1

                def work(callback: Any = callback) -> None:
                    head = self.chain(**{hook: callback})
                    head.close()

                with Unraisable() as unraisable:
                    work()
                self.assertEqual(unraisable.values, [])
                self.assertEqual((ran[0], self.live()), (self.LINKS, 0))
                self.assertLessEqual(depth[1], 24)

    @staticmethod
    def clears(node: Any) -> None:
        node.next = None

    @staticmethod
    def drops(node: Any) -> None:
        following = node.next
        node.next = None
        del following

    @staticmethod
    def closes(node: Any) -> None:
        following = node.next
        node.next = None
        if following is not None:
            following.close()

    def test_finalizers_that_release_the_next_with_a_finalizer(self) -> None:
        self.check([self.clears, self.drops, self.closes], "finalizer")

    def test_destroy_callbacks_that_release_the_next_with_a_destroy_callback(self) -> None:
        held: List[Any] = []
        Node = self.heap.type("Held", destroy=lambda _n: held.pop().close() if held else None)
        held.extend(Node() for _ in range(self.LINKS))
        with Unraisable() as unraisable:
            held.pop().close()
        self.assertEqual((unraisable.values, held, self.live()), ([], [], 0))

    def test_weak_callbacks_that_release_the_next_with_a_weak_callback(self) -> None:
        held = [self.heap.list() for _ in range(self.LINKS)]
        weaks = [self.heap.weakref(one, lambda _w: held.pop().close() if held else None) for one in held]
        with Unraisable() as unraisable:
            held.pop().close()
        self.assertEqual((unraisable.values, held, [weak() for weak in weaks]), ([], [], [None] * self.LINKS))

    def test_a_collection_whose_finalizers_release_chains(self) -> None:
        self.heap.disable()
        node = self.heap.type("Ring", refs=["me", "chain"])()
        node.me = node
        node.chain = self.chain(finalizer=self.closes)
        del node
        with Unraisable() as unraisable:
            self.heap.collect()
        self.assertEqual((unraisable.values, self.live()), ([], 0))

    def test_no_reference_is_lost_where_pythons_limit_is_reached(self) -> None:
        # Whatever call it is that goes one frame too deep: each use, from each depth.
        Node = self.heap.type("Node", refs=["next"], fields={"number": c_int64})
        Row = self.heap.type("Row", items=refruntime.Ref)
        node = Node(next=Node(), number=1)
        keeper = self.heap.list([node])
        weak = self.heap.weakref(node)
        uses: List[Callable[[], Any]] = [
            lambda: node.next,
            lambda: keeper[0],
            lambda: weak(),
            lambda: Node(),
            lambda: Row(3),
            lambda: self.heap.list(),
            lambda: self.heap.tuple([node]),
            lambda: self.heap.bytes(b"x"),
            lambda: self.heap.weakref(node),
            lambda: self.heap.weakref(node, lambda _w: None),
            lambda: node.alias().close(),
            lambda: refruntime.getrefcount(node),
            lambda: self.heap.get_referents(keeper),
            lambda: self.heap.get_referrers(node),
            lambda: self.heap.get_path(node.next),
            lambda: self.heap.get_objects(),
            lambda: self.heap.get_weakrefs(node),
            lambda: setattr(node, "next", node.next),
        ]

        def deeper(levels: int, use: Callable[[], Any]) -> Any:
            return use() if levels == 0 else deeper(levels - 1, use)

        reached = 0
        for number, use in enumerate(uses):
            with self.subTest(use=number), Unraisable():
                level = 930
                while True:  # from where it works down to where not even the first call does
                    try:
                        deeper(level, use)
                    except (RecursionError, ctypes.ArgumentError):
                        reached += 1
                    level += 1
                    if level > 1_000:
                        break
                settle()
                self.heap.collect()
                self.heap.verify()
                self.assertEqual((node.refcount, node.next.refcount, keeper.refcount, self.live()), (2, 2, 1, 4))
        self.assertGreater(reached, len(uses))


if __name__ == "__main__":
    unittest.main()
