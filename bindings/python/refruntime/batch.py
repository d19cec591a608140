"""Many objects at once: ``heap.batch(Node, 1_000_000)`` makes them with one call, and as few link and drop them.

A handle is a Python object and costs as much as one. A batch owns a reference to each of its objects without a handle for each.

Invariants
    ``_Owned`` has the addresses, and owns a reference wherever one is not 0; its end makes them all pending. So the objects
    stay valid for a call that is at them, even when a finalizer or another thread closes the batch meanwhile.
    Only the ``Batch`` and such calls hold it; a slice holds the batch. Who may have been the last lets the heap settle.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Tuple, Type, Union, overload

from ._core import NOT_CALLED
from ._handle import Handle, this_thread
from .containers import POINTER_SIZE, place
from .errors import ArgumentError, ClosedError, WrongThreadError, fail, integer
from .types import Instance

if TYPE_CHECKING:
    from .heap import Heap

__all__ = ["Batch", "BatchSlice"]


class _Owned:
    """A reference to each of these objects."""

    __slots__ = ("addresses", "heap")

    def __init__(self, heap: Heap, addresses: Any) -> None:
        self.heap, self.addresses = heap, addresses

    def __del__(self) -> None:
        addresses, self.addresses = self.addresses, None
        if addresses and self.heap._pointer:
            self.heap._pending.append(addresses)


class _Objects(Sequence[Any]):
    """What a batch and a slice of it share."""

    __slots__ = ("__weakref__", "_places")

    _places: range

    def __new__(cls, *_args: Any, **_named: Any) -> Any:
        raise TypeError(f"{cls.__name__} objects are made by a heap")

    def _whole(self) -> Batch:
        raise NotImplementedError

    @property
    def heap(self) -> Heap:
        """The heap that the objects live in."""
        return self._whole()._heap

    @property
    def closed(self) -> bool:
        """Whether the batch, or its heap, was closed."""
        batch = self._whole()
        return batch._owned is None or not batch._heap._pointer

    def __len__(self) -> int:
        self._whole()._hold()
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> BatchSlice: ...

    def __getitem__(self, index: Union[int, slice]) -> Any:
        batch = self._whole()
        heap = batch._heap
        if isinstance(index, slice):
            batch._hold()
            return BatchSlice._of(batch, self._places[index])
        with heap._guard:
            owned = batch._hold()
            try:
                address = owned.addresses[self._places[place(index, len(self._places), "batch")]]
                handle = heap._known(address)
                return handle if handle is not None else heap._new(None, heap._api.newref, address)
            finally:
                del owned
                batch._let_go()

    def __contains__(self, value: object) -> bool:
        batch = self._whole()
        with batch._heap._guard:
            addresses = batch._hold().addresses
        return isinstance(value, Handle) and any(addresses[position] == value._address for position in self._places)

    def store(self, name: str, values: Union[Batch, BatchSlice]) -> None:
        """Let the reference ``name`` of each object lead to the object at the same place in ``values``: a batch of this heap,
        or a slice of one, of the same length. ``nodes[:-1].store("next", nodes[1:])`` makes a list of them."""
        batch = self._whole()
        heap = batch._heap
        if not isinstance(values, _Objects):
            raise TypeError(f"values must be a Batch or a slice of one, not {type(values).__name__}")
        source = values._whole()
        offset = batch._kind._slot(name)
        with heap._guard:
            mine, theirs = batch._hold(), source._hold()
            try:
                if source._heap is not heap:
                    raise ArgumentError("the values belong to another heap")
                count = len(self._places)
                if len(values._places) != count:
                    raise ValueError(f"there are {count} objects, but {len(values._places)} values")
                objects, kept = self._part(mine)
                targets, kept_too = values._part(theirs)
                if heap._api.store_many(objects, offset, targets, count) < count:
                    fail()
            finally:
                del mine, theirs
                batch._let_go()
                source._let_go()

    def _part(self, owned: _Owned) -> Tuple[int, Any]:
        """Where the addresses of these objects stand one after the other, and what has to be kept as long as they are read."""
        places, addresses = self._places, owned.addresses
        if places.step == 1:
            return addresses.buffer_info()[0] + POINTER_SIZE * places.start, addresses
        gathered = array("Q", (addresses[position] for position in places))
        return gathered.buffer_info()[0], gathered

    def __repr__(self) -> str:
        batch = self._whole()
        state = "closed" if self.closed else f"of {len(self._places)}"
        return f"<refruntime {type(self).__name__} {state} {batch._kind.__name__}>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} objects can't be copied or pickled")


class BatchSlice(_Objects):
    """Some objects of a batch, which it keeps. It owns no references."""

    __slots__ = ("_batch",)

    _batch: Batch

    @classmethod
    def _of(cls, batch: Batch, places: range) -> BatchSlice:
        self: BatchSlice = object.__new__(cls)
        self._batch, self._places = batch, places
        return self

    def _whole(self) -> Batch:
        return self._batch


class Batch(_Objects):
    """Objects of one type, made by ``Heap.batch``, and a reference to each. They are given back together: by ``close()``, at
    the end of a ``with`` statement, or when Python drops the batch and all slices of it.

    ``batch[i]`` is an ordinary handle with a reference of its own, made when it is asked for. So a loop over a batch costs
    what a loop over handles does; ``store`` takes some nanoseconds for each object."""

    __slots__ = ("_heap", "_kind", "_owned")

    _heap: Heap
    _kind: Type[Instance]
    _owned: Optional[_Owned]

    @classmethod
    def _make(cls, heap: Heap, kind: Type[Any], count: int) -> Batch:
        if not (isinstance(kind, type) and issubclass(kind, Instance) and kind._type_id):
            raise TypeError(f"kind must be a type that Heap.type declared, not {kind!r}")
        if kind._declared_in is not heap:
            raise ArgumentError(f"the type {kind.__name__} belongs to another heap")
        count = integer(count, "count")
        if count < 0:
            raise ValueError(f"a batch can't have {count} objects")
        addresses = array("Q", [0]) * count
        self: Batch = object.__new__(cls)
        self._heap, self._kind, self._places = heap, kind, range(count)
        self._owned = _Owned(heap, addresses)  # before there are objects: whatever happens, it gives back what there is
        try:
            with heap._guard:
                if heap._api.alloc_many(heap._live(), kind._type_id, count, addresses.buffer_info()[0]) < count:
                    fail()
        except BaseException:
            self._drop(wait=True)
            raise
        return self

    def _whole(self) -> Batch:
        return self

    def _hold(self) -> _Owned:
        """What is owned, for a call that is at it."""
        owned = self._owned
        if owned is None or owned.addresses is None:
            raise ClosedError(f"this batch of {self._kind.__name__} is closed")
        if not self._heap._pointer:
            raise ClosedError(f"the heap of this batch of {self._kind.__name__} is closed")
        self._check_thread()
        return owned

    def _check_thread(self) -> None:
        owner = self._heap._owner
        if owner is not None and owner is not this_thread():
            raise WrongThreadError(f"the heap of this batch of {self._kind.__name__} belongs to another thread")

    def _let_go(self) -> None:
        """The end of such a call. Perhaps the batch was closed during it."""
        if self._owned is None:
            self._heap._settle(wait=False)

    def _drop(self, wait: bool) -> None:
        self._owned = None
        self._heap._settle(wait)

    def close(self) -> None:
        """Give all references back now. Closing twice is fine; any other use of a closed batch, or a slice of it, is a
        ``ClosedError``. Handles stay open."""
        if not self.closed:
            self._check_thread()
            self._drop(wait=True)
        self._owned = None

    def __del__(self) -> None:
        try:
            if not self.closed:
                self._drop(wait=False)
        except NOT_CALLED:
            pass  # it is pending: who uses the heap next gives it back

    def __enter__(self) -> Batch:
        self._hold()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
