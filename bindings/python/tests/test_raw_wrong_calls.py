"""Wrong calls of every function of the C ABI, through the generated raw layer.

Each case names function, arguments, result and the statuses that are right. Afterwards the error message must name
the function, the heap must be sound, and what was there must still be there. A function without a case fails the test.
"""

from __future__ import annotations

import ctypes
import os
import tempfile
import threading
import unittest
from ctypes import byref, c_int64, c_uint32, c_void_p, sizeof
from typing import Any, Callable, Dict, List, Tuple

import support  # noqa: F401 - finds the package

from refruntime import _raw as rr

NULL_OR_NO_OBJECT = (rr.RR_E_ARGUMENT, rr.RR_E_NOT_OBJECT)
HUGE = 2**64 - 1


def functions() -> Dict[str, Callable[..., Any]]:
    """All functions of the raw layer by name."""
    return {name: value for name, value in vars(rr).items() if isinstance(value, ctypes._CFuncPtr)}  # type: ignore[attr-defined]


class WrongCalls(unittest.TestCase):
    def setUp(self) -> None:
        options = rr.rr_heap_options(struct_size=sizeof(rr.rr_heap_options), flags=rr.RR_HEAP_SERIALIZED)
        self.heap = rr.rr_heap_new(byref(options))
        self.other_heap = rr.rr_heap_new(byref(options))
        self.assertTrue(self.heap and self.other_heap)
        self.list = rr.rr_list_new(self.heap)
        self.bytes = rr.rr_alloc_items(self.heap, rr.RR_TYPE_BYTES, 32)
        self.stranger = rr.rr_list_new(self.other_heap)
        self.weak = rr.rr_weakref_new(self.bytes, rr.rr_weakref_fn(), None)
        rr.rr_list_append(self.list, self.bytes)
        self.buffer = (c_int64 * 64)()
        self.slot = c_void_p(None)

    def tearDown(self) -> None:
        for heap in (self.heap, self.other_heap):
            self.assertEqual(rr.rr_heap_verify(heap), rr.RR_OK, rr.rr_last_error())
        self.assertEqual(rr.rr_list_count(self.list), 1)
        self.assertEqual((rr.rr_getrefcount(self.list), rr.rr_getrefcount(self.bytes)), (1, 2))
        self.assertEqual(rr.rr_getrefcount(self.stranger), 1)
        for heap in (self.heap, self.other_heap):
            self.assertEqual(rr.rr_heap_free(heap), rr.RR_OK)

    def dead_object(self) -> int:
        """An address that was an object a moment ago."""
        made: int = rr.rr_alloc_items(self.heap, rr.RR_TYPE_BYTES, 32)
        rr.rr_decref(made)
        return made

    def no_objects(self) -> List[Any]:
        """Addresses of all sorts that are no objects; None is NULL."""
        inside = ctypes.addressof(self.buffer)
        return [
            None,
            1,
            8,
            16,
            4096,
            0x7FFF_FFFF_FFF0,
            0x8000_0000_0000,
            0xDEAD_BEEF_DEAD_BEE0,
            2**64 - 16,
            inside,
            inside + 16 - inside % 16,
            self.heap,
            self.heap + 16,
            self.bytes + 8,
            self.bytes + 16,
            self.bytes - 8,
            self.bytes - 16,
            self.bytes + 1,
            self.bytes + 2**20,
            self.list & ~0xFFFF,
            self.list & ~0x3F_FFFF,
            self.dead_object(),
        ]

    def expect(self, name: str, arguments: Tuple[Any, ...], result: Any, statuses: Tuple[int, ...]) -> None:
        """Call a function wrongly, and check its answer and what it says about it."""
        given = getattr(rr, name)(*arguments)
        with self.subTest(function=name, arguments=arguments):
            self.assertEqual(given, result if result != "status" else given)
            if result == "status":
                self.assertIn(given, statuses)
            if statuses:
                self.assertIn(rr.rr_last_status(), statuses)
                self.assertIn(name, rr.rr_last_error().decode())

    # What each function answers to an address that is no object, by kind

    ANY_STATUS = ("rr_incref", "rr_decref", "rr_make_immortal")
    ANY_COUNT = ("rr_getrefcount", "rr_weakref_count")
    ANY_POINTER = ("rr_heap_of", "rr_newref", "rr_weakref_get")
    ANY_NUMBER = ("rr_type_of", "rr_size", "rr_item_count", "rr_is_object", "rr_is_unique", "rr_try_incref", "rr_is_immortal")
    ANSWERS_NO = ("rr_is_object", "rr_try_incref")  # a 0 is an answer there, not an error
    NULL_IS_FINE = ("rr_incref", "rr_decref", "rr_newref")

    def test_any_pointer_at_all(self) -> None:
        for name in self.ANY_STATUS + self.ANY_COUNT + self.ANY_POINTER + self.ANY_NUMBER:
            for pointer in self.no_objects():
                if pointer is None and name in self.NULL_IS_FINE:
                    self.assertIn(getattr(rr, name)(None), (rr.RR_OK, None))
                elif name in self.ANY_STATUS + self.ANY_COUNT:
                    self.expect(name, (pointer,), rr.RR_E_NOT_OBJECT, (rr.RR_E_NOT_OBJECT,))
                elif name in self.ANY_POINTER:
                    self.expect(name, (pointer,), None, (rr.RR_E_NOT_OBJECT,))
                else:
                    self.expect(name, (pointer,), 0, () if name in self.ANSWERS_NO else (rr.RR_E_NOT_OBJECT,))

    def test_debug_print_of_any_pointer(self) -> None:
        """It says what the pointer is, in a line that begins with it, and leaves the last error alone."""
        rr.rr_incref(1)
        before = rr.rr_last_error()
        with tempfile.TemporaryFile() as output:
            kept = os.dup(2)
            os.dup2(output.fileno(), 2)
            try:
                answers = [(pointer or 0, rr.rr_debug_print(pointer)) for pointer in self.no_objects()]
                answers.append((self.bytes, rr.rr_debug_print(self.bytes)))
            finally:
                os.dup2(kept, 2)
                os.close(kept)
            output.seek(0)
            lines = [line for line in output.read().decode().splitlines() if not line.startswith(" ")]
        self.assertEqual([answer for _, answer in answers[:-1]], [rr.RR_E_NOT_OBJECT] * (len(answers) - 1))
        self.assertEqual(answers[-1][1], rr.RR_OK)
        self.assertEqual([line.split()[0] for line in lines], [hex(pointer) for pointer, _ in answers])
        self.assertEqual(rr.rr_last_error(), before)

    # Functions that want a heap, with the arguments behind it, and what they answer for a bad one

    HEAP_STATUS = {
        "rr_heap_free": (),
        "rr_heap_trim": (),
        "rr_heap_verify": (),
        "rr_profile_start": (0,),
        "rr_profile_stop": (),
        "rr_profile_write": (b"/dev/null",),
        "rr_heap_snapshot": (b"/nowhere/heap.heapsnapshot",),
        "rr_heap_dot": (b"/nowhere/heap.dot", 10),
        "rr_leak_report": (b"/nowhere/leaks.txt",),
        "rr_heap_attach": (),
        "rr_heap_stats": "stats",
        "rr_heap_print_stats": (b"/dev/null",),
        "rr_gc_enable": (),
        "rr_gc_disable": (),
        "rr_gc_set_threshold": (5,),
        "rr_gc_set_pause_goal": (5,),
        "rr_gc_freeze": (),
        "rr_gc_unfreeze": (),
        "rr_gc_set_callback": (rr.rr_gc_fn(), None),
        "rr_report_external": (10,),
        "rr_mem_free": (None,),
    }
    HEAP_COUNT = {
        "rr_collect": (),
        "rr_collect_step": (1000,),
        "rr_gc_freeze_count": (),
        "rr_get_objects": (0, None, 0),
        "rr_get_class_usage": (None, 0),
        "rr_get_type_usage": (None, 0),
        "rr_get_pauses": (None, 0),
    }
    HEAP_ZERO = {
        "rr_gc_pending": (),
        "rr_gc_is_enabled": (),
        "rr_gc_get_threshold": (),
        "rr_gc_get_pause_goal": (),
        "rr_gc_get_candidates": (),
    }
    HEAP_POINTER = {
        "rr_alloc": (rr.RR_TYPE_LIST,),
        "rr_alloc_items": (rr.RR_TYPE_BYTES, 1),
        "rr_list_new": (),
        "rr_mem_alloc": (10,),
        "rr_mem_realloc": (None, 10),
    }

    def test_a_heap_that_is_none(self) -> None:
        options = rr.rr_heap_options(struct_size=sizeof(rr.rr_heap_options))
        freed = rr.rr_heap_new(byref(options))
        self.assertEqual(rr.rr_heap_free(freed), rr.RR_OK)
        stats = rr.rr_stats(struct_size=sizeof(rr.rr_stats))
        for heap in (freed, 16, ctypes.addressof(self.buffer), self.list, 2**64 - 8, 0xDEAD_BEEF_DEAD_BEE8):
            for table, result in (
                (self.HEAP_STATUS, rr.RR_E_ARGUMENT),
                (self.HEAP_COUNT, rr.RR_E_ARGUMENT),
                (self.HEAP_ZERO, None),
                (self.HEAP_POINTER, None),
            ):
                for name, behind in table.items():  # type: ignore[attr-defined]
                    rest = (byref(stats),) if behind == "stats" else behind
                    answer = 0 if table is self.HEAP_ZERO else result
                    if name in ("rr_gc_get_threshold", "rr_gc_get_candidates"):
                        answer = getattr(rr, name)(heap)  # which number is up to the library; the status counts
                    self.expect(name, (heap, *rest), answer, (rr.RR_E_ARGUMENT,))

    # The others, one by one

    def batch_cases(self) -> List[Tuple[str, Tuple[Any, ...], Any, Tuple[int, ...]]]:
        """A batch answers how many are done before the first that is refused."""
        E, N, T = (rr.RR_E_ARGUMENT,), (rr.RR_E_NOT_OBJECT,), (rr.RR_E_TYPE,)
        Two = c_void_p * 2
        wild, lists, mixed = Two(self.bytes + 8, self.bytes), Two(self.list, self.list), Two(self.stranger, self.list)
        return [
            ("rr_alloc_many", (self.heap, 0, 2, Two()), 0, T),
            ("rr_alloc_many", (self.heap, rr.RR_TYPE_LIST, 2, None), 0, E),
            ("rr_incref_many", (None, 2), 0, E),
            ("rr_incref_many", (wild, 2), 0, N),
            ("rr_decref_many", (None, 2), 0, E),
            ("rr_decref_many", (wild, 2), 0, N),
            ("rr_store_many", (None, 0, lists, 2), 0, E),
            ("rr_store_many", (lists, 0, None, 2), 0, E),
            ("rr_store_many", (wild, 0, lists, 2), 0, N),
            ("rr_store_many", (lists, 0, lists, 2), 0, E),
            ("rr_store_many", (mixed, HUGE, lists, 2), 0, E),
        ]

    def other_cases(self) -> List[Tuple[str, Tuple[Any, ...], Any, Tuple[int, ...]]]:
        """Name, arguments, result (or "status" for one of the statuses), statuses."""
        E, N, T = (rr.RR_E_ARGUMENT,), (rr.RR_E_NOT_OBJECT,), (rr.RR_E_TYPE,)
        status: Any = "status"
        slot, out = byref(self.slot), self.buffer
        no_fn = rr.rr_weakref_fn()
        cases: List[Tuple[str, Tuple[Any, ...], Any, Tuple[int, ...]]] = [
            ("rr_store", (None, self.list), rr.RR_E_ARGUMENT, E),
            ("rr_take", (None, self.list), rr.RR_E_ARGUMENT, E),
            ("rr_weakref_new", (None, no_fn, None), None, NULL_OR_NO_OBJECT),
            ("rr_weakref_get", (self.list,), None, T),
            ("rr_type_new", (None,), 0, E),
            ("rr_type_name", (0,), None, T),
            ("rr_type_name", (15,), None, T),
            ("rr_type_name", (2**32 - 1,), None, T),
            ("rr_alloc", (self.heap, 0), None, T),
            ("rr_alloc", (self.heap, 15), None, T),
            ("rr_alloc", (self.heap, 2**32 - 1), None, T),
            ("rr_alloc", (self.heap, rr.RR_TYPE_WEAKREF), None, T),
            ("rr_alloc_items", (self.heap, rr.RR_TYPE_WEAKREF, 0), None, T),
            ("rr_alloc_items", (self.heap, 0, 1), None, T),
            ("rr_alloc_items", (self.heap, rr.RR_TYPE_TUPLE, HUGE), None, (rr.RR_E_OVERFLOW,)),
            ("rr_alloc_items", (self.heap, rr.RR_TYPE_TUPLE, 2**61), None, (rr.RR_E_OVERFLOW,)),
            ("rr_alloc_items", (self.heap, rr.RR_TYPE_BYTES, HUGE), None, (rr.RR_E_OVERFLOW, rr.RR_E_NO_MEMORY)),
            ("rr_alloc_items", (self.heap, rr.RR_TYPE_BYTES, 2**50), None, (rr.RR_E_OVERFLOW, rr.RR_E_NO_MEMORY)),
            ("rr_mem_alloc", (self.heap, HUGE), None, (rr.RR_E_OVERFLOW, rr.RR_E_NO_MEMORY)),
            ("rr_mem_realloc", (self.heap, None, HUGE), None, (rr.RR_E_OVERFLOW, rr.RR_E_NO_MEMORY)),
            ("rr_heap_stats", (self.heap, None), rr.RR_E_ARGUMENT, E),
            ("rr_trace_start", (None,), rr.RR_E_ARGUMENT, E),
            ("rr_trace_start", (b"/nowhere/trace",), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_trace_start", (b"a" * 5000,), rr.RR_E_ARGUMENT, E),
            ("rr_trace_stop", (), rr.RR_E_ARGUMENT, E),
            ("rr_profile_stop", (self.heap,), rr.RR_E_ARGUMENT, E),
            ("rr_profile_write", (self.heap, None), rr.RR_E_ARGUMENT, E),
            ("rr_profile_write", (self.heap, b"/dev/null"), rr.RR_E_ARGUMENT, E),
            ("rr_heap_snapshot", (self.heap, None), rr.RR_E_ARGUMENT, E),
            ("rr_heap_dot", (self.heap, None, 0), rr.RR_E_ARGUMENT, E),
            ("rr_heap_dot", (self.heap, b"/nowhere/heap.dot", 0), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_object_dot", (self.list, None, 0), rr.RR_E_ARGUMENT, E),
            ("rr_object_dot", (self.list, b"/nowhere/heap.dot", 0), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_object_dot", (self.bytes + 8, b"/nowhere/heap.dot", 0), rr.RR_E_NOT_OBJECT, N),
            ("rr_object_dot", (None, b"/nowhere/heap.dot", 0), rr.RR_E_NOT_OBJECT, N),
            ("rr_heap_snapshot", (self.heap, b""), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_heap_snapshot", (self.heap, b"/nowhere/heap.heapsnapshot"), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_leak_report", (self.heap, b""), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_leak_report", (self.heap, b"/nowhere/leaks.json"), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_leak_report", (self.heap, b"/dev/full"), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_heap_stats", (self.heap, byref(rr.rr_stats(struct_size=4))), rr.RR_E_ARGUMENT, E),
            ("rr_heap_new", (byref(rr.rr_heap_options(struct_size=4)),), None, E),
            ("rr_heap_new", (byref(rr.rr_heap_options(struct_size=16, flags=1 << 20)),), None, E),
            ("rr_heap_free", (rr.rr_heap_default(),), rr.RR_E_ARGUMENT, E),
            ("rr_heap_free", (None,), rr.RR_E_ARGUMENT, E),
            ("rr_get_objects", (self.heap, 2**32 - 1, None, 0), rr.RR_E_TYPE, T),
            ("rr_get_objects", (self.heap, 0, None, 5), rr.RR_E_ARGUMENT, E),
            ("rr_get_class_usage", (self.heap, None, 5), rr.RR_E_ARGUMENT, E),
            ("rr_get_class_usage", (self.heap, byref(rr.rr_class_usage(struct_size=55)), 1), rr.RR_E_ARGUMENT, E),
            ("rr_get_type_usage", (self.heap, None, 5), rr.RR_E_ARGUMENT, E),
            ("rr_get_type_usage", (self.heap, byref(rr.rr_type_usage(struct_size=8)), 1), rr.RR_E_ARGUMENT, E),
            ("rr_get_pauses", (self.heap, None, 5), rr.RR_E_ARGUMENT, E),
            ("rr_heap_print_stats", (self.heap, b"/nowhere/stats.txt"), rr.RR_E_IO, (rr.RR_E_IO,)),
            ("rr_heap_print_stats", (self.heap, b"/dev/full"), rr.RR_E_IO, (rr.RR_E_IO,)),
        ]
        cases += self.batch_cases()
        layout = rr.rr_layout_info(struct_size=4)
        cases += [
            ("rr_layout_check", (1,), rr.RR_E_ABI, (rr.RR_E_ABI,)),
            ("rr_layout", (None,), rr.RR_E_ARGUMENT, E),
            ("rr_layout", (byref(layout),), rr.RR_E_ARGUMENT, E),
        ]
        for name in ("rr_store", "rr_take"):
            for value in self.no_objects()[1:]:
                cases.append((name, (slot, value), rr.RR_E_NOT_OBJECT, N))
        for name in ("rr_gc_candidate", "rr_gc_track", "rr_gc_untrack"):
            cases.append((name, (None,), status, NULL_OR_NO_OBJECT))
        for name in ("rr_gc_is_tracked", "rr_is_finalized"):
            cases.append((name, (None,), 0, NULL_OR_NO_OBJECT))
        for name in ("rr_get_referents", "rr_get_referrers", "rr_get_path"):
            cases.append((name, (None, out, 8), status, NULL_OR_NO_OBJECT))
            cases.append((name, (self.list, None, 5), rr.RR_E_ARGUMENT, E))
        for name, behind in (
            ("rr_list_append", (self.list,)),
            ("rr_list_insert", (0, self.list)),
            ("rr_list_set", (0, self.list)),
            ("rr_list_remove", (0,)),
            ("rr_list_clear", ()),
            ("rr_list_count", ()),
        ):
            cases.append((name, (None, *behind), status, NULL_OR_NO_OBJECT))
            cases.append((name, (self.bytes, *behind), rr.RR_E_TYPE, T))
        cases += [
            ("rr_list_get", (None, 0), None, NULL_OR_NO_OBJECT),
            ("rr_list_get", (self.bytes, 0), None, T),
            ("rr_list_get", (self.list, 1), None, E),
            ("rr_list_get", (self.list, HUGE), None, E),
            ("rr_list_set", (self.list, 1, self.list), rr.RR_E_ARGUMENT, E),
            ("rr_list_insert", (self.list, 2, self.list), rr.RR_E_ARGUMENT, E),
            ("rr_list_insert", (self.list, HUGE, self.list), rr.RR_E_ARGUMENT, E),
            ("rr_list_remove", (self.list, 1), rr.RR_E_ARGUMENT, E),
            ("rr_list_remove", (self.list, HUGE), rr.RR_E_ARGUMENT, E),
            ("rr_list_append", (self.list, None), rr.RR_E_ARGUMENT, E),
            ("rr_list_insert", (self.list, 0, None), rr.RR_E_ARGUMENT, E),
            ("rr_list_set", (self.list, 0, None), rr.RR_E_ARGUMENT, E),
            ("rr_list_append", (self.list, self.stranger), rr.RR_E_ARGUMENT, E),
            ("rr_list_insert", (self.list, 0, self.stranger), rr.RR_E_ARGUMENT, E),
            ("rr_list_set", (self.list, 0, self.stranger), rr.RR_E_ARGUMENT, E),
        ]
        return cases

    def test_the_others_one_by_one(self) -> None:
        for case in self.other_cases():
            self.expect(*case)
        self.assertIsNone(self.slot.value)

    def test_a_value_of_another_heap_in_a_slot(self) -> None:
        made = rr.rr_alloc_items(self.heap, rr.RR_TYPE_TUPLE, 1)
        self.expect("rr_store", (made, self.stranger), rr.RR_E_ARGUMENT, (rr.RR_E_ARGUMENT,))
        self.expect("rr_take", (made, self.stranger), rr.RR_E_ARGUMENT, (rr.RR_E_ARGUMENT,))
        self.assertIsNone(c_void_p.from_address(made).value)
        rr.rr_decref(made)

    def test_type_descriptions_that_contradict_themselves(self) -> None:
        def info(*offsets: int, **changes: Any) -> rr.rr_type_info:
            table = (c_uint32 * max(1, len(offsets)))(*offsets)
            made = rr.rr_type_info(struct_size=sizeof(rr.rr_type_info), name=b"wrong", size=24, ref_count=len(offsets))
            made.ref_offsets = ctypes.cast(table, ctypes.POINTER(c_uint32))
            for field, value in changes.items():
                setattr(made, field, value)
            return made

        no_table = info(8)
        no_table.ref_offsets = None
        for wrong in (
            info(struct_size=8),
            info(struct_size=0),
            info(name=None),
            info(name=b""),
            info(24),
            info(20),
            info(2**32 - 8),
            info(4),
            info(1),
            info(8, 8),
            info(0, 16, 0),
            info(flags=1 << 30),
            info(flags=rr.RR_TYPE_ITEMS_ARE_REFS, item_size=4),
            info(flags=rr.RR_TYPE_ITEMS_ARE_REFS),
            info(flags=rr.RR_TYPE_ITEMS_ARE_REFS, item_size=8, size=20),
            info(0, flags=rr.RR_TYPE_UNZEROED),
            info(reserved=1),
            no_table,
        ):
            self.expect("rr_type_new", (byref(wrong),), 0, (rr.RR_E_ARGUMENT,))

    def test_items_for_a_type_without_items(self) -> None:
        plain = rr.rr_type_info(struct_size=sizeof(rr.rr_type_info), name=b"plain", size=16)
        number = rr.rr_type_new(byref(plain))
        self.assertGreaterEqual(number, rr.RR_TYPE_FIRST_USER)
        self.expect("rr_alloc_items", (self.heap, number, 1), None, (rr.RR_E_ARGUMENT,))

    def test_raw_memory(self) -> None:
        one, two = rr.rr_mem_alloc(self.heap, 0), rr.rr_mem_alloc(self.heap, 0)
        self.assertTrue(one and two and one != two)
        grown = rr.rr_mem_realloc(self.heap, one, 100_000)
        self.assertTrue(grown)
        self.assertEqual([rr.rr_mem_free(self.heap, block) for block in (grown, two, None)], [rr.RR_OK] * 3)

    def test_tagged_references(self) -> None:
        for name in ("rr_incref_tagged", "rr_decref_tagged"):
            self.assertEqual(getattr(rr, name)(None, b"tag"), rr.RR_OK)
            self.expect(name, (self.bytes, None), rr.RR_E_ARGUMENT, (rr.RR_E_ARGUMENT,))
            for pointer in self.no_objects()[1:]:
                self.expect(name, (pointer, b"tag"), rr.RR_E_NOT_OBJECT, (rr.RR_E_NOT_OBJECT,))

    def test_the_error_handler_hears_of_every_failed_call(self) -> None:
        heard = []
        handler = rr.rr_error_fn(lambda status, message, object, user: heard.append((status, message, object, user)))
        self.assertEqual(rr.rr_set_error_handler(handler, 42), rr.RR_OK)
        try:
            self.expect("rr_size", (16,), 0, (rr.RR_E_NOT_OBJECT,))
            self.expect("rr_is_object", (16,), 0, ())
            self.expect("rr_type_name", (2**32 - 1,), None, (rr.RR_E_TYPE,))
        finally:
            rr.rr_set_error_handler(rr.rr_error_fn(), None)
        self.assertEqual([(status, object, user) for status, _, object, user in heard],
                         [(rr.RR_E_NOT_OBJECT, 16, 42), (rr.RR_E_TYPE, None, 42)])
        self.assertIn(b"rr_size: object 0x10 ", heard[0][1])
        self.expect("rr_size", (16,), 0, (rr.RR_E_NOT_OBJECT,))
        self.assertEqual(len(heard), 2)

    def test_functions_that_can_not_be_called_wrongly(self) -> None:
        self.assertEqual(rr.rr_abi_version(), rr.RR_ABI_VERSION)
        self.assertEqual(rr.rr_version().decode(), rr.RR_VERSION)
        self.assertTrue(rr.rr_heap_default())
        for status in (0, -1, -10, -11, 1, 2**31 - 1, -(2**31)):
            self.assertTrue(rr.rr_status_string(status))
        self.assertTrue(rr.rr_status_string(rr.RR_E_NOT_OBJECT).startswith(b"RR_E_NOT_OBJECT"))
        self.assertIsInstance(rr.rr_last_error(), bytes)
        self.assertIsInstance(rr.rr_last_status(), int)

    def test_errors_are_kept_per_thread(self) -> None:
        rr.rr_incref(16)
        seen: List[Any] = []
        thread = threading.Thread(target=lambda: seen.append((rr.rr_last_status(), rr.rr_last_error())))
        thread.start()
        thread.join()
        self.assertEqual(seen, [(rr.RR_OK, b"")])
        self.assertEqual(rr.rr_last_status(), rr.RR_E_NOT_OBJECT)

    def test_the_wrong_thread(self) -> None:
        owned = rr.rr_heap_new(None)
        made = rr.rr_list_new(owned)
        held = rr.rr_list_new(owned)
        weak = rr.rr_weakref_new(made, rr.rr_weakref_fn(), None)
        self.assertEqual(rr.rr_list_append(made, held), rr.RR_OK)
        slot = rr.rr_alloc_items(owned, rr.RR_TYPE_TUPLE, 1)
        stats = rr.rr_stats(struct_size=sizeof(rr.rr_stats))
        calls: List[Tuple[str, Tuple[Any, ...]]] = [
            (name, (owned, *((byref(stats),) if behind == "stats" else behind)))
            for table in (self.HEAP_STATUS, self.HEAP_COUNT, self.HEAP_ZERO, self.HEAP_POINTER)
            for name, behind in table.items()  # type: ignore[attr-defined]
            if name != "rr_heap_attach"
        ]
        calls += [
            (name, (made,))
            for name in ("rr_incref", "rr_decref", "rr_newref", "rr_getrefcount", "rr_make_immortal", "rr_gc_candidate")
            + ("rr_gc_track", "rr_gc_untrack", "rr_weakref_count", "rr_list_clear", "rr_list_count")
        ]
        calls += [
            ("rr_store", (slot, made)),
            ("rr_take", (slot, made)),
            ("rr_list_append", (made, held)),
            ("rr_list_insert", (made, 0, held)),
            ("rr_list_set", (made, 0, held)),
            ("rr_list_remove", (made, 0)),
            ("rr_list_get", (made, 0)),
            ("rr_weakref_new", (made, rr.rr_weakref_fn(), None)),
            ("rr_weakref_get", (weak,)),
            ("rr_get_referents", (made, None, 0)),
            ("rr_get_referrers", (made, None, 0)),
            ("rr_get_path", (made, None, 0)),
        ]
        answers: List[Tuple[str, Any, int, str]] = []

        def there() -> None:
            for name, arguments in calls:
                answer = getattr(rr, name)(*arguments)
                answers.append((name, answer, rr.rr_last_status(), rr.rr_last_error().decode()))

        thread = threading.Thread(target=there)
        thread.start()
        thread.join()
        for name, answer, status, message in answers:
            with self.subTest(function=name):
                self.assertEqual(status, rr.RR_E_WRONG_THREAD)
                self.assertIn(name, message)
                if name not in ("rr_gc_get_threshold", "rr_gc_get_candidates"):
                    self.assertIn(answer, (None, 0, rr.RR_E_WRONG_THREAD))
        self.assertEqual((rr.rr_getrefcount(made), rr.rr_list_count(made), rr.rr_getrefcount(held)), (1, 1, 2))
        self.assertEqual(rr.rr_heap_verify(owned), rr.RR_OK)
        self.assertEqual(rr.rr_heap_free(owned), rr.RR_OK)

    def test_there_is_a_case_for_every_function(self) -> None:
        harmless = {"rr_abi_version", "rr_version", "rr_status_string", "rr_last_error", "rr_last_status", "rr_heap_default"}
        tagged = {"rr_incref_tagged", "rr_decref_tagged", "rr_set_error_handler"}
        covered = {"rr_debug_print"} | tagged | set(self.ANY_STATUS + self.ANY_COUNT + self.ANY_POINTER + self.ANY_NUMBER) | harmless
        for table in (self.HEAP_STATUS, self.HEAP_COUNT, self.HEAP_ZERO, self.HEAP_POINTER):
            covered |= set(table)  # type: ignore[call-overload]
        covered |= {case[0] for case in self.other_cases()}
        self.assertEqual(set(functions()) - covered, set())


if __name__ == "__main__":
    unittest.main()
