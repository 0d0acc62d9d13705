"""How long a promise takes in a full drop, beside an answer that asks no database.

    python -m bench.promises [--database URL] [--orders 10000] [--asks 2000] [--seed 7301]

Orders come in by bulk requests. Then one client asks by turns: ``GET /healthz``, which does nothing; ``GET /v1/me``,
which finds out who asks; and ``POST /v1/promises`` with the cart of one of the orders. Exit status 1 where the p99 of
promises is more than five times that of doing nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from time import monotonic
from typing import Any

from bench import explained
from bench.peers import hubs_for
from bench.served import Client, databases, percentile, served, two_cores
from router.errors import DropwrightError, Unavailable
from router.generate import make_drop
from tests.market import orders_of

AT_MOST = 5.0
BULK_ROWS = 1000
WARM = 50
NOTHING, WHO, PROMISE = "GET /healthz", "GET /v1/me", "POST /v1/promises"
HEAD = (
    f"{'database':<11}{'orders':>7}  {'asked':<19}{'asks':>6}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}{'p99 ratio':>10}"
)


def run(address: str, *, count: int, asks: int, seed: int) -> dict[str, list[float]]:
    """The seconds of each answer, by what was asked."""
    drop = make_drop(orders=count, hubs=hubs_for(count), seed=seed)
    given = orders_of(drop)
    took: dict[str, list[float]] = defaultdict(list)
    with served(address, drop) as (_, process, key):
        client = Client(port=process.port, key=key)
        for start in range(0, count, BULK_ROWS):
            rows = b"".join(json.dumps(order).encode() + b"\n" for order in given[start : start + BULK_ROWS])
            path = f"/v1/drops/{drop.id}/orders/bulk"
            _good(client.ask("POST", path, rows, Content_Type="application/x-ndjson"))
        for turn in range(WARM + asks):
            order = given[turn % len(given)]
            cart = {"drop": drop.id, **{name: order[name] for name in ("lines", "location")}}
            for asked, body in ((NOTHING, None), (WHO, None), (PROMISE, cart)):
                began = monotonic()
                answer = client.ask(*asked.split(), body)
                if turn >= WARM:
                    took[asked].append(monotonic() - began)
                _good(answer)
        client.close()
    return took


def _good(answer: tuple[int, Any]) -> None:
    if answer[0] != 200:
        raise Unavailable(f"the service answered {answer}")


def lines(name: str, count: int, took: dict[str, list[float]]) -> list[str]:
    """The table of one database."""
    nothing = percentile(took[NOTHING], 0.99)
    return [
        f"{name:<11}{count:>7}  {asked:<19}{len(each):>6}"
        + "".join(f"{1000 * percentile(each, share):>8.1f}" for share in (0.5, 0.95, 0.99))
        + f"{percentile(each, 0.99) / nothing:>7.1f}"
        for asked, each in took.items()
    ]


def main() -> int:
    """Prints three lines for each database."""
    given = argparse.ArgumentParser(prog="python -m bench.promises", description=__doc__.splitlines()[0])
    given.add_argument("--database", metavar="URL", help="a new and empty one; else SQLite, then PostgreSQL")
    given.add_argument("--orders", type=int, default=10_000, metavar="N", help="in the drop")
    given.add_argument("--asks", type=int, default=2000, metavar="N")
    given.add_argument("--seed", type=int, default=7301, metavar="N")
    asked = given.parse_args()
    two_cores()
    print(HEAD)
    good = True
    try:
        for name, address, _ in databases(asked.database):
            took = run(address, count=asked.orders, asks=asked.asks, seed=asked.seed)
            print("\n".join(lines(name, asked.orders, took)), flush=True)
            good = good and percentile(took[PROMISE], 0.99) <= AT_MOST * percentile(took[NOTHING], 0.99)
    except (DropwrightError, OSError) as error:
        print(explained(error), file=sys.stderr)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
