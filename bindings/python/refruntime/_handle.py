"""Handles: how Python holds objects of a heap.

Invariants
    An open handle owns exactly one reference; ``close()``, or Python dropping the handle, gives it back.
    A heap hands out one handle per object, and the same again while it lives: ``a.next is b``. Binding it to another
    name (``b = a``) is counted by Python in the handle and stays unseen by the heap; ``a.alias()`` is a second handle
    that owns a second reference, as a second variable does in CPython.
    Two handles are equal iff they are open handles of the same object, or the same handle. Hashes agree with that.
    A handle that is closed, or whose heap is, raises ``ClosedError``; it never touches memory.
"""

from __future__ import annotations

from ctypes import ArgumentError
from threading import local
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Type, TypeVar
from weakref import ref

from .errors import ClosedError, WrongThreadError, check, fail
from .pictures import Picture, StrPath, check_room, draw

if TYPE_CHECKING:
    from ._core import HeapCore
    from .heap import Heap

H = TypeVar("H", bound="Handle")


_thread = local()


def this_thread() -> object:
    """What stands for the calling thread. Thread idents are used again when a thread ends, this is not."""
    try:
        return _thread.identity
    except AttributeError:
        _thread.identity = object()
        return _thread.identity


class Handle:
    """A reference to an object of a heap. Handles are made by their heap, not by calling this class."""

    __slots__ = ("__weakref__", "_address", "_entry", "_hash", "_heap")

    _heap: HeapCore
    _address: int
    _hash: int
    _entry: Optional[ref[Handle]]

    def __new__(cls, *_args: Any, **_named: Any) -> Any:
        raise TypeError(f"{cls.__name__} objects are made by a heap")

    @classmethod
    def _make(cls: Type[H], heap: HeapCore, address: int) -> H:
        """A handle that takes over a reference the caller owns."""
        self: H = object.__new__(cls)
        self._address = 0
        self._heap = heap
        self._hash = hash(address)
        self._entry = None
        self._address = address  # from here on the reference is the handle's
        return self

    def __del__(self) -> None:
        address = self._address
        heap = self._heap
        if address and heap._pointer:
            self._address = 0
            heap._pending.append(address)
            try:
                heap._forget(address, self._entry)
                heap._settle(wait=False)
            except (RecursionError, ArgumentError):
                pass  # it is pending: who uses the heap next gives it back

    def close(self) -> None:
        """Give the reference back now. Closing twice is fine; any other use of a closed handle is a ``ClosedError``.

        It closes this handle for every name that it has; an alias is another handle and stays open."""
        if not self.closed:
            address = self._memory()
            self._address = 0
            self._heap._pending.append(address)
            self._heap._forget(address, self._entry)
            self._heap._settle(wait=True)
        self._address = 0

    def _pointer(self) -> int:
        """The address, for a call that checks the thread itself."""
        if not self._address:
            raise ClosedError(f"this {type(self).__name__} handle is closed")
        if not self._heap._pointer:
            raise ClosedError(f"the heap of this {type(self).__name__} is closed")
        return self._address

    def _memory(self) -> int:
        """The address, for touching the payload directly."""
        address = self._pointer()
        owner = self._heap._owner
        if owner is not None and owner is not this_thread():
            raise WrongThreadError(f"the heap of this {type(self).__name__} belongs to another thread")
        return address

    @property
    def heap(self) -> Heap:
        """The heap that the object lives in."""
        return self._heap  # type: ignore[return-value]

    @property
    def closed(self) -> bool:
        """Whether this handle, or its heap, was closed."""
        return not (self._address and self._heap._pointer)

    @property
    def address(self) -> int:
        """Where the object is. Objects never move."""
        return self._pointer()

    @property
    def refcount(self) -> int:
        """How many references the object has, exactly; this handle is one of them."""
        heap = self._heap
        with heap._guard:
            return check(heap._api.getrefcount(self._pointer()))

    def alias(self: H) -> H:
        """Another handle to the same object, with a reference of its own: equal to this one, but not the same."""
        heap = self._heap
        with heap._guard:
            address = heap._api.newref(self._pointer())
            if not address:
                fail()
            try:
                return self._make(heap, address)
            except (RecursionError, ArgumentError):
                heap._pending.append(address)
                raise

    def draw(self, path: Optional[StrPath] = None, *, max_objects: int = 200) -> Picture:
        """A picture of what lies around the object: who leads to it and what it leads to; see ``Heap.draw``. This handle is
        one of the references from outside."""
        check_room(max_objects)
        heap = self._heap
        with heap._guard:
            address = self._pointer()
            picture = draw(lambda file: check(heap._api.object_dot(address, file, max_objects)))
        return picture if path is None else picture.save(path)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Handle):
            return NotImplemented
        return self._address == other._address != 0 and self._heap is other._heap

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"at {self._address:#x}"
        return f"<refruntime {type(self).__name__} {state}>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} handles can't be copied or pickled; see alias()")


def address_of(value: object, what: str) -> int:
    """The address behind a handle that the user passed as ``what``."""
    if not isinstance(value, Handle):
        raise TypeError(f"{what} must be a RefRuntime object, not {type(value).__name__}")
    return value._pointer()


def address_or_null(value: object, what: str) -> Optional[int]:
    """The same, for a place that may be empty."""
    return None if value is None else address_of(value, what)
