"""``WeakValueDictionary`` and ``WeakKeyDictionary``: Python's, for objects of heaps.

Python's own watch handles, and a handle may go while its object lives. These watch the objects: an entry is there as long as its
object is, whether Python has a handle to it or not.

No lock is taken, since entries go in callbacks, with a heap's lock held. Each step is one that the GIL makes whole: ``dict``
operations, and an entry is taken out only by the callback of the very weak reference that it has. Whoever iterates does so over a
copy, so that objects may die, and entries come and go, meanwhile.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Dict, List, Tuple, Union
from weakref import ref

from ._handle import Handle, address_of
from .weakrefs import WeakRef

if TYPE_CHECKING:
    from .heap import Heap

__all__ = ["WeakKeyDictionary", "WeakValueDictionary"]

_MISSING = object()
_Others = Union[Mapping[Any, Any], Iterable[Tuple[Any, Any]]]


class _WeakDictionary(MutableMapping[Any, Any]):
    """What both have in common. ``_entries`` maps a place (what is looked up) to the weak reference and the other half."""

    def __init__(self, other: _Others = (), /, **named: Any) -> None:
        self._entries: Dict[Any, Tuple[WeakRef, Any]] = {}
        self._heaps: Dict[Heap, None] = {}
        self.update(other, **named)

    def _watch(self, place: Any, target: Any, other_half: Any) -> None:
        """Make an entry, which goes when the target dies."""
        address_of(target, "the object")
        me = ref(self)

        def gone(weak: WeakRef) -> None:
            dictionary = me()
            if dictionary is not None:
                dictionary._forget(place, weak)

        heap = target.heap
        weak = heap.weakref(target, gone)
        self._heaps[heap] = None
        self._entries[place] = (weak, other_half)

    def _forget(self, place: Any, weak: WeakRef) -> None:
        found = self._entries.get(place)
        if found is not None and found[0] is weak:
            found = self._entries.pop(place, None)
            if found is not None and found[0] is not weak:  # another thread was faster, and made a new entry here
                self._entries.setdefault(place, found)

    def _pairs(self) -> Iterator[Tuple[Any, Any, Any]]:
        """The entries that are alive: place, object, other half."""
        for place, (weak, other_half) in self._entries.copy().items():
            target = None if weak.closed else weak()
            if target is not None:
                yield place, target, other_half
            del target

    def _find(self, place: Any) -> Tuple[Any, Any]:
        weak, other_half = self._entries[place]
        target = None if weak.closed else weak()
        if target is None:
            raise KeyError(place)
        return target, other_half

    def __len__(self) -> int:
        if any(heap.closed for heap in self._heaps):
            for place, (weak, _) in self._entries.copy().items():
                if weak.closed:
                    self._forget(place, weak)
            self._heaps = {heap: None for heap in self._heaps if not heap.closed}
        return len(self._entries)

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()

    def popitem(self) -> Tuple[Any, Any]:
        """Remove and return some entry."""
        for key, value in self.items():
            if self.pop(key, _MISSING) is not _MISSING:
                return key, value
        raise KeyError("the dictionary is empty")

    def copy(self) -> Any:
        """Another dictionary with the same entries."""
        return type(self)(self)

    __copy__ = copy

    def items(self) -> Iterator[Tuple[Any, Any]]:  # type: ignore[override]
        """The entries that are there now. Each object is held while it is looked at."""
        raise NotImplementedError

    def keys(self) -> Iterator[Any]:  # type: ignore[override]
        """Their keys."""
        for key, value in self.items():
            del value
            yield key

    def values(self) -> Iterator[Any]:  # type: ignore[override]
        """Their values."""
        for key, value in self.items():
            del key
            yield value

    def __iter__(self) -> Iterator[Any]:
        return self.keys()

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, Mapping):
            return NotImplemented
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other: Any) -> Any:
        if not isinstance(other, Mapping):
            return NotImplemented
        result = type(self)(other)
        result.update(self)
        return result

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return f"<refruntime {type(self).__name__} with {len(self)} entries>"


class WeakValueDictionary(_WeakDictionary):
    """A dictionary of objects of heaps by keys of Python's, for caches: an entry goes when its object dies."""

    def __getitem__(self, key: Any) -> Any:
        return self._find(key)[0]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._watch(key, value, None)

    def __delitem__(self, key: Any) -> None:
        self._find(key)
        del self._entries[key]

    def __contains__(self, key: object) -> bool:
        try:
            self._find(key)
        except KeyError:
            return False
        return True

    def items(self) -> Iterator[Tuple[Any, Any]]:  # type: ignore[override]
        """The entries that are there now. Each object is held while it is looked at."""
        for key, value, _ in self._pairs():
            yield key, value

    def __deepcopy__(self, memo: Any) -> Any:
        result = type(self)()
        for key, value in self.items():
            result[copy.deepcopy(key, memo)] = value
        return result

    def valuerefs(self) -> List[WeakRef]:
        """The weak references to the values."""
        return [weak for weak, _ in self._entries.copy().values()]


class WeakKeyDictionary(_WeakDictionary):
    """A dictionary of values of Python's by objects of heaps, to keep beside objects what they have no field for: an entry goes
    when its object dies. A value that has a handle to its own key keeps both."""

    def __init__(self, other: _Others = (), /) -> None:
        super().__init__(other)

    @staticmethod
    def _place(key: Any) -> Any:
        address = address_of(key, "a key")
        return key.heap, address

    def __getitem__(self, key: Any) -> Any:
        try:
            return self._find(self._place(key))[1]
        except KeyError:
            raise KeyError(key) from None

    def __setitem__(self, key: Any, value: Any) -> None:
        self._watch(self._place(key), key, value)

    def __delitem__(self, key: Any) -> None:
        if self._entries.pop(self._place(key), None) is None:
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, Handle) and not key.closed and self._place(key) in self._entries

    def items(self) -> Iterator[Tuple[Any, Any]]:  # type: ignore[override]
        """The entries that are there now. Each object is held while it is looked at."""
        for _, key, value in self._pairs():
            yield key, value

    def __deepcopy__(self, memo: Any) -> Any:
        result = type(self)()
        for key, value in self.items():
            result[key] = copy.deepcopy(value, memo)
        return result

    def keyrefs(self) -> List[WeakRef]:
        """The weak references to the keys."""
        return [weak for weak, _ in self._entries.copy().values()]
