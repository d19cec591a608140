"""Many processes: multiprocessing with each way to start a process, pools, children that fork again, forks in the middle of use.

Test programs of their own, so that a child's end is a whole interpreter's end, and a hang is one program's.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest
from typing import Any

from support import PACKAGE_ROOT, HeapTestCase, run_python

import refruntime

#: What the programs have in common: a heap with garbage and with what lives, and a check that a process can use it.
COMMON = """
import os, sys, threading, time, multiprocessing
import refruntime

def build(**options):
    heap = refruntime.Heap(**options)
    Node = heap.type("Node", refs=["next", "other"], finalizer=lambda node: finalized.append(1))
    rings = [Node() for _ in range(200)]
    for here, there in zip(rings, rings[1:] + rings[:1]):
        here.next = there
    kept = heap.list(Node() for _ in range(100))
    return heap, Node, kept

finalized = []

def use(heap, Node, kept):
    "Collects what is dead, makes and drops more, frees heaps; what lives is as it was."
    heap.collect()
    finalized.clear()
    for _ in range(50):
        node = Node()
        node.next, node.other = node, kept[0]
    del node
    assert heap.collect() == 50 and len(finalized) == 50, len(finalized)
    assert len(kept) == 100 and kept[99].refcount == 2 and kept[0].refcount == 2
    heap.verify()
    with refruntime.Heap() as other:
        other.list([other.list()])
    default = refruntime.default_heap().list()
    default.append(default)
    del default
    assert refruntime.collect() == 1

