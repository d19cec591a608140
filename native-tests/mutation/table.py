"""What was found out about each fault, and the table of it that people read."""

from __future__ import annotations

import collections
import json
import pathlib
import threading
from typing import Any

from faults import Fault

TABLE = pathlib.Path(__file__).resolve().parent / "table.md"
KNOWN = pathlib.Path(__file__).resolve().parent / "results.json"

INTRODUCTION = """\
# Deliberate faults, and what notices them

Written by `./build.sh mutate`; the faults are in `faults/`. Each was made in a copy of the sources, alone, and the suites were asked from
cheap to dear until one noticed. So the test that is named is the first that does, seldom the only one.

"""


class Results:
    """Of all faults, by name: kept in a file, so that a sweep that was ended goes on where it was."""

    def __init__(self, file: pathlib.Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._entries = self._read()

    def _read(self) -> dict[str, dict[str, Any]]:
        return json.loads(self._file.read_text()) if self._file.exists() else {}

    def get(self, name: str, key: str) -> dict[str, Any] | None:
        """What is known, if it was found out about this very fault in this very file."""
        entry = self._entries.get(name)
        return entry if entry is not None and entry["key"] == key else None

    def put(self, name: str, entry: dict[str, Any]) -> None:
        with self._lock:
            # Another sweep may have found out something meanwhile.
            self._entries = {**self._read(), name: entry}
            self._file.write_text(json.dumps(self._entries, indent=1, sort_keys=True) + "\n")

    def write_table(self, faults: list[Fault]) -> None:
        with self._lock:
            TABLE.write_text(self._table(faults))

    def _table(self, faults: list[Fault]) -> str:
        known = {fault.name: self.get(fault.name, fault.key()) for fault in faults}
        caught = [entry for entry in known.values() if entry is not None and entry["caught"]]
        by_suite = collections.Counter(entry["suite"] for entry in caught)
        lines = [INTRODUCTION]
        suites = ", ".join(f"{suite} {number}" for suite, number in by_suite.most_common())
        missed = sum(entry is not None for entry in known.values()) - len(caught)
        lines.append(f"{len(faults)} faults: {len(caught)} noticed ({suites}), {missed} not, {len(faults) - len(caught) - missed} to be tried.\n")
        area = ""
        for fault in faults:
            if fault.area != area:
                area = fault.area
                lines.append(f"\n## {area.capitalize()}\n\n| fault | where | noticed by |\n|---|---|---|\n")
            file = fault.file.removeprefix("src/RefRuntime/")
            lines.append(f"| {_cell(fault.name)} | `{file}` | {_cell(_verdict(known[fault.name]))} |\n")
        return "".join(lines)


def _verdict(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "not tried since it or its file changed"
    if not entry["caught"]:
        return "**nothing**"
    how = "" if entry["how"] == "failed" else f", {entry['how']}"
    return f"{entry['suite']}: {entry['test']}{how}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
