"""Weak references: objects of the heap that know another object without keeping it alive."""

from __future__ import annotations

from typing import Any

from ._handle import Handle, this_thread
from .errors import fail

__all__ = ["WeakRef"]


class WeakRef(Handle):
    """A weak reference, made by ``Heap.weakref``. Calling it gives the object, or None when that is dead.

    It is itself an object of the heap: it can be put into slots and lists, and its callback runs only if it still
    lives when its target dies.
    """

    __slots__ = ()

    def __call__(self) -> Any:
        """A handle to the target, or None when it is dead."""
        heap = self._heap
        with heap._guard:
            address = heap._api.weakref_get(self._pointer())
            if address:
                return heap._adopt(address)
            if heap._owner is not None and heap._owner is not this_thread():
                fail()
            return None
