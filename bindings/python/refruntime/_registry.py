"""The open heaps of this process, and what happens to them at exit and at fork.

At exit every heap is closed while Python still works, so that finalizers and callbacks run as usual. Afterwards all
handles are dead and have nothing left to do. The default heap can't be freed; its handles are detached.

Before a fork other threads are kept out of all heaps, so that none is in the middle of a call; parent and child both let
them in again. Who does not leave within a second is in a callback that waits for something; in the child nobody will ever finish
that call, so the child detaches that heap.
"""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING, Dict, List, Optional
from weakref import ref

from ._native import held
from .errors import RefRuntimeError

if TYPE_CHECKING:
    from ._core import HeapCore

PATIENCE_SECONDS = 1.0

_heaps: Dict[int, ref[HeapCore]] = {}
_forking: List[HeapCore] = []
_stuck: List[HeapCore] = []

#: Heaps that were dropped where a heap can't be freed (inside a callback, on another thread); tried again later.
postponed: List[HeapCore] = []


def add(heap: HeapCore) -> None:
    """Make an open heap known. Needed again while Python's own collector takes the heap down: by then the weak
    reference is cleared, but finalizers of the heap's objects still have to find it."""
    if find(heap._pointer) is not heap:
        _heaps[heap._pointer] = ref(heap)


def remove(pointer: int) -> None:
    """Forget a heap that is closed."""
    _heaps.pop(pointer, None)


def find(pointer: Optional[int]) -> Optional[HeapCore]:
    """The open heap with this address."""
    entry = _heaps.get(pointer or 0)
    return entry() if entry is not None else None


def heap_of(address: int) -> HeapCore:
    """The heap of an object that a callback was given."""
    heap = find(held.heap_of(address))
    if heap is None:
        raise LookupError(f"the object at {address:#x} is in no heap that this process opened from Python")
    return heap


def _open_heaps() -> List[HeapCore]:
    return [heap for heap in (entry() for entry in list(_heaps.values())) if heap is not None]


def close_postponed() -> None:
    """Close the heaps for which there was no right moment so far."""
    for heap in postponed[:]:
        try:
            heap.close()
        except RefRuntimeError:
            continue
        postponed.remove(heap)


@atexit.register
def _close_all() -> None:
    for heap in _open_heaps():
        if not heap._hold(PATIENCE_SECONDS):
            heap._detach()
            continue
        try:
            heap._close_at_exit()
        finally:
            heap._release()


def _before_fork() -> None:
    for heap in _open_heaps():
        (_forking if heap._hold(PATIENCE_SECONDS) else _stuck).append(heap)


def _after_fork_in_parent() -> None:
    while _forking:
        _forking.pop()._release()
    _stuck.clear()


def _after_fork_in_child() -> None:
    for heap in _open_heaps():
        if heap._gate is not None:
            heap._gate.forget_others()
    while _stuck:
        _stuck.pop()._detach()
    _after_fork_in_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
