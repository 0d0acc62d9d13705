"""Asks ten times as many at once as the service can bear, for a minute: does it go on doing what it can?

    python -m bench.overload [--database URL] [--clients 12] [--times 10] [--seconds 60] [--seed 7301]

Clients ask one request after the other: two promises, then a hold. First as few as bring the most answers (the peak),
then ``--times`` as many, who do not heed Retry-After, then as few as before. An answer counts when it is what was
asked for and came within two seconds. Exit status 1 where fewer than 80 % of the peak count under the load, or where
it takes more than ten seconds afterwards until 80 % count again. The load is held against the mean of before and after,
since a shared machine is a fifth faster or slower some minutes later.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import count
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

from api.db.tables.stock import stock
from bench import explained
from bench.peers import hubs_for
from bench.served import Client, Gone, Process, databases, percentile, served, two_cores
from router.errors import DropwrightError
from router.generate import make_drop
from tests.market import orders_of

ORDERS = 500
IN_TIME_S = 2.0
KEPT, NORMAL_WITHIN_S = 0.8, 10.0
HEAD = (
    f"{'database':<11}{'phase':<10}{'clients':>8}{'seconds':>8}{'good per s':>11}{'of peak':>8}{'p50 ms':>8}"
    f"{'p99 ms':>8}{'429':>7}{'503':>7}{'other':>7}{'late':>7}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: when it came after the phase began, how long it took, its status (0 where there was none)."""

    at_s: float
    took_s: float
    status: int

    @property
    def good(self) -> bool:
        return self.status in (200, 201) and self.took_s <= IN_TIME_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """So many clients for so many seconds."""

    clients: int
    seconds: float
    answers: list[Answer]

    @property
    def good_per_s(self) -> float:
        return sum(each.good for each in self.answers) / self.seconds

    def normal_after_s(self, wanted: float) -> float | None:
        """The end of the first second in which as many count as are wanted; ``None`` if there was none."""
        counted = Counter(int(each.at_s) for each in self.answers if each.good)
        return next((second + 1.0 for second in range(int(self.seconds)) if counted[second] >= wanted), None)


def phase(process: Process, key: str, carts: list[Any], clients: int, seconds: float, names: count[int]) -> Phase:
    """Lets clients ask for so long; what is under way at the end counts no more."""
    answers: list[Answer] = []
    over, lock, began = Event(), Lock(), monotonic()

    def ask() -> None:
        client = Client(port=process.port, key=key)
        while not over.is_set():
            number = next(names)
            cart, sent = carts[number % len(carts)], monotonic()
            path, body = ("/v1/promises", cart) if number % 3 else ("/v1/holds", _hold(cart, number))
            try:
                status = client.ask("POST", path, body)[0]
            except Gone:
                status = 0
            with lock:
                answers.append(Answer(at_s=monotonic() - began, took_s=monotonic() - sent, status=status))
        client.close()

    threads = [Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    sleep(seconds)
    over.set()
    with lock:
        in_time = list(answers)
    for thread in threads:
        thread.join()
    return Phase(clients=clients, seconds=seconds, answers=in_time)


def _hold(cart: Any, number: int) -> Any:
    return {"id": f"h{number}", "checkout": "c", "lines": cart["lines"], "seconds": 600}


def run(name: str, address: str, asked: argparse.Namespace) -> bool:
    """Prints the phases on one database, and tells whether both figures hold."""
    drop = make_drop(orders=ORDERS, hubs=hubs_for(ORDERS), seed=asked.seed)
    carts = [
        {"drop": drop.id, **{part: each[part] for part in ("lines", "location")}, "tiers": [each["tier"]]}
        for each in orders_of(drop)
    ]
    names = count()
    with served(address, drop, REQUESTS_PER_MINUTE="10000000") as (store, process, key):
        with store.write() as db:
            db.execute(stock.update().values(on_hand=10**9))
        phase(process, key, carts, asked.clients, 3, names)
        peak = phase(process, key, carts, asked.clients, asked.peak, names)
        print(line(name, "peak", peak, peak), flush=True)
        load = phase(process, key, carts, asked.clients * asked.times, asked.seconds, names)
        print(line(name, "overload", load, peak), flush=True)
        after = phase(process, key, carts, asked.clients, 2 * NORMAL_WITHIN_S, names)
        print(line(name, "after", after, peak), flush=True)
    normal_s = after.normal_after_s(KEPT * peak.good_per_s)
    share = 2 * load.good_per_s / max(peak.good_per_s + after.good_per_s, 1e-9)
    normal = "never" if normal_s is None else f"after {normal_s:.0f} s"
    print(f"{name:<11}kept {share:.2f} of before and after, normal again {normal}", flush=True)
    return share >= KEPT and normal_s is not None and normal_s <= NORMAL_WITHIN_S


def line(name: str, what: str, found: Phase, peak: Phase) -> str:
    """A line of the table."""
    took = [each.took_s for each in found.answers] or [0.0]
    told = Counter(each.status for each in found.answers)
    others = len(found.answers) - sum(told[status] for status in (200, 201, 429, 503))
    late = sum(1 for each in found.answers if each.status in (200, 201) and not each.good)
    return (
        f"{name:<11}{what:<10}{found.clients:>8}{found.seconds:>8.0f}{found.good_per_s:>11.1f}"
        f"{found.good_per_s / max(peak.good_per_s, 1e-9):>8.2f}{1000 * percentile(took, 0.5):>8.0f}"
        f"{1000 * percentile(took, 0.99):>8.0f}{told[429]:>7}{told[503]:>7}{others:>7}{late:>7}"
    )


def main() -> int:
    """Prints three lines and a sentence for each database."""
    given = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__.splitlines()[0])
    given.add_argument("--database", metavar="URL", help="a new and empty one; else SQLite, then PostgreSQL")
    given.add_argument("--clients", type=int, default=12, metavar="N", help="as many as bring the most answers")
    given.add_argument("--times", type=int, default=10, metavar="N", help="how many times as many there are then")
    given.add_argument("--seconds", type=float, default=60, metavar="S", help="for so long")
    given.add_argument("--peak", type=float, default=15, metavar="S", help="how long the peak is measured")
    given.add_argument("--seed", type=int, default=7301, metavar="N")
    asked = given.parse_args()
    two_cores()
    print(HEAD)
    try:
        good = [run(name, address, asked) for name, address, _ in databases(asked.database)]
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
