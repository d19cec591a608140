"""What CPython's Lib/test/test_weakref.py tests, with this package's objects. cpython_scenarios.tsv says which scenario became what."""

from __future__ import annotations

import gc
import operator
import unittest
import unittest.mock
import weakref
from ctypes import c_int64
from typing import Any, List

from support import HeapTestCase, Unraisable, settle

import refruntime


class Scenario(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Node = self.heap.type("Node", refs=["next", "other", "weak"], fields={"number": c_int64})
        self.calls = 0

    def callback(self, _weak: Any) -> None:
        self.calls += 1

    def targets(self) -> List[Any]:
        """One of each kind of object."""
        node = self.Node()
        return [node, self.heap.list(), self.heap.tuple([node]), self.heap.bytes(b"x"), self.heap.weakref(node)]


class References(Scenario):
    def test_it_gives_its_target_whatever_that_is(self) -> None:
        for target in self.targets():
            weak = self.heap.weakref(target)
            self.assertIsNotNone(weak())
            self.assertIs(weak(), target)

    def test_its_callback_is_called_once_whatever_the_target_is(self) -> None:
        targets = self.targets()
        weaks = [self.heap.weakref(target, self.callback) for target in targets]
        del targets[:]
        self.assertEqual((self.calls, [weak() for weak in weaks]), (5, [None] * 5))
        self.heap.collect()
        self.assertEqual(self.calls, 5)

    def test_its_repr_names_the_target_until_that_is_dead(self) -> None:
        node = self.Node()
        weak = self.heap.weakref(node)
        self.assertRegex(repr(weak), rf"^<refruntime WeakRef at 0x[0-9a-f]+; to Node at {node.address:#x}>$")
        self.assertEqual(node.refcount, 1)
        del node
        self.assertRegex(repr(weak), r"^<refruntime WeakRef at 0x[0-9a-f]+; dead>$")
        weak.close()
        self.assertEqual(repr(weak), "<refruntime WeakRef closed>")

    def test_its_repr_asks_nothing_of_the_target(self) -> None:
        class Odd(self.heap.type("Odd", refs=["next"])):  # type: ignore[misc]
            __slots__ = ()

            def __getattr__(self, name: str) -> Any:
                raise KeyError(name)

            def __repr__(self) -> str:
                raise RuntimeError

        odd = Odd()
        self.assertIn("Odd", repr(self.heap.weakref(odd)))
        self.assertIn("Odd", str(self.heap.weakref(odd)))

    def test_several_callbacks(self) -> None:
        node = self.Node()
        weaks = [self.heap.weakref(node, self.callback) for _ in range(2)]
        del node
        self.assertEqual((self.calls, [weak() for weak in weaks]), (2, [None, None]))

    def test_all_are_dead_before_the_first_callback(self) -> None:
        seen: List[Any] = []
        node = self.Node()
        weaks = [self.heap.weakref(node, lambda _w: seen.append([weak() for weak in weaks])) for _ in range(2)]
        del node
        self.assertEqual(seen, [[None, None]] * 2)

    def test_the_callback_may_be_given_by_name(self) -> None:
        node = self.Node()
        weak = self.heap.weakref(node, callback=self.callback)
        self.assertIsNot(weak, self.heap.weakref(node, callback=None))
        with self.assertRaises(TypeError):
            self.heap.weakref(node, self.callback, 1)  # type: ignore[call-arg]

    def test_one_without_callback_is_used_again(self) -> None:
        node = self.Node()
        first = self.heap.weakref(node)
        between = self.heap.weakref(node, self.callback)
        self.assertIs(self.heap.weakref(node), first)
        self.assertEqual(refruntime.getweakrefcount(node), 2)
        del between
        self.assertEqual(refruntime.getweakrefcount(node), 1)

    def test_none_is_the_same_as_no_callback(self) -> None:
        node = self.Node()
        for one, other in (((None,), (None,)), ((), (None,)), ((), ()), ((None,), ())):
            first, second = self.heap.weakref(node, *one), self.heap.weakref(node, *other)
            self.assertIs(first, second)
            del first, second

    def test_weak_references_are_counted(self) -> None:
        node = self.Node()
        kept = [self.heap.weakref(node), self.heap.weakref(node, self.callback), self.heap.weakref(node, self.callback)]
        self.assertEqual(refruntime.getweakrefcount(node), 3)
        kept.clear()
        self.assertEqual(refruntime.getweakrefcount(node), 0)
        with self.assertRaises(TypeError):
            refruntime.getweakrefcount(1)

    def test_weak_references_are_listed(self) -> None:
        other = self.Node()
        for dropped in (0, 1):
            node = self.Node()
            kept = [self.heap.weakref(node, self.callback), self.heap.weakref(node, self.callback)]
            elsewhere = self.heap.weakref(other)
            del kept[dropped]
            self.assertEqual(refruntime.getweakrefs(node), kept)
            kept.append(self.heap.weakref(node))
            self.assertEqual(set(refruntime.getweakrefs(node)), set(kept))
            self.assertEqual((node.refcount, self.heap.get_weakrefs(other)), (1, [elsewhere]))
            kept.clear()
            self.assertEqual(refruntime.getweakrefs(node), [])
        with self.assertRaises(TypeError):
            refruntime.getweakrefs(1)

    def test_its_callback_can_be_read_until_it_was_called(self) -> None:
        node = self.Node()
        weak, plain = self.heap.weakref(node, self.callback), self.heap.weakref(node)
        self.assertEqual((weak.__callback__, plain.__callback__), (self.callback, None))
        del node
        self.assertIsNone(weak.__callback__)
        self.assertEqual(self.calls, 1)

    def test_its_callback_can_not_be_set(self) -> None:
        weak = self.heap.weakref(self.heap.list(), self.callback)
        with self.assertRaises(AttributeError):
            weak.__callback__ = print

    def test_one_without_callback_has_none_where_one_with_a_callback_was(self) -> None:
        node = self.Node()
        keeper = self.heap.list(self.heap.weakref(node, self.callback) for _ in range(60))
        addresses = {weak.address for weak in keeper}
        keeper.clear()  # they die where Python does not see it
        made = []
        for _ in range(10_000):
            made.append(self.heap.weakref(self.Node()))
            if made[-1].address in addresses:
                break
        self.assertIn(made[-1].address, addresses)
        self.assertIsNone(made[-1].__callback__)

    def test_it_is_equal_to_itself_alone_alive_or_dead(self) -> None:
        # CPython compares the targets while they live.
        first, second = self.heap.list(), self.heap.list()
        a, b, c = self.heap.weakref(first), self.heap.weakref(second), self.heap.weakref(first, bool)
        for _ in range(2):
            self.assertTrue(a == a and not a != a and a == a.alias())
            for other in (b, c, first, None, 1):
                self.assertFalse(a == other)
                self.assertTrue(a != other)
            first.close()
            second.close()
        self.assertTrue(a == unittest.mock.ANY)

    def test_it_has_no_order(self) -> None:
        first, second = self.heap.list(), self.heap.list()
        a, b = self.heap.weakref(first), self.heap.weakref(second)
        for _ in range(2):
            for compare in (operator.lt, operator.gt, operator.le, operator.ge):
                with self.assertRaises(TypeError):
                    compare(a, b)
            first.close()
            second.close()

    def test_its_hash_is_its_own_and_stays(self) -> None:
        # CPython hashes the target, and a dead one only if it was hashed alive.
        node = self.Node()
        weak, another = self.heap.weakref(node), self.heap.weakref(node, bool)
        before = hash(weak)
        self.assertNotEqual(before, hash(node))
        self.assertEqual(len({weak, another}), 2)
        del node
        self.assertEqual(hash(weak), before)
        self.assertIn(weak, {weak: 1})
        hash(another)

    def test_it_keeps_nothing_of_pythons_and_is_made_by_its_heap(self) -> None:
        class MyRef(refruntime.WeakRef):
            pass

        node = self.Node()
        with self.assertRaises(TypeError):
            MyRef(node)
        with self.assertRaises(AttributeError):
            self.heap.weakref(node).value = 42


class Callbacks(Scenario):
    def test_they_run_while_an_exception_is_on_its_way(self) -> None:
        kept: dict = {}

        def encapsulate() -> None:
            node = self.Node()
            kept[self.heap.weakref(node, kept.pop)] = None
            raise KeyError("the real one")

        for _ in range(2):
            with self.assertRaisesRegex(KeyError, "the real one"):
                encapsulate()
            settle()
            self.assertEqual(kept, {})

    def test_they_may_collect_while_their_target_dies(self) -> None:
        def collect(_weak: Any) -> None:
            self.callback(_weak)
            self.heap.collect()
            gc.collect()

        node = self.Node()
        weak = self.heap.weakref(node, collect)
        del node
        self.assertEqual((self.calls, weak()), (1, None))
        del weak
        inner = self.Node(next=self.Node())
        weak = self.heap.weakref(inner.next, collect)
        outer = self.Node(next=inner)
        del inner
        del outer
        self.assertEqual((self.calls, weak()), (2, None))
        self.heap.verify()

    def test_one_that_lies_in_the_dead_cycle_is_not_called(self) -> None:
        a, b = self.Node(), self.Node()
        a.next, b.next = b, a
        a.weak, b.weak = self.heap.weakref(b, self.callback), self.heap.weakref(a, self.callback)
        outside = self.heap.weakref(a, lambda weak: seen.append(weak()))
        seen: List[Any] = []
        del a, b
        self.assertEqual((self.calls, seen), (0, []))
        self.assertEqual(self.heap.collect(), 2)
        self.assertEqual((self.calls, seen, outside()), (0, [None], None))
        self.heap.collect()
        self.assertEqual((self.calls, seen), (0, [None]))

    def test_one_whose_target_can_not_reach_it_back_is_not_called_either(self) -> None:
        target, holder = self.Node(), self.Node()
        holder.next, holder.other, holder.weak = holder, target, self.heap.weakref(target, self.callback)
        del target, holder
        self.assertEqual(self.heap.collect(), 2)
        self.assertEqual((self.calls, self.live()), (0, 0))

    def test_a_handle_in_a_callback_holds_from_outside_and_a_weak_reference_does_not(self) -> None:
        # In CPython the collector sees what a callback refers to, here Python keeps it from dying.
        for inside in ("a handle", "a weak reference"):
            target, holder = self.Node(), self.Node()
            reach = holder if inside == "a handle" else self.heap.weakref(holder)
            holder.next, holder.other = holder, target
            holder.weak = self.heap.weakref(target, lambda _w, reach=reach: self.fail("never called"))
            weak = self.heap.weakref(holder)
            del target, holder, reach
            if inside == "a handle":
                self.assertEqual((self.heap.collect(), weak().other is not None), (0, True))
                last = weak().weak
                weak().weak = None
                del last  # the callback goes with its weak reference, and the handle with the callback
            self.assertEqual(self.heap.collect(), 2)
            self.assertIsNone(weak())

    def test_weak_references_to_weak_references(self) -> None:
        seen: List[str] = []
        c, d = self.Node(), self.Node()
        c.next, d.next = d, c
        inner = self.heap.weakref(d, lambda _w: seen.append("of the dead"))
        c.weak = inner
        d.weak = self.heap.weakref(inner, lambda _w: seen.append("of the dead"))
        outside = self.heap.weakref(inner, lambda _w: seen.append("from outside"))
        self.assertIs(outside(), inner)
        del inner, c, d
        self.assertEqual(seen, [])
        self.heap.collect()
        self.assertEqual((seen, outside()), (["from outside"], None))
        self.heap.collect()
        self.assertEqual(seen, ["from outside"])

    def test_a_collection_while_a_weak_reference_is_made(self) -> None:
        self.heap.set_threshold(1)
        referenced = self.Node()
        for _ in range(100):
            for _ in range(2):
                a = self.Node()
                a.next = a
                a.weak = self.heap.weakref(referenced)
            weak = self.heap.weakref(referenced, self.callback)
        self.assertIs(weak(), referenced)
        self.assertEqual(self.calls, 0)

    def test_one_made_by_the_finalizer_is_dead_afterwards(self) -> None:
        made: List[Any] = []
        Target = self.heap.type("Target", refs=["me"], finalizer=lambda node: made.append(self.heap.weakref(node, self.callback)))
        Target()
        cycle = Target()
        cycle.me = cycle
        del cycle
        self.heap.collect()
        self.assertEqual(([weak() for weak in made], self.calls), ([None, None], 2))

    def test_in_a_long_chain_none_can_get_at_who_is_dying(self) -> None:
        seen: List[Any] = []
        watches: List[Any] = []
        node = root = self.Node()
        for _ in range(100):
            child = self.Node(next=node)
            own = self.heap.weakref(child)
            watches.append(self.heap.weakref(node, lambda _w, own=own: seen.append(own())))
            node = child
        del root, child, own
        del node
        self.assertEqual((seen, self.live()), ([None] * 100, 100))

    def test_the_dead_may_be_collected_for_from_a_callback(self) -> None:
        Loud = self.heap.type("Loud", finalizer=lambda _loud: None)
        loud = Loud()
        weak = self.heap.weakref(loud, lambda _w: self.callback(self.heap.collect()))
        del loud
        self.heap.collect()
        self.assertEqual((self.calls, weak()), (1, None))

    def test_clearing_and_calling_need_no_memory(self) -> None:
        with refruntime.Heap(max_bytes=1 << 20, manual_gc=True) as heap, Unraisable() as unraisable:
            target = heap.list()
            kept = [heap.weakref(target, self.callback) for _ in range(50)]
            fill = []
            with self.assertRaises(MemoryError):
                while True:
                    fill.append(heap.bytes(16))
            del target
            self.assertEqual((self.calls, unraisable.values), (50, []))
            self.assertEqual([weak() for weak in kept], [None] * 50)


class PythonsOwnWeakReferences(Scenario):
    """They work, but they watch the handle, which may go while the object lives."""

    def test_they_are_dead_when_the_handle_is(self) -> None:
        keeper = self.heap.list([self.Node()])
        handle = keeper[0]
        theirs = weakref.ref(handle)
        self.assertIs(theirs(), handle)
        del handle
        self.assertIsNone(theirs())
        self.assertEqual(len(keeper), 1)

    def test_their_dictionaries_lose_an_entry_when_the_handle_goes(self) -> None:
        keeper = self.heap.list([self.Node()])
        values, keys = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary()
        handle = keeper[0]
        values["node"], keys[handle] = handle, "node"
        self.assertEqual((values["node"], keys[keeper[0]]), (handle, "node"))
        del handle
        self.assertEqual((len(values), len(keys), len(keeper)), (0, 0, 1))

    def test_their_finalize_is_called_when_the_handle_goes(self) -> None:
        keeper = self.heap.list([self.Node()])
        handle = keeper[0]
        finalize = weakref.finalize(handle, self.callback, None)
        del handle
        self.assertEqual((self.calls, finalize.alive, len(keeper)), (1, False, 1))


if __name__ == "__main__":
    unittest.main()
