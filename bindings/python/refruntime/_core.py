"""What every heap needs underneath: its address, its lock, its handles, and how references enter and leave Python.

Invariants
    ``_pointer`` is the library's heap, 0 once it is closed. Nothing is called with a closed heap.
    ``_handles`` maps an address to the handle that stands for it. An entry whose handle is closed or gone is stale
    and is replaced; an open handle keeps its object alive, so an address can't be stale while its handle is open.
    ``_guard`` is held around each call: ``_lock``, except in a synchronized heap, which brings its own and has a ``_gate``.
    It is needed although the GIL is held: a finalizer or callback is Python code, and while it runs, Python may switch
    to another thread, which must not enter the heap in the middle of a call. It is recursive, since callbacks call.
    A handle may be dropped by Python's collector at any point of any thread, so ``__del__`` never waits for a lock and
    never enters a heap of another thread: what it can't give back at once stays in ``_pending``.
    A batch's references stay there as the array that they are in.
    Python's recursion limit may be reached in any call of a Python function. So a reference to be given back is among the
    pending before anything else is called, and a new one becomes so when no handle can be made for it: none is lost.
"""

from __future__ import annotations

import ctypes
from array import array
from collections import deque
from threading import RLock
from typing import Any, Callable, ContextManager, Deque, Dict, Iterable, List, Optional, Tuple, Type, Union
from weakref import ref

from . import _native, _raw, _registry
from ._gate import Gate
from ._handle import Handle, address_of, this_thread
from .errors import ArgumentError, ClosedError, RefRuntimeError, check, fail

#: What a call raises when Python's recursion limit is reached before anything was called. (ctypes has its own name for it.)
NOT_CALLED = (RecursionError, ctypes.ArgumentError)


