"""How long the reports on a contract take over a large log, and how much memory.

    python -m bench.report [--orders 100000] [--seed 7] [--database URL]

Puts the month of orders of ``bench.replay`` (about ten events each) into a database, judges all of it under the eight
terms of ``replay_contract.yaml``, then prints the seconds that the breach report, an attainment report, and the same
after another order's events take, and the largest memory of the process. Ten seconds later one order in a hundred costs
more, since a month's lost parcels cost by the minute: what that takes is told as well. Without ``--database`` it is an
SQLite file of its own. Exit status 1 where one of the three reports takes more than two seconds.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from api import judging, reports, sla_intake
from api.db import accounts, contracts, migrate, sla_log
from api.db.connect import Database, connect
from api.reports import Report
from bench.replay import CONTRACT
from bench.replay_log import write_log
from sla.codec import read_contract

TENANT, WITHIN_S, AT_ONCE = "bench", 2.0, 5000
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
NEW = (
    '{"specversion":"1.0","id":"new","source":"partner/kallio","type":"order.placed",'
    '"time":"2026-12-01T11:00:00Z","subject":"order/new","data":{"order":"new","tier":"same-day"}}'
)


def main() -> int:
    """Prints a line for each step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--database")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = connect(asked.database or f"sqlite:///{folder}/report.db")
        migrate.upgrade(store)
        log = Path(folder) / "events.jsonl"
        events = write_log(log, orders=asked.orders, seed=asked.seed)
        print(f"{events} events of {asked.orders} orders", flush=True)
        bound = read_contract(CONTRACT.read_bytes(), bound=True)
        with store.write() as db:
            accounts.add_tenant(db, TENANT, name="Bench", now=NOW)
            contracts.publish(db, TENANT, bound, actor="bench", now=NOW)
        _timed("taken in", lambda: _take_in(store, log))
        _timed("judged for the first time", lambda: _report(store, reports.credits_owed))
        took = [
            _timed("breach report", lambda: _report(store, reports.breaches)),
            _timed(
                "attainment report", lambda: _report(store, lambda each: reports.attainment(each, ("party", "week")))
            ),
        ]
        with store.write() as db:
            sla_log.append(db, TENANT, [sla_intake.read(NEW.encode()).entry], NOW)
        took.append(_timed("breach report after news", lambda: _report(store, reports.breaches)))
        _timed("and ten seconds later", lambda: _report(store, reports.breaches, seconds=10))
        store.close()
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")
    return 1 if max(took) > WITHIN_S else 0


def _report(store: Database, make: Callable[[judging.Judged], Report], seconds: int = 0) -> None:
    now = NOW + timedelta(seconds=seconds)
    while True:
        try:
            with judging.judged(store, TENANT, "replay-bench", None, now=now) as judged:
                if not make(judged).rows:
                    raise SystemExit("the report is empty")
            return
        except judging.StillJudging:  # the first time, which is told for itself
            continue


def _take_in(store: Database, log: Path) -> None:
    with log.open("rb") as file:
        lines: Iterator[bytes] = iter(file)
        while some := list(islice(lines, AT_ONCE)):
            entries = [sla_intake.read(line).entry for line in some]
            with store.write() as db:
                sla_log.append(db, TENANT, entries, NOW - timedelta(hours=2))


def _timed(what: str, work: Callable[[], None]) -> float:
    began, used = time.perf_counter(), time.process_time()
    work()
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - used
    print(f"{what:<28}{took_s:8.2f} s by the clock,{cpu_s:8.2f} s of processor", flush=True)
    return took_s


if __name__ == "__main__":
    sys.exit(main())
