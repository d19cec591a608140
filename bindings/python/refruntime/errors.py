"""Exceptions: one class per status of the library, each also a fitting builtin.

Whoever knows Python's own exceptions needs no new ones: a full heap is a ``MemoryError``, a wrong type a
``TypeError``. The text is the library's own sentence about what was wrong (``rr_last_error``).
"""

from __future__ import annotations

import operator
from typing import Any, Dict, NoReturn, Optional, Tuple, Type

from . import _native

__all__ = [
    "AbiError",
    "ArgumentError",
    "BusyError",
    "ClosedError",
    "CorruptError",
    "FileError",
    "NotAnObjectError",
    "OutOfMemoryError",
    "RefRuntimeError",
    "SizeOverflowError",
    "WrongThreadError",
    "WrongTypeError",
]


class RefRuntimeError(Exception):
    """What the library refused, or what failed. ``status`` is its ``rr_status``."""

    status: int = 0


class ArgumentError(RefRuntimeError, ValueError):
    """An argument is out of range, or belongs to another heap."""

    status = -1


class NotAnObjectError(RefRuntimeError, ReferenceError):
    """The address is no live object."""

    status = -2


class OutOfMemoryError(RefRuntimeError, MemoryError):
    """The heap's limit or the system's memory is used up; nothing changed."""

    status = -3


class WrongThreadError(RefRuntimeError, RuntimeError):
    """A heap that belongs to one thread was used from another."""

    status = -4


class BusyError(RefRuntimeError, RuntimeError):
    """The call is not allowed inside this callback."""

    status = -5


class WrongTypeError(RefRuntimeError, TypeError):
    """The object is of another type than the call needs."""

    status = -6


class SizeOverflowError(RefRuntimeError, OverflowError):
    """The size does not fit."""

    status = -7


class FileError(RefRuntimeError, OSError):
    """A file could not be written."""

    status = -8


class AbiError(RefRuntimeError, ImportError):
    """This package and the library that it found do not fit together."""

    status = -9


class CorruptError(RefRuntimeError, SystemError):
    """An invariant of the heap is broken."""

    status = -10


class ClosedError(RefRuntimeError, ValueError):
    """The handle was closed, or its heap was. Raised by this package, without asking the library."""


_KINDS: Tuple[Type[RefRuntimeError], ...] = (
    ArgumentError,
    NotAnObjectError,
    OutOfMemoryError,
    WrongThreadError,
    BusyError,
    WrongTypeError,
    SizeOverflowError,
    FileError,
    AbiError,
    CorruptError,
)
_BY_STATUS: Dict[int, Type[RefRuntimeError]] = {kind.status: kind for kind in _KINDS}


def last_error() -> RefRuntimeError:
    """What the library says was wrong with this thread's last failed call."""
    api = _native.held
    status = api.last_status()
    error = _BY_STATUS.get(status, RefRuntimeError)((api.last_error() or b"").decode("utf-8", "replace"))
    error.status = status
    return error


def fail() -> NoReturn:
    """Raise it. Not from a local variable: that would tie the exception, and the handles in all frames that it passes,
    into a cycle with this frame."""
    raise last_error()


def check(result: int) -> int:
    """Return a status or a count that is no error; raise the error that it is otherwise."""
    if result < 0:
        fail()
    return result


def need(address: Optional[int]) -> int:
    """Return an address that a call gave; raise what the library says when it gave none."""
    if not address:
        fail()
    return address


def integer(value: Any, what: str) -> int:
    """The whole number that the user passed as ``what``."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{what} must be an int, not {type(value).__name__}") from None


def unsigned(value: Any, what: str) -> int:
    """The same, of the 64 bits without a sign that the library takes."""
    number = integer(value, what)
    if not 0 <= number <= 0xFFFF_FFFF_FFFF_FFFF:
        raise ValueError(f"{what} must fit in 64 bits without a sign, not {number}")
    return number
