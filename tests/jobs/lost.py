"""A worker that is killed in a real solve: what becomes of its solver, and when somebody else takes the job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.jobs import selling
from tests.jobs.processes import children, is_gone
from tests.web.service import serving

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 240


class TooLate(Exception):
    """Something that should have happened has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """Seconds from the kill to the end of the last process that the worker had started, and to the second attempt."""

    solver_gone_s: float
    claimed_s: float
    attempts: int
    state: str
    left: int


def kill_in_solve(address: str) -> Retried:
    """Kills one of two workers while its solver works, and cancels the job once the other one is at work on it.

    ``left``: processes of the second solver that outlived the cancelling. Raises ``TooLate``.
    """
    with serving(address) as service:
        selling.fill(service)
        where = selling.asked(service, seconds=600)
        with _worker(address) as one, _worker(address) as two:
            waited(lambda: selling.job(service, where).progress is not None)
            first, second = (one, two) if children(one.pid) else (two, one)
            solver = children(first.pid)
            first.kill()
            killed_at = monotonic()
            waited(lambda: all(map(is_gone, solver)))
            gone_s = monotonic() - killed_at
            waited(lambda: selling.job(service, where).attempts == 2)
            claimed_s = monotonic() - killed_at
            waited(lambda: selling.job(service, where).progress is not None)
            solver = children(second.pid)
            service.post(f"{where}/cancel")
            waited(lambda: selling.job(service, where).state == "cancelled")
            job, left = selling.job(service, where), sum(not is_gone(each) for each in solver)
    return Retried(solver_gone_s=gone_s, claimed_s=claimed_s, attempts=job.attempts, state=job.state, left=left)


def waited(so: Callable[[], bool]) -> None:
    """Returns once it is so. Raises ``TooLate``."""
    give_up_at = monotonic() + WITHIN_S
    while not so():
        if monotonic() > give_up_at:
            raise TooLate
        sleep(0.1)


@contextmanager
def _worker(address: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", "from api.cli import main; main()", "worker"]
    given = os.environ | {"DROPWRIGHT_DATABASE": address, "DROPWRIGHT_SOLVER_CORES": "1"}
    running = subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.kill()
        running.wait()
