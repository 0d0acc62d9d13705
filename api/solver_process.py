"""What runs in the solver's process: one drop in, one plan out, progress meanwhile. Started by ``api.solver`` alone.

Standard input: one line of JSON that says what is asked, then the drop, then the plan to start from, if any. Standard
output: the plan, or one line of JSON that says why there is none. Standard error: progress, a line of JSON each.
Nothing that a library prints gets in between: it sees neither.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import monotonic
from traceback import extract_tb
from types import TracebackType
from typing import BinaryIO

from router.errors import DropwrightError
from router.processes import die_with

RAISED, REFUSED = 1, 3
"""Exit statuses: something went wrong; the solver said no for a reason that has a code."""

BETWEEN_S = 0.2
"""The least time between two lines of progress."""

NICENESS = 10
"""A search takes every core it is given for as long as it is given; on a busy machine those who answer go first."""


class Progress:
    """A ``Watch`` that writes to a pipe that does not block: whoever does not read misses lines, and delays nothing."""

    def __init__(self, pipe: int) -> None:
        os.set_blocking(pipe, False)
        self._pipe, self._next = pipe, 0.0

    def __call__(self, cost: int, bound: int | None) -> None:
        if monotonic() >= self._next:
            self._next = monotonic() + BETWEEN_S
            with suppress(BlockingIOError):
                os.write(self._pipe, json.dumps({"cost": cost, "bound": bound}).encode() + b"\n")


def main() -> int:
    """Solves what standard input asks. The one argument is the process to end with."""
    die_with(int(sys.argv[1]))
    os.nice(NICENESS)
    answer, told = os.fdopen(os.dup(1), "wb"), os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    sys.excepthook = lambda kind, error, trace: _say(answer, error=kind.__name__, where=_where(trace))
    try:
        answer.write(solved(sys.stdin.buffer, Progress(told)))
    except DropwrightError as error:
        _say(answer, code=error.code, sentence=str(error))
        return REFUSED
    answer.close()
    return 0


def solved(request: BinaryIO, watch: Progress) -> bytes:
    """The plan for what is asked. Raises the solver's own errors."""
    from router import codec, solve
    from router.effort import Effort

    asked = json.loads(request.readline())
    drop = codec.read_drop(request.read(asked["drop_bytes"]))
    begun = request.read()
    stop = Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    plan = solve.plan(
        drop,
        engine=asked["engine"],
        seed=asked["seed"],
        effort=Effort(steps=asked["steps"], budget_s=asked["seconds"]),
        workers=asked["workers"],
        watch=watch,
        stop=stop,
        start=codec.read_plan(begun) if begun else None,
        bound=asked["bound"],
    )
    if asked["instead_of"] is not None and plan.certificate is not None:
        effort = {**plan.certificate.effort, "instead_of": asked["instead_of"]}
        plan = replace(plan, certificate=replace(plan.certificate, effort=effort))
    return codec.write(plan)


def _say(answer: BinaryIO, **said: str) -> None:
    answer.write(json.dumps(said).encode())
    answer.close()


def _where(trace: TracebackType | None) -> str:
    """The last line of ours on the way to an error; its words are left out, since they may name somebody."""
    ours = [frame for frame in extract_tb(trace) if "site-packages" not in frame.filename]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"


if __name__ == "__main__":
    sys.exit(main())
