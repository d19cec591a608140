"""The deliberate faults: read from faults/*.toml, and checked against the sources that they change.

A fault is a sentence that says what goes wrong, a file, a piece of its text, and what takes its place. The piece must stand in the
file exactly once: when the code moves on, the fault moves with it or is refused.
"""

from __future__ import annotations

import hashlib
import pathlib
import tomllib
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = pathlib.Path(__file__).resolve().parent / "faults"
HEADER = "include/"


class BadFault(Exception):
    pass


class Fault(NamedTuple):
    area: str
    name: str
    file: str
    old: str
    new: str

    @property
    def is_in_header(self) -> bool:
        """Programs that include the header have to be compiled anew."""
        return self.file.startswith(HEADER)

    @property
    def is_native(self) -> bool:
        """The managed code stays what it is."""
        return not self.file.endswith(".cs")

    def applied_to(self, text: str) -> str:
        places = text.count(self.old)
        if places != 1:
            raise BadFault(f"{self.area}: '{self.name}': its old text is {places or 'no'} times in {self.file}; it must be there once")
        return text.replace(self.old, self.new)

    def key(self, root: pathlib.Path = ROOT) -> str:
        """Of the fault and the file that it is in: what was found out stands as long as neither changes."""
        parts = (self.file, self.old, self.new, (root / self.file).read_text())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def load() -> list[Fault]:
    """All faults, in the order of their files. Raises BadFault if one does not apply."""
    faults = []
    for path in sorted(FILES.glob("*.toml")):
        for entry in tomllib.loads(path.read_text())["fault"]:
            if set(entry) != {"name", "file", "old", "new"}:
                raise BadFault(f"{path.name}: a fault has name, file, old and new: {entry.get('name', entry)}")
            faults.append(Fault(path.stem, **entry))
    return faults


def check(faults: list[Fault], root: pathlib.Path = ROOT) -> list[str]:
    """What is wrong with them, a sentence for each."""
    problems = []
    names: set[str] = set()
    for fault in faults:
        if fault.name in names:
            problems.append(f"{fault.area}: there are two faults '{fault.name}'")
        names.add(fault.name)
        if fault.old == fault.new:
            problems.append(f"{fault.area}: '{fault.name}' changes nothing")
        try:
            fault.applied_to((root / fault.file).read_text())
        except FileNotFoundError:
            problems.append(f"{fault.area}: '{fault.name}': there is no {fault.file}")
        except BadFault as problem:
            problems.append(str(problem))
    return problems