def wait_for(pid):
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code == 0, f"a child ended with {code}"
"""


class Programs(unittest.TestCase):
    def run_program(self, program: str) -> Any:
        """Runs it from a file, as spawn and forkserver import it again. Quiet and 0 is success; the output is what it prints."""
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "program.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(COMMON + textwrap.dedent(program))
            environment = dict(os.environ, PYTHONPATH=str(PACKAGE_ROOT), PYTHONWARNINGS="ignore:This process:DeprecationWarning")
            done = subprocess.run(
                [sys.executable, path], env=environment, capture_output=True, text=True, timeout=120, check=False, cwd=directory
            )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def check(self, program: str, output: str) -> None:
        self.assertEqual(self.run_program(program), output)


class Multiprocessing(Programs):
    def test_each_way_to_start_a_process(self) -> None:
        self.check(
            """
            def work(queue):
                heap, Node, kept = build()
                use(heap, Node, kept)
                queue.put(heap.get_stats()["live_objects"])

            if __name__ == "__main__":
                heap, Node, kept = build()
                for way in ("fork", "spawn", "forkserver"):
                    context = multiprocessing.get_context(way)
                    queue = context.Queue()
                    process = context.Process(target=work, args=(queue,))
                    process.start()
                    print(way, queue.get(timeout=60))
                    process.join(60)
                    assert process.exitcode == 0, process.exitcode
                use(heap, Node, kept)
            """,
            "fork 101\nspawn 101\nforkserver 101\n",
        )

    def test_a_forked_process_uses_its_parents_heaps(self) -> None:
        self.check(
            """
            heap, Node, kept = build()
            owned = refruntime.Heap(serialized=False)
            synchronized = build(synchronized=True)

            def work():
                use(heap, Node, kept)
                use(*synchronized)
                made = owned.list()
                made.append(made)
                del made
                assert owned.collect() == 1
                heap.close()
                owned.close()
                synchronized[0].close()

            if __name__ == "__main__":
                context = multiprocessing.get_context("fork")
                processes = [context.Process(target=work) for _ in range(4)]
                for process in processes:
                    process.start()
                for process in processes:
                    process.join(60)
                print([process.exitcode for process in processes])
                work()
            """,
            "[0, 0, 0, 0]\n",
        )

    def test_a_pool_of_each_kind(self) -> None:
        self.check(
            """
            from concurrent.futures import ProcessPoolExecutor

            heap = None

            def work(number):
                global heap
                if heap is None:
                    heap = build()
                use(*heap)
                return number * number

            if __name__ == "__main__":
                for way in ("fork", "spawn", "forkserver"):
                    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(way)) as pool:
                        print(way, sum(pool.map(work, range(20))))
                heap = build()  # now the children of a fork have it already
                with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
                    print("with a heap", sum(pool.map(work, range(20))))
                use(*heap)
            """,
            "fork 2470\nspawn 2470\nforkserver 2470\nwith a heap 2470\n",
        )

    def test_handles_do_not_travel(self) -> None:
        self.check(
            """
            if __name__ == "__main__":
                heap, Node, kept = build()
                with multiprocessing.get_context("fork").Pool(1) as pool:
                    try:
                        pool.apply(len, (kept,))
                    except TypeError as error:
                        print(error)
            """,
            "List handles can't be copied or pickled; see alias()\n",
        )


class Forks(Programs):
    def test_children_collect_free_and_fork_again(self) -> None:
        self.check(
            """
            heap, Node, kept = build()

            def generation(number):
                use(heap, Node, kept)
                for _ in range(2 if number < 4 else 0):
                    pid = os.fork()
                    if pid == 0:
                        generation(number + 1)
                        heap.close()
                        os._exit(0)
                    wait_for(pid)
                use(heap, Node, kept)

            generation(0)
            print("all 31")
            """,
            "all 31\n",
        )

    def test_a_fork_in_the_middle_of_a_collection_of_another_thread(self) -> None:
        # The collecting thread stays inside for as long as it can; a fork waits for the end of a call, or goes ahead after 0.1 s,
        # and then the child is refused, not hung and not shown half of a collection.
        for options in ("synchronized=True", ""):
            with self.subTest(options):
                out = self.run_program(
                    f"""
                    heap, Node, kept = build({options})
                    """
                    + """
                    def collect():
                        while not stop.is_set():
                            nodes = [Node() for _ in range(300)]
                            for here, there in zip(nodes, nodes[1:] + nodes[:1]):
                                here.next = there
                            del here, there
                            nodes.clear()
                            heap.collect()

                    stop = threading.Event()
                    threads = [threading.Thread(target=collect) for _ in range(2)]
                    for thread in threads:
                        thread.start()
                    used = refused = 0
                    for _ in range(20):
                        pid = os.fork()
                        if pid == 0:
                            code = 3
                            try:
                                heap.collect()
                                for _ in range(10):
                                    node = Node()
                                    node.next = node
                                del node
                                assert heap.collect() == 10
                                heap.verify()
                                grandchild = os.fork()
                                if grandchild == 0:
                                    os._exit(0 if heap.collect() == 0 else 4)
                                wait_for(grandchild)
                                heap.close()
                                code = 0
                            except (refruntime.WrongThreadError, refruntime.ClosedError):
                                code = 1
                            except BaseException as error:
                                print(repr(error), file=sys.stderr)
                            os._exit(code)
                        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                        assert code in (0, 1), code
                        used += code == 0
                        refused += code == 1
                    stop.set()
                    for thread in threads:
                        thread.join()
                    heap.collect()
                    heap.verify()
                    print(used, refused)
                    """
                )
                used, refused = map(int, out.split())
                self.assertEqual(used + refused, 20)
                self.assertGreater(used, 13)

    def test_a_fork_in_each_kind_of_callback(self) -> None:
        self.check(
            """
            told = []

            def fork(kind):
                # The child ends in the callback, or goes on where the parent does: out of the callback, and to the end.
                pid = os.fork()
                if pid == 0:
                    made = heap.list() if kind != "destroy" else None
                    told.append("child of " + kind)
                    if leaves:
                        os._exit(0)
                else:
                    wait_for(pid)
                    told.append(kind)

            for leaves in (True, False):
                for options in ({}, {"synchronized": True}, {"serialized": False}):
                    for kind in ("finalizer", "destroy", "weak callback", "collection callback"):
                        for cyclic in (False, True):
                            heap = refruntime.Heap(**options)
                            hooks = {kind: lambda _n: fork(kind)} if kind in ("finalizer", "destroy") else {}
                            node = heap.type("Node", refs=["next"], **hooks)()
                            if cyclic:
                                node.next = node
                            weak = heap.weakref(node, (lambda _w: fork(kind)) if kind == "weak callback" else None)
                            if kind == "collection callback":
                                heap.callbacks.append(lambda phase, _info: fork(kind) if phase == "start" else None)
                                node.alias().close()
                            del node
                            heap.collect()
                            assert weak() is None or kind == "collection callback"
                            heap.callbacks.clear()
                            heap.collect()
                            assert weak() is None
                            del weak
                            heap.verify()
                            assert heap.get_stats()["live_objects"] == 0
                            heap.close()
                            if told[-1].startswith("child"):
                                os._exit(0)
            print(len(told))
            """,
            "48\n",
        )


class Shutdown(unittest.TestCase):
    PREAMBLE = """
        import atexit, os, sys, threading
        def before():
            print("before:", heap.closed)
        atexit.register(before)
        import refruntime
        def after():
            print("after:", heap.closed)
        atexit.register(after)
        heap = refruntime.Heap()
        def made(name, **hooks):
            node = heap.type(name, refs=["next"], **hooks)()
            node.next = node
            return node
    """

    def run_program(self, program: str) -> Any:
        return run_python(textwrap.dedent(self.PREAMBLE) + textwrap.dedent(program))

    def test_heaps_are_closed_in_the_order_of_atexit(self) -> None:
        done = self.run_program('kept = made("Kept", finalizer=lambda _n: print("finalized"))\n')
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "after: False\nfinalized\nbefore: True\n")

    def test_os_exit_in_a_callback_ends_the_process_at_once(self) -> None:
        for hook in ("finalizer", "destroy"):
            done = self.run_program(f'made("Leaves", {hook}=lambda _n: os._exit(7)).close()\nheap.collect()\nprint("not reached")\n')
            self.assertEqual((done.returncode, done.stderr, done.stdout), (7, "", ""))

    def test_sys_exit_in_a_callback_is_told_and_the_program_goes_on(self) -> None:
        done = self.run_program('made("Leaves", finalizer=lambda _n: sys.exit(7)).close()\nheap.collect()\nprint("goes on")\n')
        self.assertEqual((done.returncode, done.stdout), (0, "goes on\nafter: False\nbefore: True\n"))
        self.assertIn("SystemExit: 7", done.stderr)

    def test_sys_exit_and_exceptions_in_callbacks_at_exit_are_told_and_the_rest_is_closed(self) -> None:
        done = self.run_program(
            """
            def wrong(_node):
                raise KeyError("at exit")
            kept = [made("A", finalizer=lambda _n: sys.exit(7)), made("B", finalizer=wrong, destroy=wrong)]
            kept.append(made("C", finalizer=lambda _n: print("finalized"), destroy=lambda _n: print("destroyed")))
            """
        )
        self.assertEqual((done.returncode, done.stdout), (0, "after: False\nfinalized\ndestroyed\nbefore: True\n"))
        self.assertIn("SystemExit: 7", done.stderr)
        self.assertEqual(done.stderr.count("KeyError: 'at exit'"), 2)

    def test_a_callback_at_exit_may_use_the_heap_and_make_another(self) -> None:
        done = self.run_program(
            """
            def last(node):
                other = refruntime.Heap()
                other.list([other.list()])
                print(len(heap.list([node, node])), heap.collect())
            kept = made("Last", finalizer=last)
            """
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "after: False\n2 0\nbefore: True\n")

    def test_daemon_threads_in_every_kind_of_heap(self) -> None:
        done = self.run_program(
            """
            def work(heap):
                try:
                    Node = heap.type("Node", refs=["next"], finalizer=lambda node: node.next)
                    while True:
                        node = Node()
                        node.next = node
                        heap.collect()
                except (refruntime.ClosedError, refruntime.WrongThreadError, refruntime.ArgumentError):
                    pass
            for options in ({}, {"synchronized": True}):
                for shared in (refruntime.Heap(**options), refruntime.Heap(**options)):
                    for _ in range(2):
                        threading.Thread(target=work, args=(shared,), daemon=True).start()
            threading.Thread(target=lambda: work(refruntime.Heap(serialized=False)), daemon=True).start()
            threading.Thread(target=lambda: work(refruntime.default_heap()), daemon=True).start()
            threading.Event().wait(0.2)
            """
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "after: False\nbefore: True\n")

    def test_a_system_exit_of_the_main_program_keeps_its_code(self) -> None:
        done = self.run_program('kept = made("Kept", finalizer=lambda _n: print("finalized"))\nsys.exit(5)\n')
        self.assertEqual((done.returncode, done.stderr), (5, ""))
        self.assertEqual(done.stdout, "after: False\nfinalized\nbefore: True\n")


if __name__ == "__main__":
    unittest.main()
