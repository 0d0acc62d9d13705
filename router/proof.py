"""A lower bound proved in a process of its own: by itself, or beside a search, whose cores it leaves to the search.

A crash there costs only what had not been told, memory and Python's lock are its own, and it ends with its parent
(docs/decisions/0009). Whatever it told counts: every number is a proof. Source: docs/model.md, "The lower bound".
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic, process_time

from router import processes
from router.effort import Watch
from router.model import Drop

STEPS = 100
"""Steps of the bound of a plan whose effort is counted in steps: a second for 2 000 orders, eight for 10 000."""

HEAD = 0.04
"""The share of the time, as processor time, that a bound beside a search takes as everybody does: its first value."""

LOW = 19
"""Its niceness afterwards: 1.5 % of one core where the search has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    drop: Drop
    until: float | None
    steps: int | None
    head_s: float | None
    """After so much processor time it makes room for others; ``None``: never."""
    workers: int


class Told:
    """The cost and the bound by now. ``watch`` hears of both whenever one is news, from whichever thread tells it."""

    def __init__(self, watch: Watch) -> None:
        self.bound = 0  # no amount of a plan is below zero, so this is proved
        self._cost: int | None = None
        self._watch, self._lock = watch, Lock()

    def costs(self, cost: int, bound: int | None = None) -> None:
        """The best plan costs so much by now: a ``Watch`` for engines."""
        with self._lock:
            self._cost = cost
            self._watch(cost, self.bound)

    def proves(self, bound: int) -> None:
        """No plan costs less than this."""
        with self._lock:
            if bound > self.bound:
                self.bound = bound
                if self._cost is not None:
                    self._watch(self._cost, bound)


@contextmanager
def beside(drop: Drop, told: Told, *, until: float) -> Iterator[None]:
    """While this is open, at most until ``until``, a bound is proved and ``told``; at the end its process is killed."""
    done = Event()
    task = _Task(drop=drop, until=until, steps=None, head_s=HEAD * (until - monotonic()), workers=1)
    thread = Thread(target=_run, args=(task, told.proves, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def prove(
    drop: Drop, *, until: float | None, steps: int | None, workers: int, tell: Callable[[int], None], stop: Event
) -> None:
    """Tells ever better bounds, until ``until`` (``time.monotonic``), ``steps`` are done, ``stop`` is set or no more.

    As ``router.bound.lower_bound``, whose process is killed in time however long its next step would take.
    """
    _run(_Task(drop=drop, until=until, steps=steps, head_s=None, workers=workers), tell, stop)


def prove_here(drop: Drop, *, steps: int, tell: Callable[[int], None], stop: Event) -> None:
    """As ``prove`` in this process: the same bounds whatever the machine does. ``stop`` is heeded at the next news."""
    from router.bound import lower_bound

    def heeding(bound: int) -> None:
        tell(bound)
        if stop.is_set():
            raise _Enough

    with suppress(_Enough):
        lower_bound(drop, until=None, steps=steps, tell=heeding)


class _Enough(Exception):
    """Nobody waits for a better bound."""


def _run(task: _Task, tell: Callable[[int], None], stop: Event) -> None:
    # Where no process can be had there is no bound; that is no reason to have no plan.
    with suppress(OSError):
        processes.run(_prove, [[task]], lambda lane, place, bound: tell(bound), until=task.until, stop=stop)


def _prove(task: _Task, send: Callable[[int], None]) -> None:
    if task.head_s is not None:
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # read by numpy, which comes with the bound
        _make_room(task.head_s - process_time())
    from router.bound import lower_bound

    with suppress(MemoryError):
        lower_bound(task.drop, until=task.until, steps=task.steps, tell=send, workers=task.workers)


def _make_room(after_s: float) -> None:
    """Lowers this process's priority once it has worked for so many seconds."""
    if after_s <= 0:
        _lower()
    else:
        signal.signal(signal.SIGPROF, lambda number, frame: _lower())
        signal.setitimer(signal.ITIMER_PROF, after_s)


def _lower() -> None:
    """Linux keeps a niceness for every thread, so those that libraries have started are lowered too."""
    tasks = Path("/proc/self/task")
    for thread in [int(task.name) for task in tasks.iterdir()] if tasks.is_dir() else [0]:
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, thread, LOW)
