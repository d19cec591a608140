"""The process around it: shutdown, fork, a library that is not there."""

from __future__ import annotations

import os
import sys
import threading
import time
import unittest
from typing import Any

from support import HeapTestCase, run_python

import refruntime

PREAMBLE = """
import refruntime, threading, sys
from ctypes import c_int64
heap = refruntime.Heap()
Node = heap.type("Node", refs=["next"], fields={"value": c_int64})
"""


class Shutdown(unittest.TestCase):
    def check_quiet(self, program: str, output: str = "") -> None:
        done = run_python(PREAMBLE + program)
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", output))

    def test_handles_in_globals_cycles_and_builtins(self) -> None:
        self.check_quiet(
            """
import builtins
a = Node(value=1); a.next = a
box = [a.alias()]; box.append(box)
builtins.kept = heap.list([a])
sys.kept = heap.weakref(a, print)
default = refruntime.default_heap().list()
default.append(default)
another = refruntime.Heap(); del another
"""
        )

    def test_finalizers_run_once_at_exit(self) -> None:
        self.check_quiet(
            """
Loud = heap.type("Loud", refs=["next"], fields={"value": c_int64}, finalizer=lambda n: print("finalized", n.value))
held = Loud(value=1)
lost = Loud(value=2); lost.next = lost; del lost
import builtins; builtins.Loud = Loud
""",
            "finalized 1\nfinalized 2\n",
        )

    def test_a_handle_used_in_a_destructor_at_shutdown_raises_and_does_not_crash(self) -> None:
        self.check_quiet(
            """
class Late:
    def __init__(self): self.node = Node()
    def __del__(self):
        try:
            self.node.refcount
        except ValueError:
            pass
import builtins; builtins.late = Late()
"""
        )

    def test_exit_while_another_thread_uses_the_heap(self) -> None:
        self.check_quiet(
            """
def work():
    try:
        while True:
            n = Node(); n.next = n; heap.collect()
    except refruntime.ClosedError:
        pass
threading.Thread(target=work, daemon=True).start()
import time; time.sleep(0.05)
"""
        )

    def test_exit_while_a_finalizer_of_a_daemon_thread_hangs(self) -> None:
        self.check_quiet(
            """
inside = threading.Event()
def hang(_):
    inside.set()
    threading.Event().wait()
Stuck = heap.type("Stuck", finalizer=hang)
threading.Thread(target=lambda: Stuck(), daemon=True).start()
inside.wait(10)
"""
        )

    def test_exit_inside_an_owned_heap_of_another_thread(self) -> None:
        self.check_quiet(
            """
made = []
def work():
    owned = refruntime.Heap(serialized=False)
    made.append(owned.list())
t = threading.Thread(target=work); t.start(); t.join()
del made[:]
"""
        )

    def test_an_exception_ends_the_program_as_usual(self) -> None:
        done = run_python(PREAMBLE + "node = Node()\nnode.next = 3\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("TypeError: next must be a RefRuntime object, not int", done.stderr)

    def test_a_module_that_is_imported_and_not_used(self) -> None:
        done = run_python("import refruntime")
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", ""))

    def test_a_library_that_is_not_there(self) -> None:
        done = run_python("import refruntime", REFRUNTIME_LIBRARY="/nowhere/librefruntime.so")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/librefruntime.so", done.stderr)


@unittest.skipUnless(hasattr(os, "fork"), "no fork here")
class Fork(HeapTestCase):
    def in_child(self, work: Any) -> None:
        """Run work in a forked child; its result is the child's exit code."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = work()
            finally:
                os._exit(code)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self.assertEqual(os.waitstatus_to_exitcode(status), 0)
                return
            time.sleep(0.01)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        self.fail("the child hangs")

    def test_the_child_collects_allocates_and_closes(self) -> None:
        finalized: list = []
        Node = self.heap.type("Node", refs=["next"], finalizer=lambda n: finalized.append(1))
        a, b = Node(), Node()
        a.next, b.next = b, a
        del a, b
        kept = Node()

        def child() -> int:
            if self.heap.collect() != 2 or len(finalized) != 2:
                return 1
            for _ in range(1000):
                node = Node()
                node.next = node
            del node
            if self.heap.collect() < 1 or kept.refcount != 1:
                return 2
            self.heap.verify()
            other = refruntime.Heap()
            other.list()
            other.close()
            self.heap.close()
            return 0

        self.in_child(child)
        self.assertEqual((finalized, self.heap.collect(), len(finalized)), ([1, 1], 2, 2))

    def test_the_child_owns_what_its_parents_thread_owned(self) -> None:
        with refruntime.Heap(serialized=False) as heap:
            made = heap.list()
            self.in_child(lambda: 0 if heap.collect() == 0 and len(made) == 0 else 1)

    def test_a_child_never_hangs_on_a_heap_that_other_threads_are_using(self) -> None:
        with refruntime.Heap(synchronized=True) as heap:
            Node = heap.type("Node", refs=["next"], finalizer=lambda _node: time.sleep(0))
            stop = threading.Event()

            def work() -> None:
                while not stop.is_set():
                    node = Node()
                    node.next = node
                    heap.collect()

            def child() -> int:
                try:
                    made = heap.list()
                    made.append(made)
                    del made
                    return 0 if heap.collect() >= 1 else 1
                except (refruntime.WrongThreadError, refruntime.ClosedError):
                    return 0

            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            try:
                for _ in range(5):
                    self.in_child(child)
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            heap.verify()

    def test_a_fork_inside_a_finalizer(self) -> None:
        def finalizer(_node: Any) -> None:
            self.in_child(lambda: 0 if len(self.heap.list([self.heap.list()])) == 1 else 1)

        Node = self.heap.type("Node", finalizer=finalizer)
        Node()
        self.assertEqual(self.live(), 0)

    def test_a_fork_while_another_thread_uses_the_heap(self) -> None:
        stop = threading.Event()
        Node = self.heap.type("Node", refs=["next"], finalizer=lambda n: None)

        def work() -> None:
            while not stop.is_set():
                node = Node()
                node.next = node
                self.heap.collect()

        def child() -> int:
            node = Node()
            node.next = node
            del node
            return 0 if self.heap.collect() >= 1 else 1

        worker = threading.Thread(target=work)
        worker.start()
        try:
            for _ in range(5):
                self.in_child(child)
        finally:
            stop.set()
            worker.join(10)

    def test_a_fork_while_another_thread_is_stuck_in_a_finalizer(self) -> None:
        inside, leave = threading.Event(), threading.Event()

        def finalizer(_node: Any) -> None:
            inside.set()
            leave.wait(20)

        Node = self.heap.type("Node", finalizer=finalizer)
        worker = threading.Thread(target=lambda: Node())
        worker.start()
        inside.wait(10)
        try:
            # In the child nobody will ever finish that call: the heap is detached there, others work.
            self.in_child(lambda: 0 if self.heap.closed and refruntime.Heap().list() is not None else 1)
        finally:
            leave.set()
            worker.join(10)
        self.assertEqual(self.live(), 0)

    def test_a_forked_child_that_exits_normally_is_quiet(self) -> None:
        done = run_python(
            PREAMBLE
            + """
import os, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12 on of any fork in a process with threads; .NET's is one
n = Node(); n.next = n
pid = os.fork()
if pid:
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
print(heap.collect())
"""
        )
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", "0\n"))


if __name__ == "__main__":
    unittest.main()
