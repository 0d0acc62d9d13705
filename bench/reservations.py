"""Kills the service while many reserve: is anything lost, oversold or taken twice, and how soon is it ready again?

    python -m bench.reservations [--database URL] [--count 10000] [--clients 32] [--kills 20] [--restarts 0] [--seed 1]

Clients post holds and orders that want more than there is, each with its Idempotency-Key, and ask again until they are
answered. Meanwhile the process is killed (kill -9) and started again, and a PostgreSQL of the bench's own crashes
``--restarts`` times. Then every answer is held against the database: what was acknowledged and is not there (lost),
units reserved beyond what is on hand (oversold), units reserved beyond what the answers add up to, and requests that
were refused and are there all the same (double). Exit status 1 where one of them is not 0, or it took more than 5 s
until the service was ready again.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

from sqlalchemy import Connection, func, select

from api.db.connect import Database
from api.db.tables.holds import held_units, holds
from api.db.tables.orders import order_units, orders
from api.db.tables.stock import stock
from bench import explained
from bench.served import Client, Process, databases, percentile, served, two_cores
from router import codec
from router.errors import DropwrightError
from router.generate import make_drop
from router.model import Drop
from tests.db.postgres import Server

READY_S = 5.0
HUBS, SKUS = 3, 4
ORDER = ("placed_at", "tier", "location")
HEAD = (
    f"{'database':<11}{'tries':>7}{'clients':>8}{'kills':>6}{'reserved':>9}{'short':>7}{'seconds':>9}{'per s':>7}"
    f"{'ready p50':>10}{'worst':>7}{'restarts':>9}{'worst':>7}{'lost':>6}{'oversold':>9}{'double':>7}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of it on one database.

    ``ready_s``: of every start after a kill, killing included; ``back_s``: of every restart of the database, likewise.
    """

    reserved: int
    short: int
    seconds: float
    ready_s: list[float]
    back_s: list[float]
    lost: int
    oversold: int
    double: int

    @property
    def good(self) -> bool:
        return not (self.lost or self.oversold or self.double) and max(self.ready_s + self.back_s, default=0) <= READY_S


@dataclass(kw_only=True)
class Tally:
    """What clients were told: of each hold and order the units that it got, none where it was short."""

    got: dict[tuple[str, str], int] = field(default_factory=dict)
    wrong: Counter[int] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)
    moved: Event = field(default_factory=Event)

    def tell(self, kind: str, name: str, status: int, units: int, reserved: bool) -> None:
        with self.lock:
            self.got[kind, name] = units if reserved else 0
            if status not in (200, 201, 409):
                self.wrong[status] += 1
        self.moved.set()

    def wait_for(self, answers: int) -> None:
        """Waits until so many requests are answered."""
        while len(self.got) < answers:
            self.moved.clear()
            self.moved.wait(0.05)


def tried(drop: Drop, tries: int, seed: int) -> Iterator[tuple[str, str, int, Any]]:
    """Requests: kind, id, units in all, body. Two thirds orders, the rest holds, all of a few SKUs."""
    draw = random.Random(seed)
    kept = {name: value for name, value in codec.plain(drop)["orders"][0].items() if name in ORDER}
    for number in range(tries):
        lines = [{"sku": sku, "quantity": draw.randint(1, 3)} for sku in draw.sample(hot(drop), draw.randint(1, 2))]
        units = sum(line["quantity"] for line in lines)
        if number % 3:
            yield "order", f"o{number}", units, {**kept, "id": f"o{number}", "lines": lines}
        else:
            yield "hold", f"h{number}", units, {"id": f"h{number}", "checkout": "c", "lines": lines, "seconds": 86400}


def hot(drop: Drop) -> list[str]:
    """The few SKUs that everybody wants: those that lie at most hubs."""
    shelves = Counter(row.sku for row in drop.stock)
    return [sku for sku, _ in shelves.most_common(SKUS)]


