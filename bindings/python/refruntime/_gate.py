"""Who is inside a synchronized heap.

The library locks such a heap for each call, so any number of Python threads may be inside, waiting for that lock with the GIL given
up. Two things can't bear that: closing the heap, which frees the lock too, and a fork, after which nobody in the child would
give the lock back. So threads enter through a gate that one of them can hold: then it waits until the others are out, and
keeps those out who come.

Invariants
    ``_inside`` has the ident of each thread once for each time it has entered. It grows before the holder is looked at, and the
    holder looks at it after it has become one; so nobody gets past both.
    Whoever is inside already is let in again: a callback calls, and the holder waits for that callback to end.
"""

from __future__ import annotations

import time
from collections import deque
from threading import RLock, get_ident
from typing import Deque, Optional

_LOOK_AGAIN_SECONDS = 0.0005


class Gate:
    """A context manager for every call."""

    __slots__ = ("_holder", "_inside", "_lock")

    def __init__(self) -> None:
        self._inside: Deque[int] = deque()
        self._holder: Optional[int] = None
        self._lock = RLock()

    def enter(self, wait: bool) -> bool:
        """Go inside; False, and only without ``wait``, when another thread holds the gate."""
        me = get_ident()
        inside = self._inside
        inside.append(me)
        while self._holder not in (None, me) and inside.count(me) == 1:
            inside.remove(me)
            if not wait:
                return False
            with self._lock:
                inside.append(me)
        return True

    def __enter__(self) -> None:
        self.enter(wait=True)

    def __exit__(self, *_exc: object) -> None:
        self._inside.remove(get_ident())

    def is_entered(self) -> bool:
        """Whether the calling thread is inside, in a callback of the heap for instance."""
        return get_ident() in self._inside

    def hold(self, seconds: float = -1) -> bool:
        """Wait until no other thread is inside, and keep it so until ``release``. False when that takes too long.

        Who holds the gate from inside is in a callback and has the library's lock: the others inside only wait for that."""
        deadline = time.monotonic() + seconds if seconds >= 0 else None
        if not self._lock.acquire(timeout=seconds):
            return False
        me = self._holder = get_ident()
        while self._inside and me not in self._inside:
            if deadline is not None and time.monotonic() > deadline:
                self.release()
                return False
            time.sleep(_LOOK_AGAIN_SECONDS)
        return True

    def release(self) -> None:
        """Let the others in again."""
        self._holder = None
        self._lock.release()

    def forget_others(self) -> None:
        """In the child of a fork: nobody else is there."""
        me = get_ident()
        self._inside = deque(me for _ in range(self._inside.count(me)))
