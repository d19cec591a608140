"""What the README shows is what runs: its C program is the example that the C tests run, its Python program prints what it says."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from support import run_python

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OURS = (ROOT / "bindings" / "python" / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no {language} program"
    return found.group(1)


class Readme(unittest.TestCase):
    def test_its_c_program_is_the_example_and_has_thirty_lines(self) -> None:
        self.assertEqual(block("c"), (ROOT / "native-tests/c/examples/hello.c").read_text(encoding="utf-8"))
        self.assertLessEqual(len(block("c").splitlines()), 30)

    def test_its_python_program_prints_what_it_says_and_has_fifteen_lines(self) -> None:
        self.assertLessEqual(len(block("python").splitlines()), 15)
        said = re.search(r"^prints (.*?)\. The package", README, re.MULTILINE)
        assert said
        ran = run_python(block("python"))
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        self.assertEqual(ran.stdout.splitlines(), re.findall(r"`(.*?)`", said.group(1)))

    def test_the_packages_own_programs_print_what_stands_below_them(self) -> None:
        programs = re.findall(r"^```python\n((?:.*\n)*?)```\n\nprints\n\n((?:    .*\n)+)", OURS, re.MULTILINE)
        self.assertEqual(len(programs), OURS.count("```python"))
        for program, said in programs:
            self.assertLessEqual(len(program.splitlines()), 30)
            ran = run_python(program)
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            self.assertEqual(ran.stdout.splitlines(), [line.strip() for line in said.splitlines()])
