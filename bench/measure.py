"""Runs a command as a user would and measures it from outside: wall clock, memory of all its processes."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from router.errors import Unavailable

CORES = 2
EVERY_S = 0.2
PAGES_KIB = 16 * 1024  # how far two readings of the same memory may lie apart: counters are kept by core


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a command went. ``status``: its exit status, below zero for the signal that ended it.

    ``peak_mib``: most memory at once, shared pages counted once. ``told``: the last lines it wrote.
    ``spoke_s``: when it first wrote anything, looked at five times a second; ``None`` if it never did.
    """

    status: int
    seconds: float
    peak_mib: int
    told: str
    spoke_s: float | None = None


def dropwright() -> str:
    """The installed command beside this Python. Raises ``Unavailable``."""
    command = Path(sys.executable).with_name("dropwright")
    if not command.exists():
        raise Unavailable(f"there is no {command.name} beside {Path(sys.executable).name}: run make install")
    return str(command)


def use_two_cores() -> None:
    """Binds this process, and every one that it starts, to two cores where the machine has more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def run(command: Sequence[str], *, limit_s: float = 3600) -> Run:
    """Runs ``command`` to its end, or kills it and its children after ``limit_s``.

    The clock stands around the whole process, start and end included. Memory is the proportional set size of
    the process and its descendants, added up five times a second, and at least what the kernel saw as the
    largest single one of them. The kernel takes a child to be as large as its parent was when it started it, give
    or take some pages, so that figure counts only where it is clearly more than this process ever was.
    """
    with tempfile.TemporaryFile() as told:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT, start_new_session=True)
        watch = _Watch(process.pid, started, started + limit_s, told.fileno())
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        inherited_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + PAGES_KIB
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
        spoke_s = watch.spoke_s or (seconds if os.fstat(told.fileno()).st_size else None)
        told.seek(0)
        text = told.read().decode(errors="replace")
    return Run(
        status=process.returncode,
        seconds=seconds,
        peak_mib=round(max(watch.peak_kib, used.ru_maxrss if used.ru_maxrss > inherited_kib else 0) / 1024),
        told="\n".join(text.splitlines()[-12:]),
        spoke_s=spoke_s,
    )


class _Watch(threading.Thread):
    """Samples the memory of a process tree and the size of what it wrote; ends it when its time is up."""

    def __init__(self, pid: int, started: float, until: float, told: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.started, self.until, self.told, self.peak_kib = pid, started, until, told, 0
        self.spoke_s: float | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(EVERY_S):
            if self.spoke_s is None and os.fstat(self.told).st_size:
                self.spoke_s = time.monotonic() - self.started
            self.peak_kib = max(self.peak_kib, sum(_pss_kib(pid) for pid in _tree(self.pid)))
            if time.monotonic() > self.until:
                os.killpg(self.pid, signal.SIGKILL)
                return

    def stop(self) -> None:
        self.ended.set()
        self.join()


def _tree(root: int) -> list[int]:
    """The process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            children.setdefault(int(after_name[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
