"""Verdicts: what the clocks of one order mean under the terms of a contract, and what each breach costs by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from sla.attribute import StageRule, Step, cause, walk
from sla.clock import BREACHED, MET, Clock, ClockRule, Closed, Held, clock
from sla.event import Event
from sla.excuse import Codes, Excuse, excluded, excuses
from sla.order_log import OrderLog

NOT_QUALIFIED = "not_qualified"
WAIVED = "case.waived"


class RemedyRule(NamedTuple):
    """What a breach of a clock costs: steps ``(after_s, amount)`` from the lowest up, and so much for each minute."""

    grace_s: int
    steps: tuple[tuple[int, int], ...]
    per_minute: int
    cap: int | None

    def uncapped(self, late_s: int) -> int:
        """Minor units for so many seconds of lateness, before the cap on one event."""
        if late_s <= self.grace_s:
            return 0
        step = next((amount for after_s, amount in reversed(self.steps) if late_s > after_s), 0)
        return step + self.per_minute * (-(-late_s // 60))

    def dearer_s(self, late_s: int) -> int | None:
        """The next lateness at which a breach that grows may cost more, ``None`` where it never does."""
        later = [after_s + 1 for after_s, _ in self.steps if after_s >= late_s]
        if self.per_minute:
            later.append(-(-late_s // 60) * 60 + 1)
        if late_s <= self.grace_s:
            later.append(self.grace_s + 1)
        return min(later, default=None)


class TermRule(NamedTuple):
    """One clock term, made ready. ``most_percent``: of the forecast, how many orders a drop may have."""

    term: str
    clock: ClockRule
    party: str
    codes: Codes
    most_percent: Fraction | None
    remedy: RemedyRule


class Around(NamedTuple):
    """What is known beside an order's own events; ``general`` are the events that say so, in fold order."""

    general: Sequence[Event]
    held: Held
    closed: Closed
    decisions: Mapping[str, Sequence[Event]]
    qualifies: Callable[[str | None, Fraction], bool]


class Verdict(NamedTuple):
    """A clock judged. ``uncapped`` and ``amount`` are minor units before and after the cap on one event."""

    rule: TermRule
    clock: Clock
    state: str
    excluded: str | None
    is_waived: bool
    uncapped: int
    amount: int
    attributed_to: str | None
    steps: Sequence[Step]


def judge(
    terms: Sequence[TermRule], stages: Sequence[StageRule], log: OrderLog, around: Around, at_us: int
) -> list[Verdict]:
    """The verdicts of one order at an instant, in the order of the terms; events after it are not in ``log``."""
    found = []
    proposed: list[Excuse] | None = None
    for rule in terms:
        made = clock(rule.clock, log, around.held, around.closed, at_us)
        if made is None:
            continue
        state = made.state
        asked = rule.most_percent
        if asked is not None and state in (MET, BREACHED) and not around.qualifies(log.drop, asked):
            state = NOT_QUALIFIED
        if state != BREACHED:
            found.append(Verdict(rule, made, state, None, False, 0, 0, None, ()))
            continue
        if proposed is None:
            proposed = excuses(log, around.decisions)
        code = excluded(rule.term, rule.codes, proposed, log) if proposed else None
        waived = _is_waived(rule.term, log)
        uncapped = 0 if code is not None or waived else rule.remedy.uncapped(made.late_s)
        amount = uncapped if rule.remedy.cap is None else min(uncapped, rule.remedy.cap)
        steps = walk(stages, rule.clock, log, made)
        found.append(Verdict(rule, made, state, code, waived, uncapped, amount, cause(steps, rule.party), steps))
    return found


def _is_waived(term: str, log: OrderLog) -> bool:
    return any((each.data.get("term") or term) == term for each in log.by_type.get(WAIVED, ()))
