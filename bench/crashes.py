"""Whether the service answers as fast as ever while solvers of its jobs crash, hang, eat memory and lie.

    python -m bench.crashes [--seconds 15] [--database URL]

One process answers and does the jobs, as ``dropwright serve`` does. First ``GET /v1/me`` is asked over and over with
nothing else to do, then beside jobs of which each has another crash script as its solver, until all have ended; then
alone again. Exit status 1 where an answer is no 200, a job has not ended in a typed state, or the p99 beside crashes is
more than twice the larger p99 alone.
"""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any

import httpx2
import numpy as np

from api import logs, planning, solver
from api.app import create_app
from api.server import Server
from api.settings import Settings
from tests.jobs import selling
from tests.jobs.crashes import CRASHES, LARGEST, TIMES, crashing
from tests.web.processes import free_port
from tests.web.service import serving

SCRIPTS = tuple(name for name in CRASHES if name != "leave_a_child")  # that one leaves a note for its test
MOST, WITHIN_S = 2.0, 600
ENDED = ("done", "failed", "dead", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Answers, how many were no 200, and how long they took in milliseconds."""

    answers: int
    odd: int
    p50_ms: float
    p99_ms: float


def solve(drop: bytes, options: solver.Options, **given: Any) -> solver.Outcome:
    """Has the crash script solve that the seed names."""
    name = SCRIPTS[options.seed]
    return solver.plan(drop, options, solver=crashing(name), deadline_s=TIMES.get(name), grant=LARGEST, **given)


def serve(address: str, port: int) -> None:
    """The service, whose solvers come to grief."""
    logs.configure(StringIO())
    app = create_app(Settings(database=address))
    worker = app.state.worker
    worker.handlers = {planning.PLAN: partial(worker.handlers[planning.PLAN], solve=solve)}
    with socket.create_server(("127.0.0.1", port), backlog=1000) as listening:
        Server(app, notice_s=0).run(sockets=[listening])


def measured(client: httpx2.Client, over: Callable[[], bool]) -> Measured:
    """Asks one question after the other until it is ``over``."""
    took, odd = [], 0
    while not over():
        began = perf_counter()
        odd += client.get("/v1/me").status_code != 200
        took.append((perf_counter() - began) * 1000)
        sleep(0.005)
    p50, p99 = np.percentile(took, (50, 99))
    return Measured(answers=len(took), odd=odd, p50_ms=float(p50), p99_ms=float(p99))


def lasting(seconds: float) -> Callable[[], bool]:
    until = monotonic() + seconds
    return lambda: monotonic() >= until


def ended(client: httpx2.Client, wanted: int) -> Callable[[], bool]:
    """Whether that many jobs have ended; asked for once in a second."""
    next_at, give_up_at = [0.0], monotonic() + WITHIN_S

    def so() -> bool:
        if monotonic() < next_at[0]:
            return False
        next_at[0] = monotonic() + 1
        return sum(states(client)[each] for each in ENDED) == wanted or monotonic() > give_up_at

    return so


def states(client: httpx2.Client) -> Counter[str]:
    return Counter(each["state"] for each in client.get("/v1/jobs").raise_for_status().json()["items"])


def main() -> int:
    """Prints the table; gives the exit status."""
    asked = _arguments().parse_args()
    logs.configure(StringIO())  # the table alone
    with tempfile.TemporaryDirectory() as folder:
        address = asked.database or f"sqlite:///{Path(folder) / 'dropwright.db'}"
        with serving(address) as service:
            selling.fill(service)
            key = service.key()
        port = free_port()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(address, port), daemon=True)
        process.start()
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=key, timeout=60) as client:
                return 1 if _table(client, asked.seconds) else 0
        finally:
            process.kill()
            process.join()


def _table(client: httpx2.Client, seconds: float) -> bool:
    """Whether something is broken."""
    _ready(client)
    measured(client, lasting(2))
    rows = {"alone": measured(client, lasting(seconds))}
    for seed in range(len(SCRIPTS)):
        body = {"seconds": 6, "seed": seed, "dry_run": True}
        client.post(selling.PLANS, json=body).raise_for_status()
    rows["beside crashes"] = measured(client, ended(client, len(SCRIPTS)))
    found = states(client)
    rows["alone again"] = measured(client, lasting(seconds))
    print(f"{'GET /v1/me':<16}{'answers':>9}{'not 200':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for name, each in rows.items():
        print(f"{name:<16}{each.answers:>9}{each.odd:>9}{each.p50_ms:>9.1f}{each.p99_ms:>9.1f}")
    alone, beside, again = rows.values()
    ratio = beside.p99_ms / max(alone.p99_ms, again.p99_ms)
    told = ", ".join(f"{number} {state}" for state, number in sorted(found.items()))
    print(f"\np99 beside crashes / alone: {ratio:.2f} (limit {MOST:g}); {len(SCRIPTS)} jobs: {told}")
    whole = sum(found[each] for each in ENDED) == len(SCRIPTS)
    return not whole or ratio > MOST or any(each.odd for each in rows.values())


def _ready(client: httpx2.Client) -> None:
    give_up_at = monotonic() + WITHIN_S
    while True:
        try:
            client.get("/readyz").raise_for_status()
            return
        except httpx2.TransportError:
            if monotonic() > give_up_at:
                raise
            sleep(0.1)


def _arguments() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(prog="python -m bench.crashes", description=__doc__.splitlines()[0])
    given.add_argument("--seconds", type=float, default=15, metavar="S", help="how long to ask with nothing else to do")
    given.add_argument("--database", metavar="URL", help="an empty one; a file of SQLite where none is given")
    return given


if __name__ == "__main__":
    sys.exit(main())
