"""Heaps: islands of objects with counts and a collector of their own."""

from __future__ import annotations

import ctypes
from typing import Any, Callable, Dict, Iterable, List as PyList, Mapping, Optional, Type, Union

from . import _callbacks, _native, _raw, _registry, types
from ._handle import address_or_null, this_thread
from .batch import Batch
from .containers import POINTER_SIZE, Bytes, List, Tuple
from .errors import check, integer, need, unsigned
from .looking import Looking
from .weakrefs import WeakRef

__all__ = ["Heap", "default_heap"]

_NO_CALLBACK: Any = _raw.rr_weakref_fn()  # type: ignore[call-overload]


class Heap(Looking):
    """A heap. Its objects refer to each other and to nothing else; close it, or use it in a ``with`` statement.

    serialized     any thread may use it, one at a time; the GIL and a lock of this package see to that (the default).
                   Finalizers and callbacks run with that lock held: they must not wait for a thread that uses the heap.
                   ``serialized=False`` gives the heap to the thread that makes it; others get a ``WrongThreadError``.
    synchronized   any thread at any time, also threads of native code: the library locks. Calls give up the GIL.
                   Finalizers and callbacks run with that lock held. Closing it waits for other Python threads to leave it; a fork
                   waits for a second, and if one stays inside a callback for longer, the heap is closed in the child.
    manual_gc      no automatic collection, not even at the limit.
    bounded        automatic collections in bounded slices.
    checked        find misuse early, at the price of speed.
    report_leaks   ``close`` tells on standard error what is still held, and by whom; see ``leak_report``.
    max_bytes      the most memory the heap may use; 0 = no limit. At the limit it collects, then ``MemoryError``.
    """

    def __init__(
        self,
        *,
        serialized: bool = True,
        synchronized: bool = False,
        manual_gc: bool = False,
        bounded: bool = False,
        checked: bool = False,
        report_leaks: bool = False,
        max_bytes: int = 0,
    ) -> None:
        limit = unsigned(max_bytes, "max_bytes")
        _registry.close_postponed()
        options = _raw.rr_heap_options(struct_size=ctypes.sizeof(_raw.rr_heap_options), max_bytes=limit)
        for wanted, flag in (
            (synchronized, _raw.RR_HEAP_SYNCHRONIZED),
            (serialized and not synchronized, _raw.RR_HEAP_SERIALIZED),
            (manual_gc, _raw.RR_HEAP_MANUAL_GC),
            (bounded, _raw.RR_HEAP_BOUNDED),
            (checked, _raw.RR_HEAP_CHECKED),
            (report_leaks, _raw.RR_HEAP_REPORT_LEAKS),
        ):
            if wanted:
                options.flags |= flag
        pointer = need(_native.held.heap_new(ctypes.byref(options)))
        self._start(pointer, synchronized, owned=not (serialized or synchronized))

    def _start(self, pointer: int, synchronized: bool, owned: bool) -> None:
        self._kinds = {
            _raw.RR_TYPE_BYTES: Bytes,
            _raw.RR_TYPE_TUPLE: Tuple,
            _raw.RR_TYPE_LIST: List,
            _raw.RR_TYPE_WEAKREF: WeakRef,
        }
        self._hooks = {}
        self._callbacks: Optional[PyList[Callable[[str, Dict[str, Any]], Any]]] = None
        self._open(pointer, synchronized, owned)

    def __enter__(self) -> Heap:
        self._live()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<refruntime Heap {f'at {self._pointer:#x}' if self._pointer else 'closed'}>"

    @property
    def closed(self) -> bool:
        """Whether the heap was closed."""
        return not self._pointer

    @property
    def address(self) -> int:
        """The ``rr_heap *``, for calls of native code that shares this heap."""
        return self._live()

    def attach(self) -> None:
        """Make the calling thread the owner of a heap with ``serialized=False``. The old one must be out."""
        check(self._api.heap_attach(self._live()))
        if self._owner is not None:
            self._owner = this_thread()
            self._drain()

    # Making objects

    def type(
        self,
        name: str,
        *,
        refs: Iterable[str] = (),
        fields: Optional[Mapping[str, Any]] = None,
        items: types.ItemKind = None,
        finalizer: Optional[Callable[[Any], Any]] = None,
        destroy: Optional[Callable[[Any], Any]] = None,
        acyclic: bool = False,
    ) -> Type[Any]:
        """Declare a type; the class that comes back makes its objects: ``Node = heap.type("Node", refs=["next"])``.

        refs       names of attributes that hold an object of this heap or None: strong references.
        fields     names of attributes that hold values, with their ctypes types.
        items      what trailing items are: ``Ref`` for strong references, or a ctypes type.
        finalizer  called once with each object before it dies, while it is intact. It may do anything; whoever keeps
                   the object brings it back to life.
        destroy    called with each object as it goes, on a handle that is valid during the call. It may read value
                   fields and close handles, not allocate (``BusyError``).
        acyclic    a promise that no object of this type is ever part of a cycle. The collector skips them.

        To give a type methods, derive from it once: ``class Node(heap.type("Node", refs=["next"])): __slots__ = ()``.
        """
        self._live()
        return types.declare(self, name, refs, fields or {}, items, finalizer, destroy, acyclic)

    def batch(self, kind: Type[Any], count: int) -> Batch:
        """Make this many objects of a type of this heap with one call: ``nodes = heap.batch(Node, 1_000_000)``. All references
        are empty and all values 0. If the heap is full before all are made, there are none: ``MemoryError``."""
        return Batch._make(self, kind, count)

    def list(self, items: Iterable[Any] = ()) -> List:
        """A new list with these objects."""
        with self._guard:
            made: List = self._new(List, self._api.list_new, self._live())
        made.extend(items)
        return made

    def tuple(self, items: Iterable[Any] = ()) -> Tuple:
        """A new tuple with these objects; None leaves a place empty."""
        values = list(items)
        with self._guard:
            addresses = [address_or_null(value, "item") for value in values]
            made: Tuple = self._new(Tuple, self._api.alloc_items, self._live(), _raw.RR_TYPE_TUPLE, len(values))
            for position, address in enumerate(addresses):
                check(self._api.store(made._memory() + POINTER_SIZE * position, address))
        return made

    def bytes(self, content: Union[bytes, bytearray, memoryview, int]) -> Bytes:
        """New raw bytes with this content, or this many zero bytes."""
        count = content if isinstance(content, int) else memoryview(content).nbytes
        if count < 0:
            raise ValueError("negative count")
        with self._guard:
            made: Bytes = self._new(Bytes, self._api.alloc_items, self._live(), _raw.RR_TYPE_BYTES, count)
            if not isinstance(content, int):
                ctypes.memmove(made._memory(), bytes(content), count)
        return made

    def weakref(self, target: Any, callback: Optional[Callable[[WeakRef], Any]] = None) -> WeakRef:
        """A weak reference. ``callback`` is called with it once the target is dead, if it still lives then.

        Without callback, all weak references to one target are the same object. A callback belongs to Python: handles that it
        refers to (a method's object, a variable of the function around it) hold their objects from outside. So let it hold what
        it needs of the heap by a weak reference, or a cycle through it is never found.

        Python's own ``weakref`` watches handles: ``weakref.ref(node)`` is dead when the handle is, not when the object is. In place
        of its dictionaries there are ``refruntime.WeakValueDictionary`` and ``WeakKeyDictionary``."""
        with self._guard:
            if callback is not None and not callable(callback):
                raise TypeError("callback must be callable")
            address = self._own(target, "target")
            self._live()
            thunk = _NO_CALLBACK if callback is None else _callbacks.target_died
            weak: WeakRef = self._new(WeakRef, self._api.weakref_new, address, thunk, None)
            if callback is not None:
                self._expect(weak._address, callback)
            else:
                self._weak_callbacks.pop(weak._address, None)  # of a weak reference that was at this address before
            return weak

    # Collecting

    def collect(self) -> int:
        """Find every unreachable object, now. Returns how many containers were dead (0 from inside a callback)."""
        with self._guard:
            self._drain()
            return check(self._api.collect(self._live()))

    def collect_step(self, budget_ns: int = 500_000) -> int:
        """One bounded slice of a collection; returns how many objects it freed."""
        budget = unsigned(budget_ns, "budget_ns")
        with self._guard:
            return check(self._api.collect_step(self._live(), budget))

    @property
    def pending(self) -> bool:
        """Whether a step would find work."""
        with self._guard:
            return bool(self._api.gc_pending(self._live()))

    def enable(self) -> None:
        """Let collections start by themselves."""
        with self._guard:
            check(self._api.gc_enable(self._live()))

    def disable(self) -> None:
        """No collection but by ``collect``."""
        with self._guard:
            check(self._api.gc_disable(self._live()))

    def isenabled(self) -> bool:
        """Whether collections start by themselves."""
        with self._guard:
            return bool(check(self._api.gc_is_enabled(self._live())))

    def get_threshold(self) -> int:
        """How many candidates start a collection; 0 = never by count."""
        with self._guard:
            return int(self._api.gc_get_threshold(self._live()))

    def set_threshold(self, candidates: int) -> None:
        """Set how many candidates start a collection; 0 = never by count."""
        count = unsigned(candidates, "candidates")
        with self._guard:
            check(self._api.gc_set_threshold(self._live(), count))

    def get_pause_goal(self) -> int:
        """How many nanoseconds an automatic collection aims to take at a time; 0 = as long as it needs."""
        with self._guard:
            return int(self._api.gc_get_pause_goal(self._live()))

    def set_pause_goal(self, nanoseconds: int) -> None:
        """Set how many nanoseconds an automatic collection aims to take at a time; 0 = as long as it needs."""
        goal = unsigned(nanoseconds, "nanoseconds")
        with self._guard:
            check(self._api.gc_set_pause_goal(self._live(), goal))

    def get_count(self) -> int:
        """How many candidates, possible roots of dead cycles, were logged since the last collection."""
        with self._guard:
            return int(self._api.gc_get_candidates(self._live()))

    def freeze(self) -> None:
        """Leave all objects that are there now out of collections."""
        with self._guard:
            check(self._api.gc_freeze(self._live()))

    def unfreeze(self) -> None:
        """Let collections see the frozen objects again."""
        with self._guard:
            check(self._api.gc_unfreeze(self._live()))

    def get_freeze_count(self) -> int:
        """How many objects are frozen."""
        with self._guard:
            return check(self._api.gc_freeze_count(self._live()))

    @property
    def callbacks(self) -> PyList[Callable[[str, Dict[str, Any]], Any]]:
        """Callables that hear of each collection, as ``gc.callbacks``: ``callback(phase, info)``, phase ``"start"`` or
        ``"stop"``, info a dict with ``reason``, ``collected``, ``resurrected``, ``visited`` and ``duration_ns``."""
        if self._callbacks is None:
            with self._guard:
                check(self._api.gc_set_callback(self._live(), _callbacks.collection, None))
                self._callbacks = []
        return self._callbacks

    def report_external(self, delta_bytes: int) -> None:
        """Say that objects keep this much more (or less) memory alive that the heap does not see."""
        delta = integer(delta_bytes, "delta_bytes")
        if not -(2**63) <= delta < 2**63:
            raise OverflowError(f"{delta} does not fit in 64 bits")
        with self._guard:
            check(self._api.report_external(self._live(), delta))

    # Single objects

    def make_immortal(self, target: Any) -> None:
        """Let an object live as long as the heap: its count stops, the collector skips it."""
        with self._guard:
            check(self._api.make_immortal(self._own(target, "object")))

    def is_immortal(self, target: Any) -> bool:
        """Whether an object is immortal."""
        with self._guard:
            return bool(self._api.is_immortal(self._own(target, "object")))

    def is_unique(self, target: Any) -> bool:
        """Whether the handle passed holds the object's only reference."""
        with self._guard:
            return bool(self._api.is_unique(self._own(target, "object")))

    def is_tracked(self, target: Any) -> bool:
        """Whether collections look at the object. Objects without references are never tracked."""
        with self._guard:
            return bool(self._api.gc_is_tracked(self._own(target, "object")))

    def track(self, target: Any) -> None:
        """Let collections look at the object."""
        with self._guard:
            check(self._api.gc_track(self._own(target, "object")))

    def untrack(self, target: Any) -> None:
        """Let collections pass the object by."""
        with self._guard:
            check(self._api.gc_untrack(self._own(target, "object")))

    def is_finalized(self, target: Any) -> bool:
        """Whether the object's finalizer has run."""
        with self._guard:
            return bool(self._api.is_finalized(self._own(target, "object")))

    def weakref_count(self, target: Any) -> int:
        """How many weak references to the object there are."""
        with self._guard:
            return check(self._api.weakref_count(self._own(target, "object")))

    def get_weakrefs(self, target: Any) -> PyList[WeakRef]:
        """The weak references to the object, in no particular order. It asks each weak reference of the heap."""
        found: PyList[WeakRef] = []
        with self._guard:
            address = self._own(target, "object")
            for weak in self._all(self._many("get_objects", self._live(), _raw.RR_TYPE_WEAKREF)):
                referent = self._api.weakref_get(weak._address)
                if referent:
                    self._api.decref(referent)
                    if referent == address:
                        found.append(weak)
        return found

    def trim(self) -> None:
        """Give free pages back to the system."""
        with self._guard:
            check(self._api.heap_trim(self._live()))

    def verify(self) -> None:
        """Check every invariant of the heap; ``CorruptError`` names the first that is broken."""
        with self._guard:
            check(self._api.heap_verify(self._live()))


_default: Optional[Heap] = None


def default_heap() -> Heap:
    """The heap that this process shares with native code; made on first use, and there until the process ends."""
    global _default
    pointer = need(_native.held.heap_default())
    known = _registry.find(pointer)
    if known is None:
        known = _default = Heap.__new__(Heap)
        _default._start(pointer, synchronized=False, owned=False)
    return known  # type: ignore[return-value]
