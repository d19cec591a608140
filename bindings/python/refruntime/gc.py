"""Functions named as in CPython's ``gc`` and ``sys``, for RefRuntime's objects.

Those that look at a heap as a whole take it as an argument; without one they mean the default heap. ``callbacks`` is the
default heap's list of callables that hear of its collections.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Type

from ._handle import Handle
from .heap import Heap, default_heap

__all__ = [
    "collect",
    "disable",
    "enable",
    "freeze",
    "get_count",
    "get_freeze_count",
    "get_objects",
    "get_path",
    "get_pause_goal",
    "get_referents",
    "get_referrers",
    "get_stats",
    "get_threshold",
    "getrefcount",
    "getweakrefcount",
    "getweakrefs",
    "id",
    "is_finalized",
    "is_tracked",
    "isenabled",
    "set_pause_goal",
    "set_threshold",
    "unfreeze",
]


callbacks: List[Callable[[str, Dict[str, Any]], Any]]


def __getattr__(name: str) -> Any:
    if name == "callbacks":
        return default_heap().callbacks
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _heap_of(target: Any) -> Heap:
    if not isinstance(target, Handle):
        raise TypeError(f"a RefRuntime object is needed, not {type(target).__name__}")
    return target.heap


def id(target: Any) -> int:
    """The address of an object, which is its identity while it lives."""
    _heap_of(target)
    return target.address  # type: ignore[no-any-return]


def getrefcount(target: Any) -> int:
    """The reference count, counting the argument of this very call, as ``sys.getrefcount`` documents: an object that
    one handle holds shows 2. The argument does own a reference while the count is read; see ``refcount`` for the
    exact count without it."""
    _heap_of(target)
    argument = target.alias()
    try:
        return argument.refcount  # type: ignore[no-any-return]
    finally:
        argument.close()


def getweakrefcount(target: Any) -> int:
    """How many weak references to an object there are."""
    return _heap_of(target).weakref_count(target)


def getweakrefs(target: Any) -> List[Any]:
    """The weak references to an object."""
    return _heap_of(target).get_weakrefs(target)


def collect(heap: Optional[Heap] = None) -> int:
    """Collect now; returns how many containers were unreachable."""
    return (heap or default_heap()).collect()


def enable(heap: Optional[Heap] = None) -> None:
    """Let collections start by themselves."""
    (heap or default_heap()).enable()


def disable(heap: Optional[Heap] = None) -> None:
    """No collection but by ``collect``."""
    (heap or default_heap()).disable()


def isenabled(heap: Optional[Heap] = None) -> bool:
    """Whether collections start by themselves."""
    return (heap or default_heap()).isenabled()


def freeze(heap: Optional[Heap] = None) -> None:
    """Leave all objects that are there now out of collections."""
    (heap or default_heap()).freeze()


def unfreeze(heap: Optional[Heap] = None) -> None:
    """Let collections see the frozen objects again."""
    (heap or default_heap()).unfreeze()


def get_freeze_count(heap: Optional[Heap] = None) -> int:
    """How many objects are frozen."""
    return (heap or default_heap()).get_freeze_count()


def get_threshold(heap: Optional[Heap] = None) -> int:
    """How many candidates start a collection. One number: there are no generations."""
    return (heap or default_heap()).get_threshold()


def set_threshold(candidates: int, heap: Optional[Heap] = None) -> None:
    """Set how many candidates start a collection; 0 = never by count."""
    (heap or default_heap()).set_threshold(candidates)


def get_pause_goal(heap: Optional[Heap] = None) -> int:
    """How many nanoseconds an automatic collection takes at a time, as an aim; 0 = as long as it needs."""
    return (heap or default_heap()).get_pause_goal()


def set_pause_goal(nanoseconds: int, heap: Optional[Heap] = None) -> None:
    """Set how many nanoseconds an automatic collection takes at a time, as an aim; 0 = as long as it needs."""
    (heap or default_heap()).set_pause_goal(nanoseconds)


def get_count(heap: Optional[Heap] = None) -> int:
    """How many candidates were logged since the last collection."""
    return (heap or default_heap()).get_count()


def get_stats(heap: Optional[Heap] = None) -> Dict[str, int]:
    """The heap's statistics by name."""
    return (heap or default_heap()).get_stats()


def get_objects(kind: Optional[Type[Handle]] = None, heap: Optional[Heap] = None) -> List[Any]:
    """All objects, or those of one kind."""
    return (heap or default_heap()).get_objects(kind)


def get_referrers(*targets: Any) -> List[Any]:
    """The objects that refer to one of these directly."""
    return [found for target in targets for found in _heap_of(target).get_referrers(target)]


def get_referents(*targets: Any) -> List[Any]:
    """The objects that these refer to."""
    return [found for target in targets for found in _heap_of(target).get_referents(target)]


def get_path(target: Any) -> List[Any]:
    """The shortest chain of objects that keeps this one alive; see ``Heap.get_path``."""
    return _heap_of(target).get_path(target)


def is_tracked(target: Any) -> bool:
    """Whether collections look at an object."""
    return _heap_of(target).is_tracked(target)


def is_finalized(target: Any) -> bool:
    """Whether an object's finalizer has run."""
    return _heap_of(target).is_finalized(target)
