"""Declared types: layout, attributes, items, and what is refused."""

from __future__ import annotations

import ctypes
import unittest
from ctypes import c_bool, c_char, c_char_p, c_double, c_float, c_int8, c_int64, c_uint16, c_uint32, c_void_p, py_object

from support import HeapTestCase

import refruntime


class Point(ctypes.Structure):
    _fields_ = [("x", c_double), ("y", c_double)]


class Types(HeapTestCase):
    def test_fields_start_at_zero_and_references_at_none(self) -> None:
        Node = self.heap.type("Node", refs=["next"], fields={"value": c_int64, "weight": c_double, "on": c_bool})
        node = Node()
        self.assertEqual((node.next, node.value, node.weight, node.on), (None, 0, 0.0, False))

    def test_fields_are_set_by_the_constructor_and_by_attribute(self) -> None:
        Node = self.heap.type("Node", refs=["next"], fields={"value": c_int64})
        a = Node(value=-7)
        b = Node(value=2**63 - 1, next=a)
        self.assertEqual((a.value, b.value, b.next), (-7, 2**63 - 1, a))
        b.value = 5
        b.next = None
        self.assertEqual((b.value, b.next, a.refcount), (5, None, 1))

    def test_the_layout_is_references_first_then_fields_as_c_aligns_them(self) -> None:
        fields = {"a": c_int8, "b": c_uint16, "c": c_int8, "d": c_double, "e": c_int8}
        Mixed = self.heap.type("Mixed", refs=["r", "s"], fields=fields)
        offsets = [getattr(Mixed, name).offset for name in ("r", "s", *fields)]

        class Expected(ctypes.Structure):
            _fields_ = [("r", c_void_p), ("s", c_void_p), *fields.items()]

        self.assertEqual(offsets, [getattr(Expected, name).offset for name in ("r", "s", *fields)])
        mixed = Mixed(a=1, b=2, c=3, d=4.5, e=-5)
        self.assertEqual((mixed.a, mixed.b, mixed.c, mixed.d, mixed.e), (1, 2, 3, 4.5, -5))
        self.assertEqual(self.heap._api.size(mixed.address), offsets[-1] + 1)

    def test_an_integer_that_does_not_fit_is_refused_and_nothing_is_written(self) -> None:
        Small = self.heap.type("Small", fields={"u": c_uint32, "i": c_int8})
        small = Small(u=7, i=-8)
        for name, value in (("u", -1), ("u", 2**32), ("i", 128), ("i", -129)):
            with self.assertRaises(OverflowError):
                setattr(small, name, value)
        with self.assertRaises(TypeError):
            small.u = "x"
        with self.assertRaises(TypeError):
            small.u = 1.5
        self.assertEqual((small.u, small.i), (7, -8))

    def test_arrays_structures_and_characters(self) -> None:
        Rich = self.heap.type("Rich", fields={"at": Point, "name": c_char * 8, "letter": c_char, "f": c_float})
        rich = Rich(at=(1.5, 2.5), letter=b"z", f=0.1)
        rich.name = (c_char * 8)(*b"abc")
        copied = rich.at
        copied.x = 99
        self.assertEqual((rich.at.x, rich.at.y, rich.name.value, rich.letter), (1.5, 2.5, b"abc", b"z"))
        self.assertAlmostEqual(rich.f, 0.1, places=6)

    def test_pointers_into_python_are_refused(self) -> None:
        class Holder(ctypes.Structure):
            _fields_ = [("text", c_char_p)]

        for kind in (c_char_p, py_object, ctypes.c_wchar_p, Holder, c_char_p * 2, ctypes.POINTER(c_int64), int, "q", None):
            with self.assertRaises(TypeError):
                self.heap.type("Bad", fields={"bad": kind})
        Pointer = self.heap.type("Pointer", fields={"p": c_void_p})
        self.assertIsNone(Pointer().p)
        self.assertEqual(Pointer(p=4096).p, 4096)

    def test_names_that_can_not_be_attributes_are_refused(self) -> None:
        for names in (["a b"], ["1a"], ["class"], ["_private"], ["heap"], ["refcount"], ["close"], ["a", "a"], [3]):
            with self.assertRaises(ValueError):
                self.heap.type("Bad", refs=names)
        with self.assertRaises(ValueError):
            self.heap.type("Bad", refs=["a"], fields={"a": c_int8})
        with self.assertRaises(TypeError):
            self.heap.type("Bad", refs="next")
        with self.assertRaises(TypeError):
            self.heap.type("Bad", finalizer=3)
        for name in ("", "a\0b"):
            with self.assertRaises(ValueError):
                self.heap.type(name)

    def test_declarations_of_something_else_are_named(self) -> None:
        for wrong in (5, None, b"Node", ["Node"]):
            with self.assertRaisesRegex(TypeError, "^name must be a str, not "):
                self.heap.type(wrong)  # type: ignore[arg-type]
        with self.assertRaisesRegex(TypeError, "^refs must be a sequence of names, not int"):
            self.heap.type("Node", refs=5)  # type: ignore[arg-type]
        for fields in (5, ["value"], "value"):
            with self.assertRaisesRegex(TypeError, "^fields must be a mapping, not "):
                self.heap.type("Node", fields=fields)  # type: ignore[arg-type]

    def test_unknown_fields_and_wrong_values_are_refused(self) -> None:
        Node = self.heap.type("Node", refs=["next"])
        node = Node()
        with self.assertRaises(TypeError):
            Node(nothing=1)
        with self.assertRaises(TypeError):
            Node(1)
        with self.assertRaises(AttributeError):
            node.nothing = 1
        with self.assertRaises(AttributeError):
            node.nothing
        for wrong in (1, "x", [], object()):
            with self.assertRaises(TypeError):
                node.next = wrong

    def test_a_reference_into_another_heap_is_refused(self) -> None:
        Node = self.heap.type("Node", refs=["next"])
        with refruntime.Heap() as other:
            there = other.type("Node", refs=["next"])()
            node = Node()
            with self.assertRaises(ValueError) as caught:
                node.next = there
            self.assertIn("rr_store", str(caught.exception))
            with self.assertRaises(ValueError):
                self.heap.list([there])
            self.assertIsNone(node.next)
            self.assertEqual(there.refcount, 1)

    def test_value_items(self) -> None:
        Row = self.heap.type("Row", fields={"tag": c_int8}, items=c_double)
        row = Row([1.0, 2.0, 3.5], tag=9)
        self.assertEqual((len(row), list(row), row[-1], row.tag), (3, [1.0, 2.0, 3.5], 3.5, 9))
        row[0] = -1
        self.assertEqual(row[0], -1.0)
        self.assertEqual(list(Row(2)), [0.0, 0.0])
        for index in (3, -4):
            with self.assertRaises(IndexError):
                row[index]
            with self.assertRaises(IndexError):
                row[index] = 1.0
        self.assertEqual(len(Row(0)), 0)
        with self.assertRaises(ValueError):
            Row(-1)
        with self.assertRaises(TypeError):
            Row()

    def test_reference_items_hold_and_make_cycles(self) -> None:
        Array = self.heap.type("Array", fields={"tag": c_int8}, items=refruntime.Ref)
        array = Array(3, tag=1)
        leaf = self.heap.bytes(b"x")
        array[0], array[1] = array, leaf
        self.assertEqual((array[0], array[1], array[2]), (array, leaf, None))
        self.assertEqual((array.refcount, leaf.refcount), (2, 2))
        array[1] = None
        self.assertEqual(leaf.refcount, 1)
        del array
        self.assertEqual(self.heap.collect(), 1)

    def test_too_many_items_are_an_overflow_or_out_of_memory(self) -> None:
        Row = self.heap.type("Row", items=c_double)
        with self.assertRaises((OverflowError, MemoryError)):
            Row(2**62)
        with self.assertRaises((OverflowError, MemoryError)):
            self.heap.bytes(2**64 - 1)
        self.heap.verify()

    def test_a_type_without_anything(self) -> None:
        Empty = self.heap.type("Empty")
        a, b = Empty(), Empty()
        self.assertNotEqual(a.address, b.address)

    def test_types_of_one_shape_share_a_registration_across_heaps_but_not_within_one(self) -> None:
        first = self.heap.type("Shared", refs=["a"])
        second = self.heap.type("Shared", refs=["a"])
        self.assertNotEqual(first._type_id, second._type_id)
        with refruntime.Heap() as other:
            third = other.type("Shared", refs=["a"])
            fourth = other.type("Shared", refs=["a"])
            self.assertEqual({third._type_id, fourth._type_id}, {first._type_id, second._type_id})
            self.assertIsInstance(third(), third)
            self.assertIsInstance(third(a=fourth()).a, fourth)
            fifth = other.type("Shared", refs=["b"])  # what its slot is called is part of a type
            self.assertNotIn(fifth._type_id, (first._type_id, second._type_id))

    def test_objects_come_back_as_their_own_class(self) -> None:
        A = self.heap.type("A", refs=["x"])
        B = self.heap.type("B", refs=["y"])
        b = B(y=A())
        self.assertIsInstance(b.y, A)
        self.assertEqual(type(b.y).__name__, "A")

    def test_a_derived_class_gives_methods_and_takes_the_place_of_its_type(self) -> None:
        Base = self.heap.type("Node", refs=["next"], fields={"value": c_int64})

        class Node(Base):  # type: ignore[misc, valid-type]
            __slots__ = ()

            def total(self) -> int:
                return self.value + (self.next.total() if self.next else 0)

        node = Node(value=1, next=Base(value=2, next=Node(value=3)))
        self.assertIsInstance(node.next.next, Node)
        node.next.close()  # the handle made by Base; the object comes back as a Node
        self.assertEqual(node.total(), 6)
        self.assertEqual(len(self.heap.get_objects(Node)), 3)
        self.assertEqual(len(self.heap.get_objects(Base)), 3)
        with self.assertRaisesRegex(TypeError, "__slots__"):

            class WithDict(Base):  # type: ignore[misc, valid-type]
                pass

        with self.assertRaisesRegex(TypeError, "already"):

            class Second(Base):  # type: ignore[misc, valid-type]
                __slots__ = ()

    def test_acyclic_objects_are_left_out_of_collections(self) -> None:
        Tree = self.heap.type("Tree", refs=["child"], acyclic=True)
        tree = Tree()
        tree.child = tree  # a broken promise: nobody will ever collect it
        del tree
        self.assertEqual(self.heap.collect(), 0)
        self.assertEqual(self.live(), 1)

    def test_a_type_of_a_closed_heap_makes_nothing(self) -> None:
        heap = refruntime.Heap()
        Node = heap.type("Node", refs=["next"])
        heap.close()
        with self.assertRaises(refruntime.ClosedError):
            Node()
        with self.assertRaises(refruntime.ClosedError):
            heap.type("Other")


if __name__ == "__main__":
    unittest.main()
