"""The built-in containers: ``List``, ``Tuple`` and ``Bytes``.

They behave like Python's own sequences, with two differences. Items of lists and tuples are objects of the same heap.
And they compare by identity, as all objects of a heap do: ``list(a) == list(b)`` compares contents.
"""

from __future__ import annotations

import ctypes
import operator
from collections.abc import MutableSequence, Sequence
from typing import Any, Iterable, Iterator, List as PyList, Optional, Union, overload

from ._handle import Handle, address_of, address_or_null
from .errors import check

__all__ = ["Bytes", "List", "Tuple"]

POINTER_SIZE = ctypes.sizeof(ctypes.c_void_p)


def place(index: Any, count: int, what: str) -> int:
    """An index as Python means it, as a position from the front."""
    position = operator.index(index)
    if position < 0:
        position += count
    if not 0 <= position < count:
        raise IndexError(f"{what} index out of range")
    return position


class _References(Handle):
    """What lists and tuples share: looking through their items without making a handle for each."""

    __slots__ = ()

    def __len__(self) -> int:
        raise NotImplementedError

    def _item_addresses(self) -> PyList[Optional[int]]:
        raise NotImplementedError

    def __contains__(self, value: object) -> bool:
        address = value._address if isinstance(value, Handle) else None
        if address is None and value is not None:
            return False
        with self._heap._guard:
            return address in self._item_addresses()

    def index(self, value: object, start: int = 0, stop: Optional[int] = None) -> int:
        """The position of an object, as ``list.index``."""
        address = address_or_null(value, "value")
        with self._heap._guard:
            items = self._item_addresses()
        positions = range(len(items))[start : len(items) if stop is None else stop]
        for position in positions:
            if items[position] == address:
                return position
        raise ValueError(f"{value!r} is not in this {type(self).__name__.lower()}")

    def count(self, value: object) -> int:
        """How often an object is an item."""
        address = address_or_null(value, "value")
        with self._heap._guard:
            return self._item_addresses().count(address)


class List(_References, MutableSequence[Any]):
    """A growable sequence of objects, made by ``Heap.list``. Each item is a strong reference, and never None."""

    __slots__ = ()

    def __len__(self) -> int:
        heap = self._heap
        with heap._guard:
            return check(heap._api.list_count(self._pointer()))

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> List: ...

    def __getitem__(self, index: Union[int, slice]) -> Any:
        heap = self._heap
        with heap._guard:
            address = self._pointer()
            if isinstance(index, slice):
                return self.heap.list(self[position] for position in range(*index.indices(len(self))))
            position = place(index, len(self), "list")
            return heap._load(lambda: heap._api.list_get(address, position))  # type: ignore[no-any-return]

    def __setitem__(self, index: Union[int, slice], value: Any) -> None:
        heap = self._heap
        if isinstance(index, slice):
            self._set_slice(index, list(value))
            return
        with heap._guard:
            position = place(index, len(self), "list assignment")
            check(heap._api.list_set(self._pointer(), position, address_or_null(value, "item")))

    def _set_slice(self, index: slice, values: PyList[Any]) -> None:
        for value in values:
            address_of(value, "item")
        with self._heap._guard:
            positions = range(*index.indices(len(self)))
            if positions.step != 1:
                if len(positions) != len(values):
                    raise ValueError(
                        f"attempt to assign sequence of size {len(values)} to extended slice of size {len(positions)}"
                    )
                for position, value in zip(positions, values):
                    self[position] = value
                return
            for offset, value in enumerate(values):
                self.insert(positions.start + offset, value)
            for _ in positions:
                del self[positions.start + len(values)]

    def __delitem__(self, index: Union[int, slice]) -> None:
        heap = self._heap
        with heap._guard:
            if isinstance(index, slice):
                for position in sorted(range(*index.indices(len(self))), reverse=True):
                    del self[position]
                return
            position = place(index, len(self), "list assignment")
            check(heap._api.list_remove(self._pointer(), position))

    def insert(self, index: int, value: Any) -> None:
        """Put an object before the item at ``index``, as ``list.insert``."""
        heap = self._heap
        with heap._guard:
            count = len(self)
            position = max(0, index + count) if index < 0 else min(index, count)
            check(heap._api.list_insert(self._pointer(), position, address_or_null(value, "item")))

    def append(self, value: Any) -> None:
        """Put an object at the end."""
        heap = self._heap
        with heap._guard:
            check(heap._api.list_append(self._pointer(), address_or_null(value, "item")))

    def clear(self) -> None:
        """Release all items."""
        heap = self._heap
        with heap._guard:
            check(heap._api.list_clear(self._pointer()))

    def _item_addresses(self) -> PyList[Optional[int]]:
        return list(self._heap._many("get_referents", self._pointer()))


class Tuple(_References, Sequence[Any]):
    """A fixed sequence of objects and None, made by ``Heap.tuple``."""

    __slots__ = ()

    def __len__(self) -> int:
        heap = self._heap
        with heap._guard:
            self._memory()
            return int(heap._api.item_count(self._address))

    def __getitem__(self, index: Union[int, slice]) -> Any:
        heap = self._heap
        with heap._guard:
            count = len(self)
            if isinstance(index, slice):
                return self.heap.tuple(self[position] for position in range(*index.indices(count)))
            slot = ctypes.c_void_p.from_address(self._memory() + POINTER_SIZE * place(index, count, "tuple"))
            return heap._load(lambda: slot.value)

    def _item_addresses(self) -> PyList[Optional[int]]:
        return list((ctypes.c_void_p * len(self)).from_address(self._memory()))


class Bytes(Handle, Sequence[int]):
    """A fixed number of raw bytes, made by ``Heap.bytes``. They can be changed in place, as in a ``bytearray``."""

    __slots__ = ()

    def __len__(self) -> int:
        heap = self._heap
        with heap._guard:
            self._memory()
            return int(heap._api.item_count(self._address))

    def __bytes__(self) -> bytes:
        with self._heap._guard:
            return ctypes.string_at(self._memory(), len(self))

    def __getitem__(self, index: Union[int, slice]) -> Any:
        with self._heap._guard:
            if isinstance(index, slice):
                return bytes(self)[index]
            return ctypes.c_ubyte.from_address(self._memory() + place(index, len(self), "bytes")).value

    def __setitem__(self, index: Union[int, slice], value: Union[int, Iterable[int]]) -> None:
        with self._heap._guard:
            content = bytearray(bytes(self))
            content[index] = value  # type: ignore[index,assignment]
            if len(content) != len(self):
                raise ValueError(f"the length of these bytes is fixed at {len(self)}")
            ctypes.memmove(self._memory(), bytes(content), len(content))

    def __iter__(self) -> Iterator[int]:
        return iter(bytes(self))
