"""What the tests share. Run them all with ``python3 -m unittest discover -s bindings/python/tests``."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, List, Optional

PACKAGE_ROOT = Path(__file__).resolve().parents[1]
if str(PACKAGE_ROOT) not in sys.path:
    sys.path.insert(0, str(PACKAGE_ROOT))

import refruntime  # noqa: E402


class HeapTestCase(unittest.TestCase):
    """A test with a heap of its own, which must be sound when the test is done, and must go away cleanly."""

    options: dict = {}

    def setUp(self) -> None:
        self.heap = refruntime.Heap(**self.options)
        self.addCleanup(self._close)

    def _close(self) -> None:
        if not self.heap.closed:
            self.heap.verify()
            self.heap.close()

    def live(self) -> int:
        """How many objects the heap has."""
        return self.heap.get_stats()["live_objects"]


class Unraisable:
    """Collects what goes to ``sys.unraisablehook`` in a ``with`` block."""

    def __enter__(self) -> Unraisable:
        self.values: List[Optional[BaseException]] = []
        self._previous = sys.unraisablehook
        sys.unraisablehook = lambda args: self.values.append(type(args.exc_value)(*args.exc_value.args))
        return self

    def __exit__(self, *_exc: Any) -> None:
        sys.unraisablehook = self._previous

    @property
    def messages(self) -> List[str]:
        """The texts of the exceptions, in order."""
        return [str(value) for value in self.values]


def run_python(program: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a program in a fresh interpreter."""
    paths = [str(PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, paths)), **environment)
    return subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60, check=False
    )


def settle() -> None:
    """Let Python drop what it still holds in cycles, so that handles in them are gone."""
    gc.collect()
