"""Pictures of heaps: what ``heap.draw()`` and ``obj.draw()`` return.

The library writes the graph, Graphviz's program ``dot`` lays it out. A notebook shows a picture by itself; ``save`` puts it
into a file. Without ``dot`` there is still the graph: ``picture.source``, or ``picture.save("heap.dot")``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Optional, Union

from .errors import integer

__all__ = ["Picture", "StrPath"]

StrPath = Union[str, "os.PathLike[str]"]

_FORMATS = ("svg", "png", "pdf")


class Picture:
    """A graph of objects, as it was when it was drawn.

    Boxes are objects with type, address and count; arrows are references with the names of slots; ellipses say by how many
    references an object is held from outside; red is what nothing outside leads to, so that a collection frees it.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._svg: Optional[str] = None

    @property
    def source(self) -> str:
        """The graph in Graphviz's language."""
        return self._source

    @property
    def svg(self) -> str:
        """The picture as SVG; ``FileNotFoundError`` if Graphviz is not installed."""
        if self._svg is None:
            self._svg = self._laid_out("svg").decode("utf-8")
        return self._svg

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return self.svg

    def save(self, path: StrPath) -> Picture:
        """Write the picture to a file, in the format that its name ends in: .svg, .png, .pdf, or .dot for the graph itself."""
        file = Path(path)
        kind = file.suffix[1:].lower()
        if kind == "dot":
            file.write_text(self._source, encoding="utf-8")
        elif kind == "svg":
            file.write_text(self.svg, encoding="utf-8")
        elif kind in _FORMATS:
            file.write_bytes(self._laid_out(kind))
        else:
            raise ValueError(f"a picture's name ends in .dot, .{', .'.join(_FORMATS)}, not in {file.suffix!r}")
        return self

    def _laid_out(self, kind: str) -> bytes:
        program = shutil.which("dot")
        if program is None:
            raise FileNotFoundError(
                "pictures are laid out by Graphviz's program dot, which is not installed (Debian: apt-get install graphviz); "
                "the graph itself is in .source"
            )
        done = subprocess.run([program, f"-T{kind}"], input=self._source.encode("utf-8"), capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"dot failed: {done.stderr.decode('utf-8', 'replace').strip()}")
        return done.stdout

    def __repr__(self) -> str:
        return f"<refruntime Picture, {len(self._source)} characters; save(path) writes it, a notebook shows it>"


def draw(write: Callable[[bytes], Any]) -> Picture:
    """The picture of the graph that ``write`` puts into the file it is given."""
    with TemporaryDirectory(prefix="refruntime-") as directory:
        file = Path(directory) / "heap.dot"
        write(os.fsencode(file))
        return Picture(file.read_text(encoding="utf-8"))


def encoded(path: StrPath) -> bytes:
    """A path as the library wants it."""
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError("a path can't hold a null byte")
    return name


def check_room(max_objects: int) -> None:
    """Refuse a number of objects that is none."""
    if not 1 <= integer(max_objects, "max_objects") < 2**32:
        raise ValueError(f"a picture has at least one object and fewer than 2**32, not {max_objects}")
