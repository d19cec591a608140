"""cpython_scenarios.tsv has a row for each test of CPython's test_gc, test_weakref and test_finalization (3.11 to 3.13, the tests
written in these three files), and says what became of it:

    holds      our test asserts the same of this package's objects
    differs    our test shows what is different here; the last column says how and why
    none       there is nothing here that it could be asked of; the last column says why
"""

from __future__ import annotations

import ast
import collections
import importlib
import importlib.util
import sys
import unittest
from pathlib import Path
from typing import Dict, List, NamedTuple, Set

import support  # noqa: F401 - finds the package

TABLE = Path(__file__).with_name("cpython_scenarios.tsv")
HEAD = ["file", "test", "versions", "verdict", "our test", "how, or why"]

#: How many tests the files have in 3.11.7, 3.12.1 and 3.13.0.
TESTS = {
    "test_gc": {"3.11": 48, "3.12": 46, "3.13": 49},
    "test_weakref": {"3.11": 104, "3.12": 104, "3.13": 108},
    "test_finalization": {"3.11": 18, "3.12": 18, "3.13": 18},
}


class Row(NamedTuple):
    file: str
    test: str
    versions: List[str]
    verdict: str
    ours: str
    why: str


def rows() -> List[Row]:
    lines = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    assert lines[0] == HEAD and all(len(line) == len(HEAD) for line in lines)
    # An empty column is a dash.
    return [Row(file, test, versions.split(), *("" if text == "-" else text for text in rest)) for file, test, versions, *rest in lines[1:]]


def tests_in(source: str) -> Set[str]:
    """The tests that a file of CPython's has, as Class.method."""
    return {
        f"{found.name}.{method.name}"
        for found in ast.parse(source).body
        if isinstance(found, ast.ClassDef)
        for method in found.body
        if isinstance(method, ast.FunctionDef) and method.name.startswith("test_")
    }


class Table(unittest.TestCase):
    def test_each_row_says_what_it_must(self) -> None:
        for row in rows():
            with self.subTest(row.test):
                self.assertIn(row.verdict, ("holds", "differs", "none"))
                self.assertEqual(row.ours == "", row.verdict == "none")
                self.assertTrue(row.why or row.verdict == "holds")

    def test_each_test_it_names_is_there(self) -> None:
        for row in rows():
            if row.ours:
                with self.subTest(row.test):
                    module, name, method = row.ours.split(".")
                    self.assertTrue(issubclass(getattr(importlib.import_module(module), name), unittest.TestCase))
                    self.assertTrue(callable(getattr(getattr(sys.modules[module], name), method)))

    def test_each_test_of_the_scenarios_is_named(self) -> None:
        named = {row.ours for row in rows()}
        for kind in ("gc", "weakref", "weakdicts", "finalization"):
            module = importlib.import_module(f"test_cpython_scenarios_{kind}")
            written = {f"{module.__name__}.{name}" for name in tests_in(Path(module.__file__ or "").read_text(encoding="utf-8"))}
            # Theirs came to two or more tests here, or to one that was asked for by what we found.
            also = {name for name in written if name.rsplit(".", 1)[1] in ALSO}
            self.assertEqual(sorted(written - named - also), [])

    def test_it_is_complete(self) -> None:
        found: Dict[str, Dict[str, int]] = {file: collections.Counter() for file in TESTS}
        for row in rows():
            for version in row.versions:
                found[row.file][version] += 1
        self.assertEqual(found, TESTS)
        names = [(row.file, row.test) for row in rows()]
        self.assertEqual(len(names), len(set(names)))

    def test_it_names_the_tests_of_the_python_that_runs(self) -> None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        place = importlib.util.find_spec("test.test_gc") if importlib.util.find_spec("test") else None
        if version not in TESTS["test_gc"] or place is None or place.origin is None:
            self.skipTest("this Python has no test_gc, or is of another version")
        for file in TESTS:
            named = {row.test for row in rows() if row.file == file and version in row.versions}
            theirs = tests_in(Path(place.origin).with_name(f"{file}.py").read_text(encoding="utf-8"))
            self.assertEqual(sorted(theirs - named), [], f"tests of {file} without a row")


#: Tests beside a named one.
ALSO = {
    "test_a_reference_too_few_is_no_crash_without_checks",
    "test_what_is_made_after_a_freeze_in_a_page_of_frozen_objects_is_collected",
    "test_one_without_callback_has_none_where_one_with_a_callback_was",
    "test_they_are_dead_when_the_handle_is",
    "test_their_dictionaries_lose_an_entry_when_the_handle_goes",
    "test_they_stay_when_only_the_handle_goes",
    "test_an_object_that_dies_at_once_leaves_none",
    "test_who_comes_back_keeps_them",
    "test_they_are_gone_when_the_heap_is_closed",
    "test_a_dictionary_leaves_nothing_behind",
    "test_objects_may_die_while_it_is_iterated_over",
    "test_a_deep_copy_copies_the_other_half",
}


if __name__ == "__main__":
    unittest.main()
