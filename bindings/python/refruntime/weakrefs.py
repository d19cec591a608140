"""Weak references: objects of the heap that know another object without keeping it alive."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ._core import NOT_CALLED
from ._handle import Handle, this_thread
from .errors import RefRuntimeError, fail

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
                try:
                    return heap._adopt(address)
                except NOT_CALLED:
                    heap._pending.append(address)
                    raise
            if heap._owner is not None and heap._owner is not this_thread():
                fail()
            return None

    @property
    def __callback__(self) -> Optional[Callable[[WeakRef], Any]]:
        """The callable that hears of the target's death; None when there is none, or when it has heard."""
        return self._heap._weak_callbacks.get(self._pointer())

    def __repr__(self) -> str:
        if self.closed:
            return super().__repr__()
        try:
            target = self()
        except RefRuntimeError:  # in another thread, for instance
            return super().__repr__()
        state = "dead" if target is None else f"to {type(target).__name__} at {target._address:#x}"
        return f"{super().__repr__()[:-1]}; {state}>"
