"""One process under watch: bytes in, bytes out, lines meanwhile; ended with all that it started.

Nothing here believes the process: it may take no more memory, write no more bytes and last no longer than it is
granted, and how it ended is told apart. Bytes pass through files without a name, so that neither side ever waits for
the other. The process leads a group of its own, which is killed when it ends; one that must not outlive its parent asks
the kernel for that itself (``router.processes.die_with``).
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing.connection import wait
from threading import Event
from time import monotonic
from typing import IO

LOOK_S = 0.05
"""How often ``cancelled`` and the process itself are looked at while it says nothing."""

LONGEST_LINE = 4096
_CHUNK = 65536


class How(Enum):
    """How a process ended."""

    ENDED = auto()
    """By itself, with the status 0."""
    GAVE_UP = auto()
    """By itself, with another status."""
    CRASHED = auto()
    """By a signal that was not ours."""
    OUT_OF_TIME = auto()
    TOLD_TOO_MUCH = auto()
    CANCELLED = auto()
    NOT_STARTED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a process may take. Bytes; memory is the address space of each process of the group."""

    memory_bytes: int
    answer_bytes: int
    told_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a process ended, with which status or by which signal, and what it had written to its standard output."""

    how: How
    number: int = 0
    answer: bytes = b""


def run(
    command: Sequence[str],
    given: bytes,
    *,
    until: float,
    grace_s: float,
    grant: Grant,
    tell: Callable[[bytes], None],
    cancelled: Event,
) -> Ending:
    """Runs ``command`` with ``given`` as its standard input and tells each line of its standard error, but for a flood.

    At ``until`` (``time.monotonic``) it is asked to end (SIGTERM), ``grace_s`` later its group is killed; once
    ``cancelled`` is set it is killed at once. Of lines that come in one gulp only the last is told. An answer longer
    than granted is cut off. Call it in a thread that lives on: the kernel takes a process's parent for the thread.
    """
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as answer:
        asked.write(given)
        asked.seek(0)
        try:
            process = subprocess.Popen(
                command,
                stdin=asked,
                stdout=answer,
                stderr=subprocess.PIPE,
                env={name: value for name, value in os.environ.items() if not name.startswith("DROPWRIGHT_")},
                start_new_session=True,
            )
        except OSError as error:
            return Ending(how=How.NOT_STARTED, number=error.errno or 0)
        try:
            _limit(process.pid, grant)
            how = _watch(process, until=until, grace_s=grace_s, most=grant.told_bytes, tell=tell, cancelled=cancelled)
        finally:
            _end(process)
        answer.seek(0)
        return Ending(how=how, number=abs(process.returncode), answer=answer.read(grant.answer_bytes))


def _watch(
    process: subprocess.Popen[bytes],
    *,
    until: float,
    grace_s: float,
    most: int,
    tell: Callable[[bytes], None],
    cancelled: Event,
) -> How:
    """How the process ended, or why it shall."""
    lines, late = _Lines(process.stderr, most, tell), False
    while not cancelled.is_set():
        left_s = until - monotonic()
        if left_s <= 0:
            if late:
                return How.OUT_OF_TIME
            late, until, left_s = True, monotonic() + grace_s, grace_s
            os.kill(process.pid, signal.SIGTERM)
        status = _status(process)
        if not lines.read():
            return How.TOLD_TOO_MUCH
        if status is not None:
            if status == 0:
                return How.ENDED
            return How.OUT_OF_TIME if late else How.CRASHED if status < 0 else How.GAVE_UP
        lines.wait(min(LOOK_S, left_s), cancelled)
    return How.CANCELLED


class _Lines:
    """What a process says, line by line, for as long as somebody holds the other end of the pipe."""

    def __init__(self, pipe: IO[bytes] | None, most: int, tell: Callable[[bytes], None]) -> None:
        if pipe is None:
            raise ValueError("the process was started without a pipe")
        os.set_blocking(pipe.fileno(), False)
        self._pipe, self._left, self._tell = pipe, most, tell
        self._open, self._rest = True, b""

    def wait(self, most_s: float, cancelled: Event) -> None:
        """Until something is said, ``cancelled`` is set or the time is over."""
        if self._open:
            wait([self._pipe.fileno()], most_s)
        else:
            cancelled.wait(most_s)

    def read(self) -> bool:
        """Tells what is there, if anything; False once it is more than is granted."""
        try:
            heard = os.read(self._pipe.fileno(), _CHUNK) if self._open else b""
        except BlockingIOError:
            return True
        self._open = self._open and heard != b""
        self._left -= len(heard)
        *lines, rest = (self._rest + heard).split(b"\n")
        self._rest = rest[-LONGEST_LINE - 1 :]
        if lines and len(lines[-1]) <= LONGEST_LINE:
            self._tell(lines[-1])
        return self._left >= 0


def _limit(pid: int, grant: Grant) -> None:
    """Linux alone lets a parent limit its child; the process's own children inherit it."""
    if sys.platform == "linux":
        for what, most in (
            (resource.RLIMIT_AS, grant.memory_bytes),
            (resource.RLIMIT_FSIZE, grant.answer_bytes),
            (resource.RLIMIT_CORE, 0),
        ):
            with suppress(ProcessLookupError):
                resource.prlimit(pid, what, (most, most))


def _status(process: subprocess.Popen[bytes]) -> int | None:
    """The status of a process that has ended, minus the signal for one that was killed; ``None`` while it runs.

    It stays a zombie, so that its number, which is its group's too, goes to nobody else before the group is killed.
    """
    if sys.platform == "linux":
        found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
    return process.poll()


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr is not None:
        process.stderr.close()
