"""What every heap needs underneath: its address, its lock, its handles, and how references enter and leave Python.

Invariants
    ``_pointer`` is the library's heap, 0 once it is closed. Nothing is called with a closed heap.
    ``_handles`` maps an address to the handle that stands for it. An entry whose handle is closed or gone is stale
    and is replaced; an open handle keeps its object alive, so an address can't be stale while its handle is open.
    ``_guard`` is held around each call (``_lock``, except in a synchronized heap, which brings its own).
    It is needed although the GIL is held: a finalizer or callback is Python code, and while it runs, Python may switch
    to another thread, which must not enter the heap in the middle of a call. It is recursive, since callbacks call.
    A handle may be dropped by Python's collector at any point of any thread, so ``__del__`` never waits for a lock and
    never enters a heap of another thread: what it can't give back at once goes to ``_pending``.
"""

from __future__ import annotations

import ctypes
from collections import deque
from contextlib import nullcontext
from threading import RLock
from typing import Any, Callable, ContextManager, Deque, Dict, Iterable, List, Optional, Tuple, Type
from weakref import ref

from . import _native, _raw, _registry
from ._handle import Handle, this_thread
from .errors import ClosedError, RefRuntimeError, check, need


class HeapCore:
    """A heap without its public face; see ``Heap``."""

    _pointer = 0
    _kinds: Dict[int, Type[Handle]]
    _hooks: Dict[int, Tuple[Optional[Callable[[Any], Any]], Optional[Callable[[Any], Any]]]]

    def _open(self, pointer: int, synchronized: bool, owned: bool) -> None:
        """Take over the library's heap at this address."""
        self._api = _native.released if synchronized else _native.held
        self._lock = RLock()
        self._guard: ContextManager[Any] = self._lock
        if synchronized:
            self._guard = nullcontext()
        self._owner: Optional[object] = this_thread() if owned else None
        self._handles: Dict[int, ref[Handle]] = {}
        self._pending: Deque[int] = deque()
        self._weak_callbacks: Dict[int, Callable[[Any], Any]] = {}
        self._weak_sweep_at = 64
        self._pointer = pointer
        _registry.add(self)

    def _live(self) -> int:
        """The heap's address, if it is open."""
        if not self._pointer:
            raise ClosedError("the heap is closed")
        return self._pointer

    # The end of a heap

    def close(self) -> None:
        """Finalize and destroy what is left and give all memory back. Closing twice is fine.

        Handles that outlive their heap raise ``ClosedError``. Not allowed inside a callback (``BusyError``)."""
        if not self._pointer:
            return
        with self._guard:
            self._drain()
            _registry.add(self)
            check(self._api.heap_free(self._live()))
            self._detach()

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

    def _adopt(self, address: int, kind: Optional[Type[Handle]] = None) -> Any:
        """The handle for a reference that the caller owns; one reference too many is given back."""
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
                        return self._adopt(need(self._api.newref(address)))
                    continue
                handle = self._adopt(address)
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
                handle = self._adopt(address)
            if handle is not None:
                found.append(handle)
        return found

    def _forget(self, address: int, entry: Optional[ref[Handle]]) -> None:
        """Take a handle that closes out of the table, unless another one has taken its place."""
        if entry is not None and self._handles.get(address) is entry:
            self._handles.pop(address, None)

    def _drop(self, address: int, wait: bool) -> None:
        """Give back the reference of a handle that is closed (``wait``) or was dropped by Python."""
        if self._owner is not None and self._owner is not this_thread():
            self._pending.append(address)
        elif self._guard is not self._lock:
            self._decref(address)
        elif self._lock.acquire(wait):
            try:
                self._decref(address)
                self._drain()
            finally:
                self._lock.release()
        else:
            self._pending.append(address)

    def _decref(self, address: int) -> None:
        _registry.add(self)
        if address in self._weak_callbacks and self._api.is_unique(address):
            self._weak_callbacks.pop(address, None)  # a weak reference that dies before its target
        check(self._api.decref(address))

    def _drain(self) -> None:
        """Give back what could not be given back at once."""
        pending = self._pending
        while pending and self._pointer and self._owner in (None, this_thread()):
            try:
                address = pending.popleft()
            except IndexError:
                return
            self._decref(address)

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
