"""What a heap shows of itself: who refers to whom, statistics, snapshots, pictures, leak reports, profiles."""

from __future__ import annotations

import ctypes
import json
import os
import tempfile
from typing import Any, Dict, Iterable, List as PyList, Optional, Type, Union

from . import _raw, pictures
from ._core import HeapCore
from ._handle import Handle
from .errors import check, fail, unsigned

__all__ = ["Looking"]


class Looking(HeapCore):
    """The part of a heap that changes none of its objects."""

    def get_referents(self, *targets: Any) -> PyList[Any]:
        """The objects that these refer to, one for each reference."""
        return self._look("get_referents", targets)

    def get_referrers(self, *targets: Any) -> PyList[Any]:
        """The objects that refer to one of these directly."""
        return self._look("get_referrers", targets)

    def _look(self, function: str, targets: Iterable[Any]) -> PyList[Any]:
        found: Dict[Any, None] = {}
        everything: PyList[Any] = []
        with self._guard:
            for target in targets:
                everything += self._all(self._many(function, self._own(target, "object")))
        if function == "get_referents":
            return everything
        for handle in everything:
            found.setdefault(handle)
        return list(found)

    def get_objects(self, kind: Optional[Type[Handle]] = None) -> PyList[Any]:
        """All objects of the heap, or those of one kind: a declared type, ``List``, ``Tuple``, ``Bytes``, ``WeakRef``."""
        number = 0
        if kind is not None:
            if not isinstance(kind, type):
                raise TypeError(f"objects are asked for by their class, not by {type(kind).__name__}")
            number = next((key for key, value in self._kinds.items() if value is kind), 0)
            if not number and getattr(kind, "_declared_in", None) is self:
                number = kind._type_id  # type: ignore[attr-defined]
            if not number:
                raise ValueError(f"{kind!r} is no type of this heap")
        with self._guard:
            return self._all(self._many("get_objects", self._live(), number))

    def get_path(self, target: Any) -> PyList[Any]:
        """The shortest chain of objects that keeps this one alive: from an object that is held from outside the heap,
        by a handle or by native code, to the object itself.

        The handle that you pass does not count: it would always be the whole answer. An empty list means that nothing
        else leads to the object. (In a synchronized heap it counts: there it can't be put aside for a moment.)"""
        with self._guard:
            address = self._own(target, "object")
            if self._gate is not None:
                return self._all(self._many("get_path", address))
            if not self._api.is_unique(address):
                # Safe: another reference keeps the object, and nobody can release it while we hold the guard.
                status = self._api.decref(address)
                if status < 0:
                    fail()
                try:
                    path = self._many("get_path", address)
                finally:
                    self._api.incref(address)
                return self._all(path)
            return []

    def get_stats(self) -> Dict[str, int]:
        """The heap's statistics by name, as ``rr_stats`` documents them."""
        stats = _raw.rr_stats(struct_size=ctypes.sizeof(_raw.rr_stats))
        with self._guard:
            self._drain()
            check(self._api.heap_stats(self._live(), ctypes.byref(stats)))
        hidden = ("struct_size", "reserved")
        return {name: getattr(stats, name) for name, *_ in stats._fields_ if name not in hidden}

    def stats(self) -> Dict[str, Any]:
        """All statistics: those of ``get_stats``, and three lists of dicts, where the memory is and how long pauses were.

        ``classes``  by size of block: ``block_bytes`` (0: too large to share a page), ``is_raw``, ``page_bytes``,
                     ``live_blocks``, ``live_bytes``, ``free_blocks``, ``fresh_blocks``
        ``types``    by type, the one with the most bytes first: ``type`` (its name), ``objects``, ``bytes``
        ``pauses``   ``from_ns`` (and less than twice that), ``count``"""
        result: Dict[str, Any] = dict(self.get_stats())
        with self._guard:
            heap = self._live()
            classes = self._usage("get_class_usage", _raw.rr_class_usage)
            usages = self._usage("get_type_usage", _raw.rr_type_usage)
            count = check(self._api.get_pauses(heap, None, 0))
            pauses = (ctypes.c_uint64 * count)()
            check(self._api.get_pauses(heap, pauses, count))
        for usage in classes:
            usage["is_raw"] = bool(usage["is_raw"])
        for usage in usages:
            usage["type"] = _raw.rr_type_name(usage["type"]).decode()
        result["classes"] = classes
        result["types"] = usages
        result["pauses"] = [{"from_ns": 1 << i, "count": number} for i, number in enumerate(pauses) if number]
        return result

    def print_stats(self, path: Optional[str] = None) -> None:
        """Write the statistics as a page of text to a file, or to standard error."""
        with self._guard:
            check(self._api.heap_print_stats(self._live(), None if path is None else os.fsencode(path)))

    def _usage(self, function: str, struct: Any) -> PyList[Dict[str, Any]]:
        call = getattr(self._api, function)
        count = check(call(self._live(), None, 0))
        array = (struct * (count + 1))()
        array[0].struct_size = ctypes.sizeof(struct)
        count = check(call(self._live(), array, count))
        names = [name for name, *_ in struct._fields_ if name != "struct_size"]
        return [{name: getattr(element, name) for name in names} for element in array[:count]]

    def snapshot(self, path: pictures.StrPath) -> None:
        """Write the whole heap to a file that Chrome's DevTools (Memory panel, Load) and memlab open: types, names of
        references, sizes, and what keeps what alive. Call it something.heapsnapshot."""
        name = pictures.encoded(path)
        with self._guard:
            self._drain()
            check(self._api.heap_snapshot(self._live(), name))

    def draw(self, path: Optional[pictures.StrPath] = None, *, max_objects: int = 200) -> pictures.Picture:
        """A picture of the heap: objects, counts, references, who is held from outside, and in red what a collection would
        free. A notebook shows it; with a path (.svg, .png, .pdf, .dot) it is also saved there.

        At most so many objects are drawn; a picture that leaves some out says so."""
        pictures.check_room(max_objects)
        with self._guard:
            self._drain()
            heap = self._live()
            picture = pictures.draw(lambda file: check(self._api.heap_dot(heap, file, max_objects)))
        return picture if path is None else picture.save(path)

    def leak_report(self, path: Optional[Union[str, os.PathLike[str]]] = None, *, text: bool = False) -> Any:
        """Who holds what is left in the heap, and what each holder keeps alive: as a dict, or as text to read.

        With a path it writes that file and returns None: JSON if the name ends in ``.json``, else text. What the numbers
        mean, and the form of the dict, is told in refruntime.h at ``rr_leak_report``. Handles hold from outside."""
        if path is not None:
            self._write_leak_report(os.fspath(path))
            return None
        with tempfile.TemporaryDirectory(prefix="refruntime-") as directory:
            name = os.path.join(directory, "leaks.txt" if text else "leaks.json")
            self._write_leak_report(name)
            with open(name, encoding="utf-8", errors="replace") as file:
                return file.read() if text else json.load(file)

    def _write_leak_report(self, path: str) -> None:
        with self._guard:
            self._drain()
            check(self._api.leak_report(self._live(), os.fsencode(path)))

    def profile_start(self, sample_bytes: int = 512 * 1024) -> None:
        """Sample allocations from now on, one in so many bytes on average, with the native stack that makes them."""
        distance = unsigned(sample_bytes, "sample_bytes")
        if distance == 0:
            raise ValueError("sample_bytes must be positive")
        with self._guard:
            check(self._api.profile_start(self._live(), distance))

    def profile_stop(self) -> None:
        """Sample no more. The profile stays until the next one begins, and follows the deaths of its samples."""
        with self._guard:
            check(self._api.profile_stop(self._live()))

    def profile_write(self, path: pictures.StrPath) -> None:
        """Write the profile for ``pprof``: what was allocated where since it began, and what of it is alive."""
        name = pictures.encoded(path)
        with self._guard:
            self._drain()
            check(self._api.profile_write(self._live(), name))
