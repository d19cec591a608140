"""The walkthrough prints what it must, and it is the library that counts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import List

from support import PACKAGE_ROOT

WALKTHROUGH = PACKAGE_ROOT / "examples" / "walkthrough.py"

EXPECTED = [
    "Reference count of x: 2",
    "Garbage collector: collected 0 objects",
    "Initial ref count: 2",
    "Ref count after b = a: 3",
    "Ref count after del b: 2",
    "Garbage collector before deleting node: 0",
    "Garbage collector after deleting node: 1",
    "Garbage collector run: 1",
    "Garbage collector run: 0",
    "Garbage collector run: 1",
    "Garbage collector run after clearing: 0",
]


class Walkthrough(unittest.TestCase):
    def setUp(self) -> None:
        done = subprocess.run(
            [sys.executable, str(WALKTHROUGH)], capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.lines = done.stdout.splitlines()

    def column(self, number: int) -> List[str]:
        """The lines of one column, below its head."""
        rows = [line.split(" | ") for line in self.lines if " | " in line]
        return [row[number].strip() for row in rows[1:]]

    def test_our_column_has_exactly_the_articles_lines(self) -> None:
        ours = self.column(1)
        self.assertRegex(ours[0], r"^Memory address of x: \d+$")
        self.assertEqual(ours[1:], EXPECTED)

    def test_cpython_agrees_line_by_line(self) -> None:
        theirs = self.column(0)
        self.assertEqual([line.split(":")[0] for line in theirs], [line.split(":")[0] for line in self.column(1)])
        if sys.version_info[:2] in ((3, 11), (3, 12)):
            self.assertEqual(theirs[1:], EXPECTED)

    def test_it_ends_with_the_statistics_and_fits_on_the_screen(self) -> None:
        text = "\n".join(self.lines)
        self.assertRegex(text, r"allocated so far\s+[1-9][\d,]* objects")
        self.assertRegex(text, re.compile(r"^   collections\s+[1-9]\d* runs$", re.MULTILINE))
        self.assertLessEqual(max(map(len, self.lines)), 120)

    @unittest.skipUnless(shutil.which("dot"), "Graphviz's dot is not installed")
    def test_it_draws_the_cycle_before_and_after_collection(self) -> None:
        with TemporaryDirectory() as place:
            done = subprocess.run(
                [sys.executable, str(WALKTHROUGH), f"{place}/pictures"], capture_output=True, text=True, timeout=60, check=False
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("cycle-*.svg", done.stdout.splitlines()[-1])
            held, before, after = (
                (Path(place) / "pictures" / f"cycle-{moment}.svg").read_text(encoding="utf-8")
                for moment in ("held", "before-collection", "after-collection")
            )
        self.assertIn("1 from outside", held)
        self.assertNotIn("a collection frees", held)
        self.assertIn("a collection frees", before)
        self.assertIn("#fbdcdc", before)
        self.assertIn("0 objects", after)
        self.assertNotIn("Node", after)

    def test_its_source_holds_no_number_in_a_line_that_it_prints(self) -> None:
        source = WALKTHROUGH.read_text(encoding="utf-8")
        for line in re.findall(r'out\(f?"(.*)"\)', source):
            self.assertNotRegex(re.sub(r"\{[^}]*\}", "", line), r"\d")


if __name__ == "__main__":
    unittest.main()
