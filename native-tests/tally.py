"""Counts what the test suites of all languages did, for build.sh.

    tally.py nunit FILE               a .trx file of dotnet test
    tally.py ctest FILE [PREFIX]      CTest's JUnit file; a cmocka program counts with each test it has; suites are named PREFIX...
    tally.py unittest DIRECTORY FILE  runs the Python tests below DIRECTORY and writes the count to FILE

A count is a line "PASSED FAILED SKIPPED SUITE". Whoever did not get as far as having tests counts as one failure: no
suite passes by not running.
"""

from __future__ import annotations

import pathlib
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from typing import Iterator, NamedTuple


class Count(NamedTuple):
    passed: int
    failed: int
    skipped: int
    suite: str

    def __str__(self) -> str:
        return " ".join(map(str, self))


def nunit(file: pathlib.Path) -> Count:
    suite = f"NUnit {file.stem}"
    if not file.exists():
        return Count(0, 1, 0, f"{suite} (did not run)")
    names = {"t": "http://microsoft.com/schemas/VisualStudio/TeamTest/2010"}
    tree = ElementTree.parse(file)
    results = [result.get("outcome") for result in tree.iterfind(".//t:UnitTestResult", names)]
    passed, skipped = results.count("Passed"), results.count("NotExecuted")
    failed = len(results) - passed - skipped
    # The test host died, or the suite is empty: nothing that has failed, and yet nothing to rely on.
    summary = tree.find("t:ResultSummary", names)
    completed = summary is not None and summary.get("outcome") == "Completed"
    return Count(passed, failed or int(not completed or not results), skipped, suite)


def ctest(file: pathlib.Path, prefix: str = "") -> Iterator[Count]:
    """One line per program or group: the test's name up to the second dot."""
    groups: dict[str, list[int]] = {}
    cases = list(ElementTree.parse(file).iterfind(".//testcase")) if file.exists() else []
    for case in cases:
        output = case.findtext("system-out") or ""
        started = re.findall(r"^\[ RUN      \] (.*)$", output, re.MULTILINE)
        status = case.get("status")
        if started:  # cmocka
            passed = len(re.findall(r"^\[       OK \] ", output, re.MULTILINE))
            skipped = len(set(re.findall(r"^\[  SKIPPED \] (.*)$", output, re.MULTILINE)) & set(started))
            failed = len(started) - passed - skipped
            if status != "run" and failed == 0:  # a crash, or a failed fixture, between tests
                failed = 1
        else:
            passed, skipped = int(status == "run"), int(status == "disabled")
            failed = 1 - passed - skipped
        group = groups.setdefault(".".join(case.get("name", "").split(".")[:2]), [0, 0, 0])
        for i, number in enumerate((passed, failed, skipped)):
            group[i] += number
    if not cases:
        yield Count(0, 1, 0, f"C {prefix}(did not run)")
    for name, numbers in groups.items():
        yield Count(numbers[0], numbers[1], numbers[2], f"C {prefix}{name}")


class Result(unittest.TextTestResult):
    """Counts what passed, which unittest does not."""

    passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1


def python(directory: pathlib.Path) -> Count:
    suite = unittest.defaultTestLoader.discover(str(directory))
    result = unittest.TextTestRunner(verbosity=1, resultclass=Result).run(suite)
    # By test, however many of its subtests failed. What fails in setUpClass or on import is a pseudo-test of its own.
    failed = {getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors}
    failed |= {test.id() for test in result.unexpectedSuccesses}
    passed = result.passed + len(result.expectedFailures)
    return Count(passed, len(failed) or int(result.testsRun == 0), len(result.skipped), "Python")


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] == "nunit" or len(arguments) in (2, 3) and arguments[0] == "ctest":
        file = pathlib.Path(arguments[1])
        for count in [nunit(file)] if arguments[0] == "nunit" else ctest(file, *arguments[2:]):
            print(count)
        return 0
    if len(arguments) == 3 and arguments[0] == "unittest":
        count = python(pathlib.Path(arguments[1]))
        pathlib.Path(arguments[2]).write_text(f"{count}\n")
        return int(count.failed > 0)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