def run(
    address: str,
    *,
    tries: int,
    clients: int,
    kills: int,
    seed: int,
    server: Server | None = None,
    restarts: int = 0,
) -> Found:
    """The whole of it on one database; restarts are those of ``server``."""
    drop = make_drop(orders=5, hubs=HUBS, seed=seed)
    with served(address, drop) as (store, process, key):
        wanted = tries * 3  # units, about: half of them are there
        shelves = sum(1 for row in drop.stock if row.sku in hot(drop))
        with store.write() as db:
            db.execute(stock.update().where(stock.c.sku.in_(hot(drop))).values(on_hand=wanted // 2 // shelves))
        work, tally = list(tried(drop, tries, seed)), Tally()
        next_one = count()
        paths = {"order": f"/v1/drops/{drop.id}/orders", "hold": "/v1/holds"}

        def ask() -> None:
            client = Client(port=process.port, key=key)
            while (number := next(next_one)) < tries:
                kind, name, units, body = work[number]
                status, told = client.ask_until_answered("POST", paths[kind], body, f"key-{name}")
                ok = status in (200, 201) and (kind == "hold" or told["stock"] == "reserved")
                tally.tell(kind, name, status, units, ok)

        began = monotonic()
        threads = [Thread(target=ask, name=f"client-{number}") for number in range(clients)]
        for thread in threads:
            thread.start()
        ready, back = list[float](), list[float]()
        faults = _mixed(kills, restarts if server is not None else 0)
        for number, is_kill in enumerate(faults, 1):
            tally.wait_for(tries * number // (len(faults) + 1))
            if is_kill or server is None:
                ready.append(_killed(process))
            else:
                back.append(_restarted(server, process))
        for thread in threads:
            thread.join()
        seconds = monotonic() - began
        if tally.wrong or len(tally.got) != tries:
            raise DropwrightError(f"answers that should not be: {dict(tally.wrong)}, {len(tally.got)} of {tries}")
        return _found(store, tally, seconds, ready, back)


def _mixed(kills: int, restarts: int) -> list[bool]:
    """Which of the faults are kills, spread evenly among the restarts."""
    both = kills + restarts
    return [kills * (number + 1) // both > kills * number // both for number in range(both)]


def _killed(process: Process) -> float:
    """Kills the process and starts it again: seconds until it is ready."""
    began = monotonic()
    process.kill()
    process.start()
    return monotonic() - began


def _restarted(server: Server, process: Process) -> float:
    """Ends the database as by a crash and starts it again: seconds until the service, which went on, is ready."""
    began = monotonic()
    server.stop("immediate")
    server.start()
    process.wait_until_ready(began)
    return monotonic() - began


def _found(store: Database, tally: Tally, seconds: float, ready: list[float], back: list[float]) -> Found:
    with store.read() as db:
        kept = _kept(db)
        cells = db.execute(select(stock.c.on_hand, stock.c.reserved)).all()
    got = {name: units for name, units in tally.got.items() if units}
    promised = sum(got.values())
    return Found(
        reserved=len(got),
        short=len(tally.got) - len(got),
        seconds=seconds,
        ready_s=ready,
        back_s=back,
        lost=sum(1 for name, units in got.items() if kept.get(name, 0) < units),
        oversold=sum(max(0, cell.reserved - cell.on_hand) for cell in cells),
        double=abs(sum(cell.reserved for cell in cells) - promised)
        + sum(1 for name, units in kept.items() if units != tally.got[name]),
    )


def _kept(db: Connection) -> dict[tuple[str, str], int]:
    """Units that the database keeps for each hold and order."""
    of_orders = select(order_units.c.order, func.sum(order_units.c.units)).group_by(order_units.c.order)
    of_holds = select(held_units.c.hold, func.sum(held_units.c.units)).group_by(held_units.c.hold)
    names = {("order", name): 0 for name in db.scalars(select(orders.c.id))}
    names |= {("hold", name): 0 for name in db.scalars(select(holds.c.id))}
    names |= {("order", name): int(units) for name, units in db.execute(of_orders)}
    return names | {("hold", name): int(units) for name, units in db.execute(of_holds)}


def line(name: str, asked: argparse.Namespace, found: Found) -> str:
    """A line of the table."""
    ready = found.ready_s or [0.0]
    return (
        f"{name:<11}{asked.count:>7}{asked.clients:>8}{asked.kills:>6}{found.reserved:>9}{found.short:>7}"
        f"{found.seconds:>9.1f}{asked.count / found.seconds:>7.0f}{percentile(ready, 0.5):>10.2f}{max(ready):>7.2f}"
        f"{len(found.back_s):>9}{max(found.back_s, default=0):>7.2f}{found.lost:>6}{found.oversold:>9}{found.double:>7}"
    )


def main() -> int:
    """Prints a line for each database."""
    given = argparse.ArgumentParser(prog="python -m bench.reservations", description=__doc__.splitlines()[0])
    given.add_argument("--database", metavar="URL", help="a new and empty one; else SQLite, then PostgreSQL")
    given.add_argument("--count", type=int, default=10_000, metavar="N", help="requests")
    given.add_argument("--clients", type=int, default=32, metavar="N")
    given.add_argument("--kills", type=int, default=20, metavar="N")
    given.add_argument("--restarts", type=int, default=0, metavar="N", help="of a PostgreSQL of the bench's own")
    given.add_argument("--seed", type=int, default=1, metavar="N")
    asked = given.parse_args()
    two_cores()
    print(HEAD)
    good = True
    try:
        for name, address, server in databases(asked.database):
            given_to = {"tries": asked.count, "clients": asked.clients, "kills": asked.kills, "seed": asked.seed}
            found = run(address, server=server, restarts=asked.restarts, **given_to)
            print(line(name, asked, found), flush=True)
            good = good and found.good
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
