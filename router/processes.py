"""Work done in other processes: a crash there loses little, a hang ends with the deadline, an orphan with its parent.

Jobs and answers are plain data. Each lane is one process that does its jobs one after the other and may send better
and better answers to each; whatever has arrived when time is up counts.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from threading import Event
from time import monotonic
from typing import Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")
Send = Callable[[Answer], None]
Work = Callable[[Job, Send[Answer]], None]
"""A module-level function: does a job and sends answers to it, each better than the one before."""

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
    killed then. A process that dies costs what its job had not sent yet; another goes on with the rest of the lane.
    """
    at_work = {lane: _Lane(work, jobs, first=0) for lane, jobs in enumerate(lanes) if jobs and not stop.is_set()}
    try:
        while at_work and not stop.is_set():
            left_s = LOOK_S if until is None else min(LOOK_S, until - monotonic())
            if left_s <= 0:
                break
            ready = wait([lane.pipe for lane in at_work.values()], left_s)
            for number, lane in list(at_work.items()):
                if lane.pipe not in ready:
                    continue
                try:
                    place, answer = lane.pipe.recv()
                except (EOFError, OSError):
                    del at_work[number]
                    lane.kill()
                    if lane.place + 1 < len(lane.jobs):
                        at_work[number] = _Lane(work, lane.jobs, first=lane.place + 1)
                    continue
                if answer is None:
                    lane.place = place + 1
                else:
                    each(number, place, answer)
        for number, lane in at_work.items():
            for place, answer in lane.unread():
                each(number, place, answer)
    finally:
        for lane in at_work.values():
            lane.kill()


def alive(seconds: int) -> None:
    """Said by a job now and then: unless it says so again within ``seconds`` of processor time, its process is ended.

    A library that is caught in an endless loop cannot be asked to stop. Processor time does not pass while others use
    the machine, so the answers do not depend on how busy it is. The end of the job lifts it, and so does 0.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)


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
        # Ctrl-C is for the parent; blocked from the first moment on, or the child dies of it while it imports.
        # The first process of all brings a tracker along, whose start would lift the block.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def unread(self) -> Iterator[tuple[int, Answer]]:
        """Ends the process and gives what it sent that nobody has read."""
        self._process.kill()
        self._process.join()
        try:
            while self.pipe.poll():
                place, answer = self.pipe.recv()
                if answer is not None:
                    yield place, answer
        except (EOFError, OSError):
            return

    def kill(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()


def _serve(work: Work[Job, Answer], jobs: Sequence[Job], first: int, pipe: Connection, parent: int) -> None:
    """What a lane's process does."""
    die_with(parent)
    for place, job in enumerate(jobs, start=first):

        def send(answer: Answer, place: int = place) -> None:
            pipe.send((place, answer))

        work(job, send)
        alive(0)
        pipe.send((place, None))


def die_with(parent: int) -> None:
    """Has the kernel kill this process when the process ``parent`` ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
