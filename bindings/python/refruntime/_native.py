"""The library's functions, bound twice: once with the GIL held during the call, once without.

``held`` is for serialized and thread-owned heaps. There the GIL is the lock that the library expects of its caller,
so no other Python thread may get in while a call is under way; a call is also far shorter than giving up the GIL and
getting it back. Only Python code that runs inside a call (finalizers, callbacks) lets other threads go on, and against
those each heap has a lock of its own, see ``Heap._guard``.

``released`` is for synchronized heaps. The library's lock is held while callbacks run, and a Python callback needs the
GIL. Whoever waits for that lock with the GIL in hand would wait for ever, so the GIL is given up first.

Both come from the generated ``_raw``. Pointers to objects and heaps are plain ``int``; NULL arrives as ``None``.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Callable

from . import _raw


class Api:
    """The ``rr_`` functions as attributes, without the prefix: ``api.alloc`` is ``rr_alloc``."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]: ...

    def __init__(self, prototype: Callable[..., Any]) -> None:
        for name, function in vars(_raw).items():
            if name.startswith("rr_") and isinstance(function, ctypes._CFuncPtr):  # type: ignore[attr-defined]
                bind = prototype(function.restype, *function.argtypes)
                setattr(self, name[3:], bind(ctypes.cast(function, ctypes.c_void_p).value))


held = Api(ctypes.PYFUNCTYPE)
released = Api(ctypes.CFUNCTYPE)

if held.abi_version() != _raw.RR_ABI_VERSION:
    raise ImportError(
        f"refruntime needs a library with ABI version {_raw.RR_ABI_VERSION}, this one has {held.abi_version()}"
    )
