"""List, Tuple and Bytes behave as Python's own, checked against Python's own."""

from __future__ import annotations

import random
import unittest
from ctypes import c_int64

from support import HeapTestCase

import refruntime


class Containers(HeapTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.Int = self.heap.type("Int", fields={"value": c_int64})
        self.items = [self.Int(value=value) for value in range(6)]

    def values(self, sequence: object) -> list:
        return [item.value for item in sequence]  # type: ignore[attr-defined]

    def test_a_list_holds_its_items(self) -> None:
        made = self.heap.list(self.items)
        self.assertEqual(len(made), 6)
        self.assertTrue(all(item.refcount == 2 for item in self.items))
        self.assertIs(made[2], self.items[2])
        self.assertEqual(made[-1], self.items[5])
        del made
        self.assertTrue(all(item.refcount == 1 for item in self.items))

    def test_lists_do_what_python_lists_do(self) -> None:
        seed = 20240607
        choose = random.Random(seed)
        ours, theirs = self.heap.list(), []
        for step in range(600):
            item = choose.choice(self.items)
            where = choose.randint(-8, 8)
            part = slice(choose.choice([None, where]), choose.choice([None, choose.randint(-8, 8)]))
            some = [choose.choice(self.items) for _ in range(choose.randint(0, 3))]
            action = choose.choice(
                [
                    lambda x: x.append(item),
                    lambda x: x.insert(where, item),
                    lambda x: x.__setitem__(where, item),
                    lambda x: x.__delitem__(where),
                    lambda x: x.pop(where),
                    lambda x: x.pop(),
                    lambda x: x.remove(item),
                    lambda x: x.index(item),
                    lambda x: x.index(item, where),
                    lambda x: x.count(item),
                    lambda x: x.reverse(),
                    lambda x: x.extend(some),
                    lambda x: item in x,
                    lambda x: self.values(x[part]),
                    lambda x: x.__delitem__(part),
                    lambda x: x.__setitem__(part, some),
                    lambda x: x.__setitem__(slice(None, None, 2), [item] * len(range(0, len(x), 2))),
                    lambda x: x.__delitem__(slice(None, None, -3)),
                    lambda x: x.clear() if len(x) > 20 else None,
                ]
            )
            outcomes = []
            for target in (ours, theirs):
                try:
                    outcomes.append(action(target))
                except (IndexError, ValueError) as error:
                    outcomes.append(type(error) if not isinstance(error, refruntime.RefRuntimeError) else error)
            self.assertEqual(outcomes[0], outcomes[1], f"seed {seed}, step {step}")
            self.assertEqual(list(ours), theirs, f"seed {seed}, step {step}")
        for item in self.items:
            self.assertEqual(item.refcount, 1 + theirs.count(item))

    def test_a_list_can_be_extended_by_itself(self) -> None:
        made = self.heap.list(self.items[:2])
        made.extend(made)
        made += made
        self.assertEqual(self.values(made), [0, 1] * 4)

    def test_a_list_refuses_what_is_no_object(self) -> None:
        made = self.heap.list([self.items[0]])
        for wrong in (1, "x", []):
            for action in (made.append, lambda w: made.insert(0, w), lambda w: made.__setitem__(0, w)):
                with self.assertRaises(TypeError):
                    action(wrong)
        with self.assertRaises(ValueError) as caught:
            made.append(None)
        self.assertIn("rr_list_append", str(caught.exception))
        with self.assertRaises(ValueError):
            made[0] = None
        with self.assertRaises(TypeError):
            made["0"]
        with self.assertRaises(IndexError):
            made[1]
        with self.assertRaises(IndexError):
            del made[-2]
        self.assertEqual(list(made), self.items[:1])

    def test_a_list_is_empty_and_false_or_full_and_true(self) -> None:
        made = self.heap.list()
        self.assertFalse(made)
        made.append(made)
        self.assertTrue(made)
        self.assertIn(made, made)
        made.clear()
        self.assertEqual((len(made), made.refcount), (0, 1))

    def test_a_tuple_holds_objects_and_none(self) -> None:
        made = self.heap.tuple([self.items[0], None, self.items[1], self.items[0]])
        self.assertEqual((len(made), made[0], made[1], made[-1]), (4, self.items[0], None, self.items[0]))
        self.assertEqual(self.items[0].refcount, 3)
        self.assertEqual((made.index(self.items[1]), made.count(self.items[0]), made.index(None)), (2, 2, 1))
        self.assertIn(None, made)
        self.assertNotIn(self.items[3], made)
        self.assertEqual(list(made[1:3]), [None, self.items[1]])
        self.assertEqual(list(reversed(made)), list(made)[::-1])
        with self.assertRaises(IndexError):
            made[4]
        with self.assertRaises(TypeError):
            made[0] = self.items[2]  # type: ignore[index]
        with self.assertRaises(TypeError):
            self.heap.tuple([1])
        self.assertEqual(len(self.heap.tuple()), 0)
        del made
        self.assertEqual(self.items[0].refcount, 1)

    def test_a_long_tuple(self) -> None:
        made = self.heap.tuple([self.items[0]] * 100_000)
        self.assertEqual(self.items[0].refcount, 100_001)
        self.assertEqual(made.count(self.items[0]), 100_000)
        del made
        self.assertEqual(self.items[0].refcount, 1)

    def test_bytes(self) -> None:
        made = self.heap.bytes(b"hello")
        self.assertEqual((len(made), bytes(made), made[0], made[-1], made[1:3]), (5, b"hello", 104, 111, b"el"))
        made[0] = 72
        made[1:3] = b"EL"
        self.assertEqual(bytes(made), b"HELlo")
        self.assertEqual(list(made), list(b"HELlo"))
        self.assertIn(72, made)
        for wrong in (256, -1):
            with self.assertRaises(ValueError):
                made[0] = wrong
        with self.assertRaises(ValueError):
            made[1:3] = b"toolong"
        with self.assertRaises(IndexError):
            made[5]
        self.assertEqual(bytes(self.heap.bytes(3)), b"\0\0\0")
        self.assertEqual(bytes(self.heap.bytes(0)), b"")
        self.assertEqual(bytes(self.heap.bytes(memoryview(b"abcd")[1:3])), b"bc")
        self.assertFalse(self.heap.bytes(b""))

    def test_large_bytes_come_and_go(self) -> None:
        content = bytes(range(256)) * 40_000
        made = self.heap.bytes(content)
        self.assertEqual(bytes(made), content)
        before = self.heap.get_stats()["live_bytes"]
        del made
        self.assertLess(self.heap.get_stats()["live_bytes"], before - len(content) + 1)

    def test_containers_compare_by_identity(self) -> None:
        self.assertNotEqual(self.heap.list(), self.heap.list())
        self.assertNotEqual(self.heap.bytes(b"a"), self.heap.bytes(b"a"))
        made = self.heap.list()
        self.assertEqual(made, made.alias())


if __name__ == "__main__":
    unittest.main()
