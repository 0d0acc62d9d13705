"""The sums of a judgement: what its orders add up to at each time of judging, and how that is written down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sla.around import Lock
from sla.digest import Digest
from sla.event import EPOCH, SECOND_US
from sla.replay import NOTHING_AROUND, Known
from sla.tally import Tally, of_plain
from sla.window import Window

Drops = list[dict[str | None, int]]
"""For each time of judging how many orders each drop has."""


@dataclass(slots=True, kw_only=True)
class Sums:
    """For each settled window as it was then, and for now: tallies, and orders by drop."""

    locks: Sequence[Lock]
    tallies: list[Tally]
    drops: Drops

    def known(self, at: datetime) -> list[Known]:
        """The times of judging, without what was known beside the orders."""
        at_us = microseconds(at)
        settled = [Known(min(at_us, lock.at_us), lock.recorded_us, NOTHING_AROUND, lock) for lock in self.locks]
        return [*settled, Known(at_us, None, NOTHING_AROUND, None)]

    def add(self, found: Digest) -> None:
        """Adds an order."""
        for tally, more in zip(self.tallies, found.sums, strict=True):
            tally.merge(more)

    def remove(self, tallies: Sequence[Any]) -> None:
        """Takes an order away by what ``added`` spelt of it."""
        for tally, less in zip(self.tallies, tallies, strict=True):
            tally.remove(of_plain(less))

    def plain(self) -> str:
        """As JSON, for ``read``."""
        return _spelt(
            {
                "locks": [
                    [f"{lock.window.first}", f"{lock.window.end}", lock.party, lock.at_us, lock.recorded_us]
                    for lock in self.locks
                ],
                "tallies": [tally.plain() for tally in self.tallies],
                "drops": [list(counts.items()) for counts in self.drops],
            }
        )


def read(spelt: str) -> Sums:
    """The sums that JSON spells."""
    told = json.loads(spelt)
    locks = [
        Lock(Window(date.fromisoformat(first), date.fromisoformat(end)), *rest) for first, end, *rest in told["locks"]
    ]
    return Sums(
        locks=locks,
        tallies=[of_plain(each) for each in told["tallies"]],
        drops=[dict(counts) for counts in told["drops"]],
    )


def added(found: Digest) -> str:
    """What an order adds, as JSON."""
    return _spelt({"tallies": [tally.plain() for tally in found.sums], "drops": found.drops})


def count(drops: Drops, of_order: Sequence[Sequence[str | None]], by: int) -> None:
    """Counts an order for its drops, ``by`` 1 or -1."""
    for counts, named in zip(drops, of_order, strict=True):
        for drop in named:
            counts[drop] = counts.get(drop, 0) + by
            if not counts[drop]:
                del counts[drop]


def microseconds(at: datetime) -> int:
    """An instant as events have it."""
    span = at - EPOCH
    return (span.days * 86_400 + span.seconds) * SECOND_US + span.microseconds


def _spelt(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
