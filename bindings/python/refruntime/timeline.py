"""The timeline of collections, of all heaps of the process: a file for Perfetto (ui.perfetto.dev) or chrome://tracing."""

from __future__ import annotations

from . import _native, pictures
from .errors import check

__all__ = ["trace_start", "trace_stop"]


def trace_start(path: pictures.StrPath) -> None:
    """Write what collections do, and when, to this file, until ``trace_stop`` or the end of the process.

    ``%p`` in the path stands for the number of the process. ``REFRUNTIME_TRACE=path`` in the environment does the same for
    a whole program. A forked child writes nothing unless it starts a trace of its own."""
    check(_native.held.trace_start(pictures.encoded(path)))


def trace_stop() -> None:
    """End the trace: the file is whole and has its name."""
    check(_native.held.trace_stop())
