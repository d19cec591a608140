"""Running builds and tests that may hang, crash or eat the machine: a fault does all of that."""

from __future__ import annotations

import os
import pathlib
import resource
import signal
import subprocess
import time
from typing import NamedTuple

# What a test may have of memory: enough for the largest, and not the machine.
DATA_BYTES = 8 << 30
# A test's time is the processor's, so that a busy machine makes no test hang; one that waits for ever has so many times as much.
WALL = 10


_running: set[subprocess.Popen[bytes]] = set()


class Outcome(NamedTuple):
    code: int | None
    """None: it did not end in time."""
    output: str
    seconds: float
    processor_seconds: float

    @property
    def passed(self) -> bool:
        return self.code == 0


def _limit(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(command: list[str], cwd: pathlib.Path, timeout: float, log: pathlib.Path,
        env: dict[str, str] | None = None, is_limited: bool = False) -> Outcome:
    """Runs a command in a process group of its own, which ends with it if it is limited. What it writes goes to the log, and is returned."""
    begun = time.monotonic()
    used = _processor_seconds()
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=file,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   preexec_fn=(lambda: _limit(int(timeout))) if is_limited else None)
        code: int | None
        _running.add(process)
        try:
            code = process.wait(WALL * timeout if is_limited else timeout)
            code = None if code == -signal.SIGXCPU else code
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _running.discard(process)
            if is_limited or process.poll() is None:
                _end(process)
    return Outcome(code, log.read_text(errors="replace"), time.monotonic() - begun, _processor_seconds() - used)


def end_all() -> None:
    for process in list(_running):
        _end(process)


def _processor_seconds() -> float:
    """Of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process and whom it has started. Builds that ended leave the compiler's server alone."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
