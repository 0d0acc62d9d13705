"""Sums over the verdicts of many orders: small, and the sum of two parts is the tally of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sla.clock import BREACHED, MET
from sla.judge import Verdict
from sla.ratio import RatioRule
from sla.window import Window, Windows

Counts = dict[tuple[int, Window], list[int]]
Charges = dict[tuple[str, Window], list[int]]


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of good and all clocks by ratio term and window; charges before the cap on one event, and what it took."""

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
                sums = self.charges.setdefault((verdict.rule.party, windows.at(started_us)), [0, 0])
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
        for key, (good, of) in other.counts.items():
            sums = self.counts.setdefault(key, [0, 0])
            sums[0] += good
            sums[1] += of
        for charge, (uncapped, taken) in other.charges.items():
            sums = self.charges.setdefault(charge, [0, 0])
            sums[0] += uncapped
            sums[1] += taken
