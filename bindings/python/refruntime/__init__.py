"""Python's way of managing memory, as a library: RefRuntime from Python.

    import refruntime
    from ctypes import c_int64

    with refruntime.Heap() as heap:
        Node = heap.type("Node", refs=["next"], fields={"value": c_int64})
        node = Node(value=1)
        node.next = node            # a cycle
        del node
        print(heap.collect())       # 1

The library is found through ``REFRUNTIME_LIBRARY``, a path, or where the system looks for ``librefruntime.so.1``.
"""

from __future__ import annotations

from typing import Any, Callable

from . import gc
from ._handle import Handle
from ._native import held as _held
from .batch import Batch, BatchSlice
from .containers import Bytes, List, Tuple
from .errors import (
    AbiError,
    ArgumentError,
    BusyError,
    ClosedError,
    CorruptError,
    FileError,
    NotAnObjectError,
    OutOfMemoryError,
    RefRuntimeError,
    SizeOverflowError,
    WrongThreadError,
    WrongTypeError,
)
from .gc import (
    collect,
    disable,
    enable,
    freeze,
    get_count,
    get_freeze_count,
    get_objects,
    get_path,
    get_pause_goal,
    get_referents,
    get_referrers,
    get_stats,
    get_threshold,
    getrefcount,
    getweakrefcount,
    getweakrefs,
    is_finalized,
    is_tracked,
    isenabled,
    set_pause_goal,
    set_threshold,
    unfreeze,
)
from .gc import id as id  # not in __all__: a star import would hide Python's own
from .heap import Heap, default_heap
from .pictures import Picture
from .timeline import trace_start, trace_stop
from .types import Instance, Items, Ref
from .weakdicts import WeakKeyDictionary, WeakValueDictionary
from .weakrefs import WeakRef

callbacks: list[Callable[[str, dict[str, Any]], Any]]


def __getattr__(name: str) -> Any:
    if name == "callbacks":
        return gc.callbacks
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


#: The version of the library that was loaded.
__version__: str = _held.version().decode("ascii")

__all__ = [
    "AbiError",
    "ArgumentError",
    "Batch",
    "BatchSlice",
    "BusyError",
    "Bytes",
    "ClosedError",
    "CorruptError",
    "FileError",
    "Handle",
    "Heap",
    "Instance",
    "Items",
    "List",
    "NotAnObjectError",
    "OutOfMemoryError",
    "Picture",
    "Ref",
    "RefRuntimeError",
    "SizeOverflowError",
    "Tuple",
    "WeakKeyDictionary",
    "WeakRef",
    "WeakValueDictionary",
    "WrongThreadError",
    "WrongTypeError",
    "collect",
    "default_heap",
    "disable",
    "enable",
    "freeze",
    "gc",
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
    "is_finalized",
    "is_tracked",
    "isenabled",
    "set_pause_goal",
    "set_threshold",
    "trace_start",
    "trace_stop",
    "unfreeze",
]
