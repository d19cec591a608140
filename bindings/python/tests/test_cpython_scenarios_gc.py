"""What CPython's Lib/test/test_gc.py tests, with this package's objects. cpython_scenarios.tsv says which scenario became what."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import textwrap
import threading
import unittest
from ctypes import c_int64
from typing import Any, List

from support import HeapTestCase, Unraisable, run_python, settle

import refruntime


class Collecting(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Node = self.heap.type("Node", refs=["next", "other"], fields={"number": c_int64})

    def loop(self, kind: Any = None) -> Any:
        """An object that refers to itself."""
        node = (kind or self.Node)()
        node.next = node
        return node

    def test_a_list_in_itself(self) -> None:
        made = self.heap.list()
        made.append(made)
        self.assertEqual(self.heap.collect(), 0)
        del made
        self.assertEqual(self.heap.collect(), 1)

    def test_a_tuple_and_a_list_in_each_other(self) -> None:
        made = self.heap.list()
        pair = self.heap.tuple([made])
        made.append(pair)
        self.assertEqual(self.heap.collect(), 0)
        del made, pair
        self.assertEqual(self.heap.collect(), 2)

    def test_an_instance_in_itself(self) -> None:
        node = self.loop()
        self.assertEqual(self.heap.collect(), 0)
        del node
        self.assertEqual(self.heap.collect(), 1)

    def test_an_instance_of_a_derived_class_in_itself(self) -> None:
        class Derived(self.heap.type("Base", refs=["next"])):  # type: ignore[misc]
            __slots__ = ()

            def double(self) -> Any:
                return self.next.next

        node = self.loop(Derived)
        self.assertIs(node.double(), node)
        del node
        self.assertEqual(self.heap.collect(), 1)
        self.assertEqual(self.heap.collect(), 0)

    def test_a_handle_in_a_frame_that_refers_to_itself_waits_for_pythons_collector(self) -> None:
        def work() -> None:
            frame = sys._getframe()  # noqa: F841 - the frame's own variable refers to it
            node = self.Node()  # noqa: F841

        settle()
        work()
        self.assertEqual(self.heap.collect(), 0)
        self.assertEqual(self.live(), 1)
        settle()
        self.assertEqual(self.live(), 0)

    def test_dead_cycles_can_be_looked_at_before_they_are_collected(self) -> None:
        address = self.loop().address
        report = self.heap.leak_report()
        self.assertEqual((report["garbage"]["objects"], report["held"]), (1, []))
        self.assertEqual([found.address for found in self.heap.get_objects()], [address])
        self.assertEqual(self.heap.collect(), 1)
        self.assertEqual(self.heap.get_objects(), [])

    def test_a_finalizer_that_looks_at_its_object_while_every_candidate_starts_a_collection(self) -> None:
        seen: List[int] = []

        def finalizer(node: Any) -> None:
            dir(node)
            seen.append(len(self.heap.list([node, node])))

        Loud = self.heap.type("Loud", refs=["next"], finalizer=finalizer)
        self.heap.set_threshold(1)
        Loud()
        self.loop(Loud).close()
        self.heap.collect()
        self.assertEqual((seen, self.live()), ([2, 2], 0))

    def test_the_count_is_of_candidates_and_not_of_allocations(self) -> None:
        self.heap.collect()
        made = [self.heap.list() for _ in range(10)]
        self.assertEqual(self.heap.get_count(), 0)
        kept = [one.alias() for one in made]
        made.clear()  # each list has lost a reference and lives on
        self.assertEqual(self.heap.get_count(), 10)
        self.heap.collect()
        self.assertEqual((self.heap.get_count(), len(kept)), (0, 10))

    def test_a_finalizer_that_cuts_its_cycle_does_not_change_the_count(self) -> None:
        for cuts in (1, 2):
            with self.subTest(cuts=cuts):
                seen: List[Any] = []

                def finalizer(node: Any, cuts: int = cuts, seen: List[Any] = seen) -> None:
                    seen.append(node.number)
                    if len(seen) == cuts:
                        node.next = None

                Boom = self.heap.type("Boom", refs=["next"], fields={"number": c_int64}, finalizer=finalizer)
                a, b = Boom(number=1), Boom(number=2)
                a.next, b.next = b, a
                del a, b
                self.assertEqual(self.heap.collect(), 2)
                self.assertEqual((sorted(seen), self.live()), ([1, 2], 0))

    def test_dropping_a_deep_structure_whose_finalizers_collect(self) -> None:
        ran = [0]

        def finalizer(_ouch: Any) -> None:
            ran[0] += 1
            if ran[0] % 17 == 0:
                self.heap.collect()

        Ouch = self.heap.type("Ouch", finalizer=finalizer)
        self.heap.set_threshold(1)
        for _ in range(2):
            for make in (self.heap.list, self.heap.tuple, lambda two: self.Node(next=two[0], other=two[1])):
                nested = self.heap.list()
                for _ in range(150):
                    nested = make([nested, Ouch()])
                del nested
        self.assertEqual((ran[0], self.live()), (2 * 3 * 150, 0))

    def test_threads_that_drop_deep_structures_whose_finalizers_let_others_run(self) -> None:
        finalized: List[None] = []
        made: List[None] = []

        def finalizer(_node: Any) -> None:
            finalized.append(None)
            turn.wait(1e-6)

        turn = threading.Event()
        Deep = self.heap.type("Deep", refs=["next"], finalizer=finalizer)

        def work() -> None:
            for _ in range(5):
                node = Deep()
                for _ in range(60):
                    node = Deep(next=self.heap.list([node]))
                made.extend([None] * 61)

        previous = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            threads = [threading.Thread(target=work) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        finally:
            sys.setswitchinterval(previous)
        self.assertFalse(any(thread.is_alive() for thread in threads), "a thread hangs")
        self.assertEqual(self.heap.collect(), 0)
        self.assertEqual((len(finalized), self.live()), (len(made), 0))

    def test_a_cycle_of_which_one_has_a_finalizer_that_writes_to_its_object(self) -> None:
        def finalizer(b: Any) -> None:
            b.extra = None

        A = self.heap.type("A", refs=["attr"])
        B = self.heap.type("B", refs=["x", "attr", "extra"], finalizer=finalizer)

        def work() -> None:
            a, b = A(), B(x=A(), extra=A())
            a.attr, b.attr = b, a

        work()
        self.assertEqual(self.heap.collect(), 4)
        self.assertEqual(self.live(), 0)

    def test_freezing(self) -> None:
        kept = self.loop()
        self.heap.freeze()
        self.assertEqual(self.heap.get_freeze_count(), 1)
        self.heap.unfreeze()
        self.assertEqual(self.heap.get_freeze_count(), 0)
        del kept
        self.assertEqual(self.heap.collect(), 1)

    def test_what_is_made_after_a_freeze_in_a_page_of_frozen_objects_is_collected(self) -> None:
        kept = [self.loop() for _ in range(3)]
        self.heap.freeze()
        for count in (1, 5, 2):
            for _ in range(count):
                self.loop()
            self.assertEqual(self.heap.collect(), count)
        self.assertEqual((self.live(), len(kept)), (3, 3))

    def test_automatic_collections_happen_when_enabled_and_not_when_disabled(self) -> None:
        def happens(iterations: int) -> bool:
            self.loop()
            before = self.heap.get_stats()["collections"]
            for _ in range(iterations):
                if self.heap.get_stats()["collections"] != before:
                    return True
                self.loop()
            return False

        self.heap.set_threshold(1000)
        self.assertTrue(happens(20_000))
        self.heap.disable()
        self.assertFalse(happens(20_000))
        self.heap.enable()
        self.assertTrue(happens(20_000))


class Looking(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Node = self.heap.type("Node", refs=["next"])

    def test_referents_of_several_and_of_what_is_no_object(self) -> None:
        a, b, c = (self.heap.bytes(text) for text in (b"a", b"b", b"c"))
        for make in (self.heap.list, self.heap.tuple):
            self.assertEqual(refruntime.get_referents(make([a, b, c])), [a, b, c])
        self.assertEqual(refruntime.get_referents(self.heap.list([a, b]), self.heap.tuple([c, c]), self.Node(next=a)), [a, b, c, c, a])
        self.assertEqual(refruntime.get_referents(a), [])
        for wrong in (1, "a", [a]):
            with self.assertRaises(TypeError):
                refruntime.get_referents(wrong)

    def test_referents_of_an_untracked_object(self) -> None:
        node = self.Node(next=self.heap.bytes(b"x"))
        self.heap.untrack(node)
        self.assertEqual(bytes(refruntime.get_referents(node)[0]), b"x")
        self.assertEqual(refruntime.get_referents(node.next), [])

    def test_containers_are_tracked_leaves_are_not_and_what_is_no_object_is_refused(self) -> None:
        Leaf, Empty = self.heap.type("Leaf", fields={"number": c_int64}), self.heap.type("Empty")
        leaves = [self.heap.bytes(b"a"), Leaf(), Empty(), self.heap.weakref(self.Node())]
        containers = [self.heap.list(), self.heap.tuple(), self.Node()]
        self.assertEqual([refruntime.is_tracked(one) for one in leaves], [False] * len(leaves))
        self.assertEqual([refruntime.is_tracked(one) for one in containers], [True] * len(containers))
        for wrong in (None, 1, 1.0, b"a", [], object()):
            with self.assertRaises(TypeError):
                refruntime.is_tracked(wrong)

    def test_who_came_back_is_finalized(self) -> None:
        storage: List[Any] = []
        lazarus = self.heap.type("Lazarus", finalizer=storage.append)()
        self.assertFalse(refruntime.is_finalized(lazarus))
        del lazarus
        self.assertTrue(refruntime.is_finalized(storage.pop()))
        with self.assertRaises(TypeError):
            refruntime.is_finalized(3)

    def test_the_objects_of_the_heap(self) -> None:
        made = self.heap.list()
        made.append(made)
        self.assertTrue(any(found is made for found in self.heap.get_objects()))

    def test_objects_are_asked_for_by_type(self) -> None:
        made = [self.heap.list(), self.Node(), self.Node()]
        self.assertEqual(len(self.heap.get_objects()), len(self.heap.get_objects(None)))
        self.assertEqual(set(self.heap.get_objects(self.Node)), set(made[1:]))
        with self.assertRaises(ValueError):
            self.heap.get_objects(dict)  # type: ignore[arg-type]
        for wrong in (0, 1000, "1", 1.234, made[0]):
            with self.assertRaises(TypeError):
                self.heap.get_objects(wrong)  # type: ignore[arg-type]

    def test_statistics_count_collections_and_what_they_freed(self) -> None:
        before = self.heap.get_stats()
        self.assertLessEqual({"collections", "objects_collected", "objects_resurrected"}, set(before))
        self.assertTrue(all(value >= 0 for value in before.values()))
        node = self.Node()
        node.next = node
        del node
        self.heap.collect()
        after = self.heap.get_stats()
        self.assertEqual(after["collections"], before["collections"] + 1)
        self.assertEqual(after["objects_collected"], before["objects_collected"] + 1)


class Resurrection(HeapTestCase):
    def test_it_happens_once_for_each_object(self) -> None:
        kept: List[Any] = []
        calls: List[int] = []

        def finalizer(node: Any) -> None:
            calls.append(1)
            kept.append(node)

        Lazarus = self.heap.type("Lazarus", refs=["me"], finalizer=finalizer)
        node = Lazarus()
        node.me = node
        del node
        self.assertEqual((self.heap.collect(), len(calls), len(kept)), (0, 1, 1))
        kept.clear()
        self.assertEqual((self.heap.collect(), len(calls), self.live()), (1, 1, 0))

    def test_it_is_transitive(self) -> None:
        kept: List[Any] = []
        Lazarus = self.heap.type("Lazarus", refs=["cargo"], finalizer=kept.append)
        Cargo = self.heap.type("Cargo", refs=["me", "lazarus"])
        lazarus, cargo = Lazarus(), Cargo()
        cargo.me, cargo.lazarus, lazarus.cargo = cargo, lazarus, cargo
        address = cargo.address
        del lazarus, cargo
        self.assertEqual((self.heap.collect(), len(kept)), (0, 1))
        found = kept.pop()
        self.assertEqual((found.cargo.address, found.cargo.me), (address, found.cargo))
        del found
        self.assertEqual((self.heap.collect(), self.live()), (2, 0))

    def test_it_does_not_keep_others_from_being_collected_and_counted(self) -> None:
        kept: List[Any] = []
        Plain = self.heap.type("Plain", refs=["me"])
        Zombie = self.heap.type("Zombie", refs=["me"], finalizer=kept.append)

        def loops(kind: Any, count: int) -> None:
            for _ in range(count):
                node = kind()
                node.me = node

        def collected() -> int:
            return self.heap.get_stats()["objects_collected"]

        def check(expected: int) -> None:
            before = collected()
            self.assertEqual(self.heap.collect(), expected)
            self.assertEqual(collected() - before, expected)

        self.heap.disable()
        loops(Plain, 100)
        check(100)
        loops(Zombie, 1)
        check(0)
        loops(Plain, 100)
        loops(Zombie, 1)
        check(100)
        self.assertEqual(len(kept), 2)
        kept.clear()
        check(2)

    def test_an_object_finalized_late_can_not_get_at_the_dead(self) -> None:
        # The finalizer of one member hides a weak reference to another where one outside finds it, who is finalized
        # only when the members' references are released. By then the other is gone.
        found: List[Any] = []
        held: List[Any] = []

        def finalize_cyclic(cyclic: Any) -> None:
            cyclic.late.weak = self.heap.weakref(cyclic.target)
            self.assertIsNotNone(cyclic.late.weak())
            held.clear()

        Late = self.heap.type("Late", refs=["weak"], finalizer=lambda late: found.append(late.weak()))
        Target = self.heap.type("Target", refs=["back"])
        Cyclic = self.heap.type("Cyclic", refs=["target", "late"], finalizer=finalize_cyclic)
        held.append(Late())
        cyclic = Cyclic(target=Target(), late=held[0])
        cyclic.target.back = cyclic
        del cyclic
        self.assertEqual(self.heap.collect(), 2)
        self.assertEqual((found, self.live()), ([None], 0))

    def test_a_weak_reference_of_the_dead_is_not_called_though_its_target_dies_later(self) -> None:
        # The collector can't see that the target is held by a dead object alone: the handle is in Python.
        hidden: List[Any] = []
        called: List[Any] = []
        A = self.heap.type("A", refs=["a", "y", "weak"])
        Y = self.heap.type("Y", destroy=lambda _y: hidden.clear())
        hidden.append(self.heap.list())
        a = A(y=Y(), weak=self.heap.weakref(hidden[0], called.append))
        a.a = a
        keeps_weak_longer = self.heap.list([a.weak])
        keeps_weak_longer.append(keeps_weak_longer)
        del a, keeps_weak_longer
        self.heap.collect()
        self.assertEqual((called, hidden, self.live()), ([], [], 0))


class WeakReferencesAndCollections(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Node = self.heap.type("Node", refs=["loop", "keeps"])

    def loop(self, kind: Any = None) -> Any:
        node = (kind or self.Node)()
        node.loop = node
        return node

    def test_callbacks_can_not_get_at_others_that_died_in_the_same_collection(self) -> None:
        seen: List[Any] = []

        def callback(_weak: Any) -> None:
            seen[:] = [weak() for weak in weaks]

        nodes = [self.loop() for _ in range(2)]
        weaks = [self.heap.weakref(node, callback) for node in nodes]
        self.heap.collect()
        self.assertEqual(seen, [])
        nodes.clear()
        self.heap.collect()
        self.assertEqual(seen, [None, None])

    def until_something_is_collected(self) -> None:
        gone: List[Any] = []
        detector = self.heap.weakref(self.loop(), gone.append)
        for _ in range(100_000):
            if gone:
                break
            self.loop()
        else:
            self.fail("no collection started by itself")
        del detector

    def test_an_automatic_collection_and_a_weak_callback_that_looks_for_the_dead(self) -> None:
        old = self.loop()
        self.heap.collect()
        keeper = self.loop()
        keeper.keeps = old
        old.loop = None
        other = self.loop()
        other_weak = self.heap.weakref(other)
        seen: List[Any] = []
        old_weak = self.heap.weakref(old, lambda _w: seen.append(other_weak()))
        del old, keeper, other
        self.until_something_is_collected()
        self.assertEqual((seen, old_weak(), other_weak()), ([None], None, None))

    def test_an_automatic_collection_and_a_finalizer_that_looks_for_the_dead(self) -> None:
        # In CPython the finalizer runs when the other is gone. Here all that is found dead is finalized first, intact: who
        # is found alive by one of them has been brought back, whole.
        seen: List[Any] = []
        Old = self.heap.type("Old", refs=["loop"], finalizer=lambda _old: seen.append(other_weak()))
        old = self.loop(Old)
        self.heap.collect()
        keeper = self.loop()
        keeper.keeps = old
        old.loop = None
        other = self.loop()
        other_weak = self.heap.weakref(other)
        del old, keeper, other
        self.until_something_is_collected()
        self.assertEqual(len(seen), 1)
        if seen[0] is not None:
            self.assertIs(seen[0].loop, seen[0])
        seen.clear()
        self.heap.collect()
        self.assertIsNone(other_weak())


class Callbacks(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.visits: List[Any] = []
        for number in (1, 2):
            self.heap.callbacks.append(lambda phase, info, number=number: self.visits.append((number, phase, info)))

    def test_each_is_called_at_start_and_stop(self) -> None:
        self.heap.collect()
        self.assertEqual([visit[:2] for visit in self.visits], [(1, "start"), (2, "start"), (1, "stop"), (2, "stop")])
        for _, _, info in self.visits:
            self.assertEqual(set(info), {"reason", "collected", "resurrected", "visited", "duration_ns"})

    def test_they_are_told_why_and_not_which_generation(self) -> None:
        self.heap.collect()
        self.assertEqual({info["reason"] for _, _, info in self.visits}, {"requested"})
        self.visits.clear()
        self.heap.list([self.heap.list()])[0].close()
        while self.heap.pending:
            self.heap.collect_step()
        self.assertEqual({info["reason"] for _, _, info in self.visits}, {"step"})

    def test_they_are_told_of_the_resurrected_and_nothing_is_uncollectable(self) -> None:
        kept: List[Any] = []
        Back = self.heap.type("Back", refs=["partner"], finalizer=lambda node: kept.append(node) if len(kept) < 1 else None)
        Plain = self.heap.type("Plain", refs=["me"])
        a, b, plain = Back(), Back(), Plain()
        a.partner, b.partner, plain.me = b, a, plain
        del a, b, plain
        self.heap.collect()
        for _, phase, info in self.visits:
            self.assertEqual((info["collected"], info["resurrected"]), (1, 2) if phase == "stop" else (0, 0))
        self.visits.clear()
        kept.clear()
        self.heap.collect()
        self.assertEqual([info["collected"] for _, phase, info in self.visits if phase == "stop"], [2, 2])


class Process(unittest.TestCase):
    PREAMBLE = """
        import refruntime, sys
        heap = refruntime.Heap()
        Loud = heap.type("Loud", refs=["link"], finalizer=lambda _: print("finalized"))
    """

    def run_program(self, program: str, **environment: str) -> Any:
        return run_python(textwrap.dedent(self.PREAMBLE) + textwrap.dedent(program), **environment)

    def check(self, done: Any, output: str) -> None:
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", output))

    def test_a_cycle_through_the_main_module_is_finalized_at_exit(self) -> None:
        self.check(self.run_program("made = heap.list([Loud()])\nmade.append(made)\n"), "finalized\n")

    def test_a_cycle_through_another_module_is_finalized_at_exit(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "holds.py"), "w", encoding="utf-8") as file:
                file.write(textwrap.dedent(self.PREAMBLE) + "made = heap.list([Loud()])\nmade.append(made)\n")
            done = run_python(f"import sys\nsys.path.insert(0, {directory!r})\nimport holds\n")
        self.check(done, "finalized\n")

    def test_a_global_is_finalized_after_a_system_exit(self) -> None:
        self.check(self.run_program("a = Loud()\na.link = a\nraise SystemExit(0)\n"), "finalized\n")

    def test_a_reference_too_few_is_found_by_a_checked_heap(self) -> None:
        done = self.run_program(
            """
            a = heap.list()
            b = heap.list([a, a])
            heap._api.decref(a.address)
            heap._api.decref(a.address)  # now one for the handle and the two places in the list
            heap.collect()
            """,
            REFRUNTIME_CHECK="1",
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(re.search(r"^refruntime: ", done.stderr, re.MULTILINE), done.stderr)
        self.assertIn("list", done.stderr)

    def test_a_reference_too_few_is_no_crash_without_checks(self) -> None:
        done = self.run_program(
            """
            a = heap.list()
            b = heap.list([a, a])
            heap._api.decref(a.address)
            heap._api.decref(a.address)
            heap.collect()
            try:
                heap.verify()
            except refruntime.CorruptError as error:
                print(f"{a.address:x}" in str(error))
            heap._api.incref(a.address)
            heap._api.incref(a.address)
            heap.verify()
            """
        )
        self.check(done, "True\n")


if __name__ == "__main__":
    unittest.main()
