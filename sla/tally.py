"""Sums over the verdicts of many orders: small, and the sum of two parts is the tally of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from sla.clock import BREACHED, MET
from sla.judge import Verdict
from sla.ratio import RatioRule
from sla.window import Window, Windows

Counts = dict[tuple[int, Window], list[int]]
Charges = dict[tuple[str, Window], list[int]]


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of good and all clocks by ratio term and window; by party and window charges before the cap on one event,
    what it took, and the number of clocks."""

    counts: Counts = field(default_factory=dict)
    charges: Charges = field(default_factory=dict)

    def add(
        self, verdicts: Iterable[Verdict], ratios: Sequence[RatioRule], windows: Windows | None, charged_from_us: int
    ) -> None:
        """Counts the verdicts of one order; what started before ``charged_from_us`` is shown and not charged."""
        by_term = {verdict.rule.term: verdict for verdict in verdicts}
        if windows is not None:
            for verdict in by_term.values():
                started_us = verdict.clock.started_us
                if started_us is None:
                    continue
                sums = self.charges.setdefault((verdict.rule.party, windows.at(started_us)), [0, 0, 0])
                sums[2] += 1
                if started_us >= charged_from_us:
                    sums[0] += verdict.uncapped
                    sums[1] += verdict.uncapped - verdict.amount
        for index, rule in enumerate(ratios):
            of = by_term.get(rule.of)
            if of is None or of.state not in (MET, BREACHED) or of.clock.started_us is None:
                continue
            if of.excluded is not None and rule.without_excused:
                continue
            good = by_term.get(rule.good_term)
            sums = self.counts.setdefault((index, rule.windows.at(of.clock.started_us)), [0, 0])
            sums[0] += good is not None and good.state == rule.good_state
            sums[1] += 1

    def merge(self, other: Tally) -> None:
        """Adds another part's sums to this one's."""
        _sum(self.counts, other.counts, 1)
        _sum(self.charges, other.charges, 1)

    def remove(self, other: Tally) -> None:
        """Takes the sums of a part away; what counts no clock any more is gone."""
        for mine in (_sum(self.counts, other.counts, -1), _sum(self.charges, other.charges, -1)):
            for key in [key for key, sums in mine.items() if not sums[-1]]:
                del mine[key]

    def plain(self) -> list[list[list[Any]]]:
        """As JSON values, for ``of_plain``."""
        return [
            [[index, f"{window.first}", f"{window.end}", *sums] for (index, window), sums in self.counts.items()],
            [[party, f"{window.first}", f"{window.end}", *sums] for (party, window), sums in self.charges.items()],
        ]


def of_plain(values: list[list[list[Any]]]) -> Tally:
    """The tally that JSON values spell."""
    counts, charges = ({(who, _window(first, end)): sums for who, first, end, *sums in each} for each in values)
    return Tally(counts=counts, charges=charges)


def _sum(mine: Any, other: Any, sign: int) -> Any:
    for key, sums in other.items():
        own = mine.setdefault(key, [0] * len(sums))
        for place, value in enumerate(sums):
            own[place] += sign * value
    return mine


@cache
def _window(first: str, end: str) -> Window:
    return Window(date.fromisoformat(first), date.fromisoformat(end))
