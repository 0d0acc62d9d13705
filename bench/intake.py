"""Takes in the orders of a drop's rush while another drop is planned: how soon are all of them safe?

    python -m bench.intake [--database URL] [--orders 5000] [--clients 8] [--planned 500] [--seed 7301]

One process serves, does the planning of the other drop, and has two cores together with those who ask. Orders come one
by one, each a request, then as many again by bulk requests. Then the process is killed, and the orders in the database
are counted. Exit status 1 where an order that was acknowledged is not there, one was refused, the other drop's plan was
not being made all the while, or it took more than 60 s.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any

from sqlalchemy import func, select

from api.db.connect import Database
from api.db.tables.orders import orders
from bench import explained
from bench.peers import hubs_for
from bench.served import Client, Process, databases, percentile, served, two_cores
from router.errors import DropwrightError, Unavailable
from router.generate import make_drop
from router.model import Drop
from tests.market import orders_of

WITHIN_S = 60.0
BULK_ROWS = 250
PLAN_S = 3600
HEAD = (
    f"{'database':<11}{'orders come':<12}{'orders':>7}{'clients':>8}{'seconds':>9}{'per s':>7}{'p50 ms':>8}"
    f"{'p99 ms':>8}{'refused':>8}{'in database':>12}{'planned beside':>15}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rush. ``took_s``: of each request; ``kept``: orders in the database after the process was killed."""

    how: str
    orders: int
    seconds: float
    took_s: list[float]
    refused: int
    kept: int
    planned: bool

    @property
    def good(self) -> bool:
        return self.refused == 0 and self.kept == self.orders and self.planned and self.seconds <= WITHIN_S


def rushes(address: str, *, count: int, clients: int, planned: int, seed: int) -> Iterator[Row]:
    """A rush of single requests, then one of bulk requests, each into a drop of its own."""
    whole = make_drop(orders=count + planned, hubs=hubs_for(count), seed=seed)
    given = orders_of(whole)
    ready, rush = given[count:], given[:count]
    single, bulk, other = (replace(whole, id=name) for name in ("single", "bulk", "other"))
    with served(address, single, bulk, other, WORKERS="1") as (store, process, key):
        client = Client(port=process.port, key=key)
        job = _planning(client, other, ready)
        each = [(f"/v1/drops/{single.id}/orders", json.dumps(order).encode(), {}) for order in rush]
        some = [
            (
                f"/v1/drops/{bulk.id}/orders/bulk",
                b"".join(json.dumps(order).encode() + b"\n" for order in rush[start : start + BULK_ROWS]),
                {"Content_Type": "application/x-ndjson"},
            )
            for start in range(0, count, BULK_ROWS)
        ]
        for how, requests, drop in (("one by one", each, single), ("in bulk", some, bulk)):
            client.close()  # the service ends connections that nobody uses
            seconds, took, refused = _rush(process, key, requests, clients)
            running = client.ask("GET", job)[1]["state"] == "running"
            client.close()
            process.kill()
            kept = _kept(store, drop)
            yield Row(
                how=how,
                orders=count,
                seconds=seconds,
                took_s=took,
                refused=refused,
                kept=kept,
                planned=running,
            )
            process.start()
            _until(lambda: client.ask("GET", job)[1]["state"] == "running")


def _planning(client: Client, drop: Drop, given: Sequence[Any]) -> str:
    """Has the other drop planned, and gives the path of the job once it is under way."""
    rows = b"".join(json.dumps(order).encode() + b"\n" for order in given)
    path = f"/v1/drops/{drop.id}"
    _expect(200, client.ask("POST", f"{path}/orders/bulk", rows, Content_Type="application/x-ndjson"))
    _expect(200, client.ask("POST", f"{path}/close"))
    job = _expect(202, client.ask("POST", f"{path}/plans", {"seconds": PLAN_S, "dry_run": True}))
    found = f"/v1/jobs/{job['id']}"
    _until(lambda: client.ask("GET", found)[1]["state"] == "running")
    return found


def _rush(
    process: Process, key: str, requests: Sequence[tuple[str, bytes, dict[str, str]]], clients: int
) -> tuple[float, list[float], int]:
    """Sends all of them by so many clients: seconds in all, seconds of each, and how many were refused."""
    left, lock = iter(requests), Lock()
    took: list[float] = []
    refused = 0

    def send() -> None:
        nonlocal refused
        client = Client(port=process.port, key=key)
        while True:
            with lock:
                request = next(left, None)
            if request is None:
                break
            path, body, headers = request
            began = monotonic()
            status, _ = client.ask("POST", path, body, **headers)
            with lock:
                took.append(monotonic() - began)
                refused += status not in (200, 201)
        client.close()

    began = monotonic()
    threads = [Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return monotonic() - began, took, refused


def _kept(store: Database, drop: Drop) -> int:
    with store.read() as db:
        return db.execute(select(func.count()).select_from(orders).where(orders.c.drop == drop.id)).scalar_one()


def _expect(status: int, answer: tuple[int, Any]) -> Any:
    if answer[0] != status:
        raise Unavailable(f"the service answered {answer}")
    return answer[1]


def _until(true: Callable[[], bool]) -> None:
    give_up_at = monotonic() + WITHIN_S
    while not true():
        if monotonic() > give_up_at:
            raise Unavailable("the other drop is not being planned")
        sleep(0.1)


def line(name: str, clients: int, row: Row) -> str:
    """A line of the table."""
    p50, p99 = (1000 * percentile(row.took_s, share) for share in (0.5, 0.99))
    return (
        f"{name:<11}{row.how:<12}{row.orders:>7}{clients:>8}{row.seconds:>9.1f}{row.orders / row.seconds:>7.0f}"
        f"{p50:>8.0f}{p99:>8.0f}{row.refused:>8}{row.kept:>12}{'yes' if row.planned else 'no':>15}"
    )


def main() -> int:
    """Prints two lines for each database."""
    given = argparse.ArgumentParser(prog="python -m bench.intake", description=__doc__.splitlines()[0])
    given.add_argument("--database", metavar="URL", help="a new and empty one; else SQLite, then PostgreSQL")
    given.add_argument("--orders", type=int, default=5000, metavar="N", help="of each rush")
    given.add_argument("--clients", type=int, default=8, metavar="N")
    given.add_argument("--planned", type=int, default=500, metavar="N", help="orders of the drop planned beside")
    given.add_argument("--seed", type=int, default=7301, metavar="N")
    asked = given.parse_args()
    two_cores()
    print(HEAD)
    good = True
    try:
        for name, address, _ in databases(asked.database):
            given_to = {"count": asked.orders, "clients": asked.clients, "planned": asked.planned, "seed": asked.seed}
            for row in rushes(address, **given_to):
                print(line(name, asked.clients, row), flush=True)
                good = good and row.good
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
