"""The functions that the library calls back, one of each kind for the whole process.

Types live as long as the process, Python callables as long as their heap. So the library is given these functions,
and they look up the callable in the heap of the object in question.

The library calls back on the thread that called it, inside that call; ctypes takes the GIL if the call gave it up.
An exception must not travel through the library: ctypes hands it to ``sys.unraisablehook`` when it reaches the end
of one of these functions, and drops the frames (and the handles in them) before the library goes on.
"""

from __future__ import annotations

import ctypes
from typing import Any, Callable, Dict, Optional

from . import _raw, _registry

_REASONS = {
    _raw.RR_GC_REASON_REQUESTED: "requested",
    _raw.RR_GC_REASON_STEP: "step",
    _raw.RR_GC_REASON_CANDIDATES: "candidates",
    _raw.RR_GC_REASON_GROWTH: "growth",
    _raw.RR_GC_REASON_LIMIT: "limit",
}


@_raw.rr_finalize_fn
def finalize(address: int, _user: Optional[int]) -> None:
    """Run the finalizer of an object's type. Whoever keeps the handle resurrects the object."""
    heap = _registry.heap_of(address)
    finalizer, _ = heap._hooks[heap._api.type_of(address)]
    if finalizer is not None:
        finalizer(heap._load(lambda: address))


@_raw.rr_destroy_fn
def destroy(address: int, _user: Optional[int]) -> None:
    """Run the destroy callable of an object's type, on a handle that owns nothing and is closed afterwards."""
    heap = _registry.heap_of(address)
    type_id = heap._api.type_of(address)
    _, callback = heap._hooks[type_id]
    if callback is not None:
        view = heap._kinds[type_id]._make(heap, address)
        try:
            callback(view)
        finally:
            view._address = 0


@_raw.rr_weakref_fn
def target_died(weakref: int, _user: Optional[int]) -> None:
    """Run the callable of a weak reference, once."""
    heap = _registry.heap_of(weakref)
    callback = heap._weak_callbacks.pop(weakref, None)
    if callback is not None:
        callback(heap._load(lambda: weakref))


@_raw.rr_gc_fn
def collection(pointer: int, event_pointer: Any, _user: Optional[int]) -> None:
    """Tell a heap's ``callbacks`` that a collection starts or stops."""
    heap: Any = _registry.find(pointer)
    if heap is None:
        return
    event = event_pointer.contents
    phase = "start" if event.phase == _raw.RR_GC_PHASE_START else "stop"
    info: Dict[str, Any] = {
        "reason": _REASONS.get(event.reason, str(event.reason)),
        "collected": event.collected,
        "resurrected": event.resurrected,
        "visited": event.visited,
        "duration_ns": event.duration_ns,
    }
    for callback in list(heap.callbacks):
        _protected(lambda callback=callback: callback(phase, dict(info)))


@ctypes.PYFUNCTYPE(None, ctypes.py_object)
def _protected(work: Callable[[], Any]) -> None:
    """Called like a foreign function, so that an exception in one callable does not keep the next from being called."""
    work()
