"""Work done in other processes: a crash there loses one job, a hang ends with the deadline, an orphan with its parent.

Jobs and answers are plain data. Each lane is one process that does its jobs one after the other and may send better
and better answers to each; whatever has arrived when time is up counts.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from threading import Event
from time import monotonic
from typing import Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")
Work = Callable[[Job], Iterator[Answer]]
"""A module-level function: answers to a job, each better than the one before."""

LOOK_S = 0.1
"""How often ``stop`` is looked at."""

PR_SET_PDEATHSIG = 1


def run(
    work: Work[Job, Answer],
    lanes: Sequence[Sequence[Job]],
    each: Callable[[int, int, Answer], None],
    *,
    until: float | None,
    stop: Event,
) -> None:
    """Does the jobs of every lane, a process a lane, and hands each answer to ``each(lane, place in lane, answer)``.

    Ends when all is done, at ``until`` (by ``time.monotonic``), or once ``stop`` is set; processes still at work are
    killed then. A process that dies costs the answers to the job it was at; another goes on with the rest of the lane.
    """
    open_lanes = {lane: _Lane(work, jobs, first=0) for lane, jobs in enumerate(lanes) if jobs and not stop.is_set()}
    try:
        while open_lanes and not stop.is_set():
            left_s = LOOK_S if until is None else min(LOOK_S, until - monotonic())
            if left_s <= 0:
                break
            ready = wait([lane.pipe for lane in open_lanes.values()], left_s)
            for number, lane in list(open_lanes.items()):
                if lane.pipe not in ready:
                    continue
                said = lane.listen()
                if said is not None and said[1] is not None:
                    each(number, said[0], said[1])
                if said is None:
                    del open_lanes[number]
                    lane.kill()
                    if lane.place < len(lane.jobs):
                        # It died on the way: the next process leaves out the job that this one was at.
                        rest = _Lane(work, lane.jobs, first=lane.place + 1)
                        if rest.place < len(rest.jobs):
                            open_lanes[number] = rest
                        else:
                            rest.kill()
    finally:
        for lane in open_lanes.values():
            lane.kill()


class _Lane(Generic[Job, Answer]):
    """One process and the jobs that are left to it; ``place`` is the job it is at."""

    def __init__(self, work: Work[Job, Answer], jobs: Sequence[Job], *, first: int) -> None:
        self.jobs, self.place = jobs, first
        # Spawned, not forked: the parent may have threads, and a fork copies their locks as they stand.
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_serve, args=(work, jobs[first:], first, theirs, os.getpid()), daemon=True
        )
        self._process.start()
        theirs.close()

    def listen(self) -> tuple[int, Answer | None] | None:
        """The next answer; ``None`` as answer where a job is done, ``None`` alone where the process is gone."""
        try:
            place, answer = self.pipe.recv()
        except (EOFError, OSError):
            return None
        if answer is None:
            self.place = place + 1
        return place, answer

    def kill(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()


def _serve(work: Work[Job, Answer], jobs: Sequence[Job], first: int, pipe: Connection, parent: int) -> None:
    """What a lane's process does."""
    die_with(parent)
    for place, job in enumerate(jobs, start=first):
        for answer in work(job):
            pipe.send((place, answer))
        pipe.send((place, None))


def die_with(parent: int) -> None:
    """Has the kernel kill this process when the process ``parent`` ends; Ctrl-C is left to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