class HeapCore:
    """A heap without its public face; see ``Heap``."""

    _pointer = 0
    _kinds: Dict[int, Type[Handle]]
    _hooks: Dict[int, Tuple[Optional[Callable[[Any], Any]], Optional[Callable[[Any], Any]]]]

    def _open(self, pointer: int, synchronized: bool, owned: bool) -> None:
        """Take over the library's heap at this address."""
        self._api = _native.released if synchronized else _native.held
        self._lock = RLock()
        self._gate = Gate() if synchronized else None
        self._guard: ContextManager[Any] = self._gate or self._lock
        self._owner: Optional[object] = this_thread() if owned else None
        self._handles: Dict[int, ref[Handle]] = {}
        self._pending: Deque[Union[int, array[int]]] = deque()
        self._weak_callbacks: Dict[int, Callable[[Any], Any]] = {}
        self._weak_sweep_at = 64
        self._pointer = pointer
        _registry.add(self)

    def _live(self) -> int:
        """The heap's address, if it is open."""
        if not self._pointer:
            raise ClosedError("the heap is closed")
        return self._pointer

    def _own(self, target: object, what: str) -> int:
        """The address of an object that must be of this heap: handles made for another heap's would outlive it unseen."""
        address = address_of(target, what)
        if isinstance(target, Handle) and target._heap is not self:
            raise ArgumentError(f"{what} {address:#x} belongs to another heap")
        return address

    # The end of a heap

    def close(self) -> None:
        """Finalize and destroy what is left and give all memory back. Closing twice is fine.

        Handles that outlive their heap raise ``ClosedError``. Not allowed inside a callback (``BusyError``)."""
        if not self._pointer:
            return
        if self._gate is None or self._gate.is_entered():
            with self._guard:
                self._free()
            return
        self._gate.hold()
        try:
            self._free()
        finally:
            self._gate.release()

    def _free(self) -> None:
        self._drain()
        _registry.add(self)
        check(self._api.heap_free(self._live()))
        self._detach()

    def _hold(self, seconds: float) -> bool:
        """Keep other threads out until ``_release``, once they are; False when that takes too long."""
        return self._lock.acquire(timeout=seconds) if self._gate is None else self._gate.hold(seconds)

    def _release(self) -> None:
        if self._gate is None:
            self._lock.release()
        else:
            self._gate.release()

    def _close_at_exit(self) -> None:
        try:
            self.close()
        except RefRuntimeError:
            self._detach()

    def _detach(self) -> None:
        """Have nothing to do with the library's heap from now on."""
        pointer, self._pointer = self._pointer, 0
        _registry.remove(pointer)
        self._handles.clear()
        self._weak_callbacks.clear()
        self._pending.clear()

    def __del__(self) -> None:
        try:
            self.close()
        except RefRuntimeError:
            _registry.postponed.append(self)

    # Handles

    def _known(self, address: int) -> Optional[Handle]:
        """The open handle for this address, if there is one."""
        entry = self._handles.get(address)
        handle = entry() if entry is not None else None
        return handle if handle is not None and handle._address else None

    def _new(self, kind: Optional[Type[Handle]], function: Callable[..., Optional[int]], *arguments: Any) -> Any:
        """The handle for the new reference that a function of the library gives."""
        address = function(*arguments)
        if not address:
            fail()
        try:
            return self._adopt(address, kind)
        except NOT_CALLED:
            self._pending.append(address)
            raise

    def _adopt(self, address: int, kind: Optional[Type[Handle]] = None) -> Any:
        """The handle for a reference that the caller owns; one reference too many is given back. When the recursion limit is
        reached, the caller still owns it."""
        if kind is None:
            kind = self._kinds.get(self._api.type_of(address), Handle)
        handle = kind._make(self, address)
        entry = handle._entry = ref(handle)
        while True:
            current = self._handles.setdefault(address, entry)
            if current is entry:
                return handle
            known = current()
            if known is not None and known._address:
                return known
            if self._handles.get(address) is current:
                self._handles[address] = entry

    def _load(self, read: Callable[[], Optional[int]]) -> Any:
        """The handle for the object that a slot holds now, or None for an empty slot.

        ``read`` gives a borrowed address. Between reading and counting, the slot may change under us: Python's
        collector may drop handles at any allocation, and in a synchronized heap other threads write. So the slot is
        read again once we own a reference, and what is not there any more is put back."""
        while True:
            address = read()
            if not address:
                return None
            handle = self._known(address)
            if handle is None:
                if not self._api.try_incref(address):
                    if read() == address:
                        # It is dying. The library says so when asked for a reference.
                        return self._new(None, self._api.newref, address)
                    continue
                try:
                    handle = self._adopt(address)
                except NOT_CALLED:
                    self._pending.append(address)
                    raise
            if read() == address:
                return handle

    def _many(self, function: str, *arguments: Any) -> List[int]:
        """The addresses with which a looking function answers, all of them; borrowed."""
        call = getattr(self._api, function)
        capacity = 16
        while True:
            out = (ctypes.c_void_p * capacity)()
            count = check(call(*arguments, out, capacity))
            if count <= capacity:
                return [address for address in out[:count] if address]
            capacity = count

    def _all(self, addresses: Iterable[int]) -> List[Any]:
        """Handles for borrowed addresses, without those that died while handles were made."""
        found = []
        for address in addresses:
            handle = self._known(address)
            if handle is None and self._api.try_incref(address):
                try:
                    handle = self._adopt(address)
                except NOT_CALLED:
                    self._pending.append(address)
                    raise
            if handle is not None:
                found.append(handle)
        return found

    def _forget(self, address: int, entry: Optional[ref[Handle]]) -> None:
        """Take a handle that closes out of the table, unless another one has taken its place."""
        if entry is not None and self._handles.get(address) is entry:
            self._handles.pop(address, None)

    def _settle(self, wait: bool) -> None:
        """Give back what is pending: of handles that are closed (``wait``) or were dropped by Python."""
        if self._owner is not None and self._owner is not this_thread():
            return
        if self._gate is not None:
            if self._gate.enter(wait):
                try:
                    self._drain()
                finally:
                    self._gate.__exit__()
        elif self._lock.acquire(wait):
            try:
                self._drain()
            finally:
                self._lock.release()

    def _drain(self) -> None:
        """The same, when the heap may be entered."""
        pending, callbacks, api = self._pending, self._weak_callbacks, self._api
        if pending and self._owner in (None, this_thread()):
            _registry.add(self)
            while pending and self._pointer:
                try:
                    address = pending.popleft()
                except IndexError:
                    return
                try:
                    if not isinstance(address, int):
                        done = api.decref_many(address.buffer_info()[0], len(address))
                        if done == len(address):
                            continue
                        del address[: done + 1]
                        pending.appendleft(address)
                        fail()
                    if address in callbacks and api.is_unique(address):
                        callbacks.pop(address, None)  # a weak reference that dies before its target
                    status = api.decref(address)
                except NOT_CALLED:
                    pending.appendleft(address)  # the library was not called
                    raise
                if status < 0:
                    fail()

    # Weak callbacks

    def _expect(self, weakref: int, callback: Callable[[Any], Any]) -> None:
        """Remember the callable of a weak reference. Python sees most of them go and forgets the callable then. What
        is left of those that only the heap held is swept now and then, and harmless until then, since only a weak
        reference at that very address looks it up."""
        callbacks = self._weak_callbacks
        if len(callbacks) >= self._weak_sweep_at:
            for address in list(callbacks):
                if self._api.type_of(address) != _raw.RR_TYPE_WEAKREF:
                    callbacks.pop(address, None)
            self._weak_sweep_at = 64 + 2 * len(callbacks)
        callbacks[weakref] = callback
