"""Real orders with promised and actual days of delivery, judged as a contract would.

    python -m bench.real_orders FOLDER [--keep OUT]

FOLDER holds Olist's ``orders.csv.gz``: when each order was placed, approved, handed to the carrier and delivered, and
the day that the customer was promised, all by the clock on a Brazilian wall. The promise differs from order to order,
so it becomes the tier (``31-days``), with a term for each. There is a contract for each way to read a promised day:
kept if delivered before the day begins (as its timestamp says), or before it ends. ``dropwright sla replay`` judges the
same events by both; beside its counts stand those of a plain comparison of the two columns. Cancelled and unavailable
orders tell no time at which they ended, and are left out. Exit status 1 where a count differs.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench import measure

ZONE = "Etc/GMT+3"
"""Brasília's time without its summers, so that a day on the wall is 24 hours, as in a comparison of two columns."""
MILESTONES = {
    "order.placed": "order_purchase_timestamp",
    "order.cleared": "order_approved_at",
    "parcel.handed_over": "order_delivered_carrier_date",
    "parcel.delivered": "order_delivered_customer_date",
}
ENDED = ("canceled", "unavailable")
READINGS = {"before the day begins": 0, "before the day ends": 1}
"""Days that a parcel may come after the promised midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order: when it passed each milestone, by type of event, and the midnight that it was promised for."""

    id: str
    passed: Mapping[str, datetime]
    promised: datetime

    @property
    def days(self) -> int:
        """Whole days from the first midnight after the purchase to the promised one."""
        begins = _midnight(self.passed["order.placed"] + timedelta(days=1) - timedelta.resolution)
        return (self.promised - begins).days

    def late(self, days_after: int) -> bool:
        """Whether it was delivered after the promise."""
        return self.passed["parcel.delivered"] > self.promised + timedelta(days=days_after)


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="with orders.csv.gz")
    parser.add_argument("--keep", type=Path, help="a folder for the events, the contracts and what was printed")
    asked = parser.parse_args()
    orders = read(asked.folder / "orders.csv.gz")
    with ExitStack() as opened:
        out = asked.keep or Path(opened.enter_context(tempfile.TemporaryDirectory()))
        out.mkdir(parents=True, exist_ok=True)
        return _judge(orders, out)


def read(path: Path) -> list[Order]:
    """The orders whose end is known or still to come."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["order_status"] not in ENDED]
    return [
        Order(
            id=row["order_id"],
            passed={kind: datetime.fromisoformat(row[column]) for kind, column in MILESTONES.items() if row[column]},
            promised=datetime.fromisoformat(row["order_estimated_delivery_date"]),
        )
        for row in rows
    ]


def events(orders: Sequence[Order]) -> Iterator[dict[str, Any]]:
    """The events that the columns tell."""
    for order in orders:
        for kind, at in order.passed.items():
            about = f"{'parcel' if kind.startswith('parcel') else 'order'}/{order.id}"
            data = {"order": order.id, "tier": f"{order.days}-days"}
            yield {
                "specversion": "1.0",
                "id": f"{kind}/{order.id}",
                "source": "shop",
                "type": kind,
                "time": f"{at.isoformat()}-03:00",
                "subject": about,
                "data": data,
            }


def contract(orders: Sequence[Order], days_after: int) -> dict[str, Any]:
    """A contract with a term for each promise that was given."""
    lengths = sorted({order.days for order in orders})
    return {
        "format": "dropwright.contract/1",
        "id": "promised-days",
        "version": 1 + days_after,
        "currency": "BRL",
        "timezone": ZONE,
        "parameters": {"courier": "carriers"},
        "calendars": [{"id": "days", "hours": {"mon-sun": ["00:00-24:00"]}}],
        "tiers": [{"id": f"{days}-days"} for days in lengths],
        "terms": [_term(days, days_after) for days in lengths],
    }


def _term(days: int, days_after: int) -> dict[str, Any]:
    return {
        "id": f"{days}-days",
        "obligated": "courier",
        "scope": {"tiers": [f"{days}-days"]},
        "clock": {
            "start": "order.placed",
            "stop": "parcel.delivered",
            "calendar": "days",
            "cutoff": {"local_time": "00:00", "after": "next_opening"},
            "target": f"P{days + days_after}D",
        },
    }


def _judge(orders: Sequence[Order], out: Path) -> int:
    log = out / "events.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in events(orders)), encoding="utf-8")
    delivered = [order for order in orders if "parcel.delivered" in order.passed]
    print(f"{len(orders)} orders, {len(delivered)} of them delivered")
    print("| promise kept if delivered | met | late | late by comparison | on time | open, overdue | open, in time |")
    print("|---|---|---|---|---|---|---|")
    differing = 0
    for reading, days_after in READINGS.items():
        rules, lines = out / f"contract-{days_after}.json", out / f"replayed-{days_after}.jsonl"
        rules.write_text(json.dumps(contract(orders, days_after)), encoding="utf-8")
        with lines.open("wb") as file:
            subprocess.run([measure.dropwright(), "sla", "replay", str(log), str(rules)], stdout=file, check=True)
        counts = _counts(lines)
        late = sum(order.late(days_after) for order in delivered)
        differing += counts["late"] != late or counts["met"] + counts["late"] != len(delivered)
        share = counts["met"] / max(1, len(delivered))
        figures = (counts["met"], counts["late"], late, f"{share:.1%}", counts["overdue"], counts["open"])
        print(f"| {reading} | {' | '.join(str(figure) for figure in figures)} |")
    return 1 if differing else 0


def _counts(lines: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in lines.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["stopped_at"] is not None:
            counts["met" if row["state"] == "met" else "late"] += 1
        else:
            counts["overdue" if row["state"] == "breached" else "open"] += 1
    return counts


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


if __name__ == "__main__":
    sys.exit(main())
