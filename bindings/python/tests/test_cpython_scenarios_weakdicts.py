"""What CPython's Lib/test/test_weakref.py tests of weak dictionaries, with this package's. cpython_scenarios.tsv says which scenario
became what."""

from __future__ import annotations

import contextlib
import copy
import random
import threading
import unittest
from ctypes import c_int64
from typing import Any, Callable, Iterator, List, Tuple

from support import HeapTestCase, settle

import refruntime
from refruntime import WeakKeyDictionary, WeakValueDictionary

COUNT = 10


class Scenario(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Node = self.heap.type("Node", refs=["me"], fields={"number": c_int64})

    def loop(self) -> Any:
        node = self.Node()
        node.me = node
        return node

    def both(self) -> Iterator[Tuple[Any, List[Any], Callable[[Any, int], Tuple[Any, Any]]]]:
        """A dictionary of each kind, its objects, and how an object and a number become an entry."""
        for kind, pair in ((WeakValueDictionary, lambda node, number: (number, node)), (WeakKeyDictionary, lambda node, number: (node, number))):
            objects = [self.Node(number=number) for number in range(COUNT)]
            dictionary = kind()
            for node in objects:
                key, value = pair(node, node.number)
                dictionary[key] = value
            key = value = node = None
            yield dictionary, objects, pair


class Entries(Scenario):
    def test_they_are_there_as_long_as_their_object(self) -> None:
        for dictionary, objects, pair in self.both():
            for node in objects:
                self.assertEqual(refruntime.getweakrefcount(node), 1)
                key, value = pair(node, node.number)
                self.assertEqual((dictionary[key], key in dictionary), (value, True))
            self.assertEqual(sorted(dictionary.items(), key=str), sorted(dictionary.copy().items(), key=str))
            self.assertEqual(len(dictionary), COUNT)
            del key, value, node
            del objects[0]
            self.assertEqual(len(dictionary), COUNT - 1)
            objects.clear()
            self.assertEqual((len(dictionary), list(dictionary), dict(dictionary.items())), (0, [], {}))

    def test_they_stay_when_only_the_handle_goes(self) -> None:
        for dictionary, objects, pair in self.both():
            keeper = self.heap.list(objects)
            objects.clear()
            settle()
            self.assertEqual((len(dictionary), len(dict(dictionary.items()))), (COUNT, COUNT))
            key, value = pair(keeper[3], 3)
            self.assertEqual(dictionary[key], value)
            del key, value
            keeper.clear()
            self.assertEqual(len(dictionary), 0)

    def test_of_cycles_they_go_with_a_collection_also_while_one_is_iterated_over(self) -> None:
        for dictionary, objects, pair in self.both():
            for node in objects:
                node.me = node
            del node
            iterator = dictionary.items()
            next(iterator)
            objects.clear()
            self.heap.collect()
            self.assertIn(len(dictionary), (0, 1))
            del iterator
            self.heap.collect()
            self.assertEqual(len(dictionary), 0)

    def test_their_number_while_collections_start_by_themselves(self) -> None:
        for threshold in range(1, 60, 7):
            self.heap.set_threshold(threshold)
            for kind in (WeakValueDictionary, WeakKeyDictionary):
                nodes = [self.loop() for _ in range(20)]
                dictionary = kind((number, node) if kind is WeakValueDictionary else (node, number) for number, node in enumerate(nodes))
                nodes.clear()
                iterator = dictionary.items()
                next(iterator, None)
                first = len(dictionary)
                del iterator
                self.loop()
                self.assertTrue(0 <= len(dictionary) <= first <= 20)
                self.heap.collect()
                self.assertEqual(len(dictionary), 0)

    def test_an_object_that_dies_at_once_leaves_none(self) -> None:
        dictionary = WeakValueDictionary()
        with self.assertRaises(KeyError):
            dictionary[1]
        dictionary[2] = self.Node()
        with self.assertRaises(KeyError):
            dictionary[2]

    def test_who_comes_back_keeps_them(self) -> None:
        kept: List[Any] = []
        dictionary = WeakValueDictionary(back=self.heap.type("Back", finalizer=kept.append)())
        self.assertEqual(dictionary["back"], kept[0])
        kept.clear()
        self.assertEqual(len(dictionary), 0)

    def test_they_are_gone_when_the_heap_is_closed(self) -> None:
        other = refruntime.Heap()
        made, mine = other.list(), self.heap.list()
        values, keys = WeakValueDictionary({1: made, 2: mine}), WeakKeyDictionary({made: 1, mine: 2})
        other.close()
        self.assertNotIn(1, values)
        self.assertEqual((len(values), dict(values.items())), (1, {2: mine}))
        self.assertEqual((len(keys), dict(keys.items())), (1, {mine: 2}))
        with self.assertRaises(refruntime.ClosedError):
            keys[made]

    def test_a_dictionary_leaves_nothing_behind(self) -> None:
        objects = [self.Node() for _ in range(COUNT)]
        values, keys = WeakValueDictionary(enumerate(objects)), WeakKeyDictionary((node, 1) for node in objects)
        self.assertEqual(self.heap.get_stats()["weakrefs_live"], 2 * COUNT)
        del values, keys
        self.assertEqual((self.heap.get_stats()["weakrefs_live"], self.heap._weak_callbacks), (0, {}))
        self.assertEqual(self.live(), COUNT)


class Methods(Scenario):
    def test_iterators_come_by_each_entry(self) -> None:
        for dictionary, objects, pair in self.both():
            expected = [pair(node, node.number) for node in objects]
            self.assertEqual(list(dictionary.items()), expected)
            self.assertEqual(list(dictionary), [key for key, _ in expected])
            self.assertEqual(list(dictionary.keys()), [key for key, _ in expected])
            self.assertEqual(list(dictionary.values()), [value for _, value in expected])
            weaks = dictionary.valuerefs() if isinstance(dictionary, WeakValueDictionary) else dictionary.keyrefs()
            self.assertEqual([weak() for weak in weaks], objects)

    def test_objects_may_die_while_it_is_iterated_over(self) -> None:
        for dictionary, objects, _ in self.both():
            for name in ("keys", "values", "items"):
                count = len(dictionary)
                iterator = getattr(dictionary, name)()
                held = next(iterator)
                del objects[-1]
                self.assertEqual(len(list(iterator)), len(objects) - 1)
                del iterator, held
                self.assertEqual(len(dictionary), count - 1)

    def test_it_may_be_changed_while_it_is_iterated_over(self) -> None:
        for dictionary, objects, pair in self.both():

            @contextlib.contextmanager
            def one_dies(dictionary: Any = dictionary, objects: Any = objects, pair: Any = pair) -> Iterator[Tuple[Any, Any]]:
                """While an iterator lives; gives an entry like that of who died."""
                iterator = iter(dictionary.items())
                held = next(iterator)
                number = objects.pop().number
                made = self.Node(number=number)
                yield pair(made, number)
                del iterator, held, made

            with one_dies() as (key, value):
                self.assertNotIn(key, dictionary)
            with one_dies() as (key, value):
                with self.assertRaises(KeyError):
                    del dictionary[key]
            with one_dies() as (key, value):
                with self.assertRaises(KeyError):
                    dictionary.pop(key)
            with one_dies() as (key, value):
                dictionary[key] = value
            self.assertEqual(dictionary[key], value)
            copied = copy.copy(dictionary)
            with one_dies():
                dictionary.update(copied)
            self.assertEqual(dictionary, copied)
            count = len(dictionary)
            with one_dies():
                dictionary.popitem()
                self.assertEqual(len(dictionary), count - 2)
            with one_dies():
                dictionary.clear()
            self.assertEqual(len(dictionary), 0)
            del key, value, copied

    def test_making_one_of_another(self) -> None:
        for dictionary, objects, pair in self.both():
            kind, plain = type(dictionary), dict(dictionary.items())
            for source in (plain, list(plain.items()), dictionary):
                made = kind(source)
                self.assertEqual(dict(made.items()), plain)
            del plain, source, made

    def test_making_one_with_odd_arguments(self) -> None:
        for arguments in (({}, {}), ((), ()), (1,)):
            with self.assertRaises(TypeError):
                WeakValueDictionary(*arguments)  # type: ignore[arg-type]
        node = self.Node()
        for name in ("self", "dict", "other", "iterable"):
            made = WeakValueDictionary(**{name: node})
            self.assertEqual((list(made.keys()), made[name]), ([name], node))
        with self.assertRaises(TypeError):
            WeakValueDictionary({1: 2})
        with self.assertRaises(TypeError):
            WeakKeyDictionary({1: 2})

    def test_popitem(self) -> None:
        for dictionary, objects, pair in self.both():
            found = [dictionary.popitem() for _ in range(COUNT)]
            self.assertEqual(sorted(found, key=str), sorted((pair(node, node.number) for node in objects), key=str))
            with self.assertRaises(KeyError):
                dictionary.popitem()

    def test_setdefault(self) -> None:
        node, other = self.Node(), self.Node()
        for dictionary, key, first, second in ((WeakValueDictionary(), "key", node, other), (WeakKeyDictionary(), node, "first", "second")):
            for value in (first, second):
                self.assertIs(dictionary.setdefault(key, value), first)
                self.assertIs(dictionary.get(key), first)

    def test_update_and_union(self) -> None:
        for dictionary, objects, pair in self.both():
            kind = type(dictionary)
            more = [self.Node(number=100 + number) for number in range(3)]
            pairs = [pair(node, node.number) for node in more] + [pair(objects[0], objects[0].number)]
            expected = {**dict(dictionary.items()), **dict(pairs)}
            updated = dictionary.copy()
            updated.update(dict(pairs))
            united = dictionary.copy()
            united |= pairs
            results = [updated, united, dictionary | kind(pairs), dictionary | dict(pairs), dict(pairs) | dictionary]
            for result in results:
                self.assertIs(type(result), kind)
                self.assertEqual(dict(result.items()), expected)
            with self.assertRaises(TypeError):
                dictionary | 3
            expected = pairs = result = None
            del more[0]
            self.assertEqual({len(result) for result in results}, {COUNT + 2})

    def test_taking_out(self) -> None:
        for dictionary, objects, pair in self.both():
            key, _ = pair(objects[0], objects[0].number)
            del dictionary[key]
            self.assertEqual((len(dictionary), key in dictionary), (COUNT - 1, False))
            self.assertEqual(refruntime.getweakrefcount(objects[0]), 0)
            with self.assertRaises(KeyError):
                del dictionary[key]
            with self.assertRaises(KeyError):
                dictionary[key]

    def test_keys_that_are_no_objects(self) -> None:
        dictionary = WeakKeyDictionary()
        for use in (lambda: dictionary[13], lambda: dictionary.pop(13), lambda: dictionary.__delitem__(13), lambda: dictionary.__setitem__(13, 13)):
            with self.assertRaises(TypeError):
                use()
        self.assertNotIn(13, dictionary)

    def test_its_repr(self) -> None:
        for dictionary, objects, _ in self.both():
            self.assertEqual(repr(dictionary), f"<refruntime {type(dictionary).__name__} with {COUNT} entries>")

    def test_a_deep_copy_copies_the_other_half(self) -> None:
        node = self.Node()
        values, keys = WeakValueDictionary({("a", 1): node}), WeakKeyDictionary({node: ["a"]})
        self.assertEqual(copy.deepcopy(values), values)
        copied = copy.deepcopy(keys)
        copied[node].append("b")
        self.assertEqual(keys[node], ["a"])


class Threads(Scenario):
    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        stop = threading.Event()

        def work() -> None:
            while not stop.wait(0.001):
                self.heap.collect()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)

    def test_an_entry_that_is_made_again_while_another_thread_collects(self) -> None:
        dictionary = WeakValueDictionary()
        with self.collecting():
            for _ in range(2_000):
                found = dictionary.setdefault(10, self.loop())
                self.assertIsNotNone(found)
                del found
            for _ in range(2_000):
                dictionary[10] = self.loop()
                self.assertIsNotNone(dictionary.pop(10, 10))
            for _ in range(2_000):
                node = self.loop()
                dictionary[10] = node
                self.assertEqual(len(dictionary), 1)
                del node

    def test_the_callback_of_an_old_entry_leaves_the_new_one(self) -> None:
        dictionary = WeakValueDictionary()
        dictionary[10] = self.loop()
        old = dictionary.valuerefs()[0]  # it lives on, and calls
        node = self.Node()
        dictionary[10] = node
        self.heap.collect()
        self.assertIsNone(old())
        self.assertEqual((len(dictionary), dictionary[10]), (1, node))

    def test_copies_while_another_thread_lets_objects_die(self) -> None:
        for do_copy in (copy.copy, copy.deepcopy):
            for kind in (WeakValueDictionary, WeakKeyDictionary):
                nodes = [self.Node(number=number) for number in range(2_000)]
                dictionary = kind((node.number, node) if kind is WeakValueDictionary else (node, node.number) for node in nodes)
                errors: List[BaseException] = []

                def work(dictionary: Any = dictionary, errors: List[Any] = errors, do_copy: Any = do_copy) -> None:
                    try:
                        while dictionary:
                            do_copy(dictionary)
                    except BaseException as error:  # noqa: BLE001 - reported below
                        errors.append(error)

                thread = threading.Thread(target=work)
                thread.start()
                choose = random.Random(1)
                while nodes:
                    nodes.pop(choose.randrange(len(nodes)))
                thread.join(60)
                self.assertEqual((errors, len(dictionary), thread.is_alive()), ([], 0, False))


if __name__ == "__main__":
    unittest.main()
