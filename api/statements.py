"""What a party owes for a window, line by line; and the end of it: a settled window is not edited any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from annotated_types import Len
from sqlalchemy import Connection

from api import judging_steps, pleading
from api.cases import clause_of, instant, settled_at
from api.db import verdict_rows
from api.judging import Judged
from api.judging_steps import Law
from api.pleading import Recorded
from api.principal import Principal
from api.reports import Report, report
from router.errors import Conflict, Invalid, NotFound
from router.model import Record
from sla.around import SETTLED
from sla.money import MoneyRule, Settlement
from sla.window import Window, midnight_us

Party = Annotated[str, Len(1, 420)]


class NoStatement(NotFound):
    """A party has no clock in that window, or it is another partner."""

    code, title = "no-statement", "There is no such statement"

    def __init__(self) -> None:
        super().__init__("the contract has no statement of that party and window")


class NoWindow(Invalid):
    """A day on which no window of the contract begins, or a contract that settles nothing."""

    code, title = "no-window", "No window begins then"

    def __init__(self, told: str) -> None:
        super().__init__(told)


class WindowNotOver(Conflict):
    """A window is to be settled that is not over."""

    code, title = "window-not-over", "The window is not over yet"

    def __init__(self, window: Window) -> None:
        super().__init__(f"the window of {window.first} ends with {window.end}; settle it from then on")


class WindowSettled(Conflict):
    """A window is to be settled again."""

    code, title = "window-settled", "The window is settled already"

    def __init__(self, window: Window) -> None:
        told = f"the window of {window.first} is settled; what changed since is an adjustment in a later one"
        super().__init__(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling(Record):
    """The window that begins on ``from``, of a party such as ``hub/northdock``; of all where none is given."""

    from_: date
    party: Party | None = None


def settle(db: Connection, who: Principal, law: Law, asked: Settling, new_id: str, now: datetime) -> Recorded:
    """Settles a window that is over. Raises ``NoWindow``, ``WindowNotOver``, ``WindowSettled``."""
    window = _window(law, asked.from_)
    if now.astimezone(law.zone).date() < window.end:
        raise WindowNotOver(window)
    for lock in judging_steps.settled(db, law, who.tenant, now):
        if lock.window == window and lock.party in (None, asked.party):
            raise WindowSettled(window)
    named = {"from": window.first.isoformat(), "to": window.end.isoformat()}
    data = {"window": named, "party": asked.party}
    return pleading.recorded(db, who, SETTLED, f"window/{window.first.isoformat()}", data, new_id, now)


def statement(judged: Judged, party: str, first: date) -> Report:
    """What a party owes for the window that begins on a day. Raises ``NoWindow``, ``NoStatement``.

    The lines add up to the last one. Those of a settled window are as they are known now; what they differ from what
    was settled is a line of its own, and stands in a later window as an adjustment.
    """
    window = _window(judged.law, first)
    outcome = judged.closing()
    total = outcome.settlements.get((party, window))
    money = judged.law.rules.money
    if total is None or money is None:
        raise NoStatement
    lines = [*_clocks(judged, money, party, window)]
    for ratio in outcome.ratios:
        is_here = ratio.rule.party == party and money.windows.period.window(ratio.window.first) == window
        if is_here and ratio.amount and ratio.window.first >= money.charged_from:
            term = ratio.rule.term
            lines.append(("ratio", clause_of(judged.law, term), term, None, ratio.amount, 0, 0))
    lines += _rest(total, sum(line[4] for line in lines), sum(line[5] for line in lines))
    begin = instant(midnight_us(window.first, judged.law.zone))
    settled = settled_at(judged.law, judged.sums.locks, party, begin)
    about = (party, window.first.isoformat(), window.end.isoformat(), judged.contract.currency)
    state = "open" if settled is None else "settled"
    rows = [(*about, state, *line, line[4] - line[5] - line[6]) for line in lines]
    figures = ("charged", "cap_took", "earned_back", "due")
    columns = ("party", "from", "to", "currency", "state", "line", "clause", "term", "order", *figures)
    return report("statement", columns, rows)


_Line = tuple[str, str | None, str | None, str | None, int, int, int]


def _clocks(judged: Judged, money: MoneyRule, party: str, window: Window) -> Iterator[_Line]:
    zone = judged.law.zone
    begin_us = max(midnight_us(window.first, zone), money.charged_from_us)
    found = verdict_rows.costly(
        judged.db, judged.clocks(party=party), instant(begin_us), instant(midnight_us(window.end, zone))
    )
    for row in found:
        cap_took = row.uncapped - row.amount
        yield "breach", clause_of(judged.law, row.term), row.term, row.order, row.uncapped, cap_took, 0


def _rest(total: Settlement, charged: int, capped: int) -> Iterator[_Line]:
    """What is no line of a clause; the last one is the sum."""

    def line(name: str, charged: int, took: int, back: int = 0) -> _Line:
        return name, None, None, None, charged, took, back

    since = (total.charged - total.adjustment - charged, total.event_took - capped)
    if any(since):
        yield line("changed_since_settled", *since)
    if total.adjustment:
        yield line("adjustment", total.adjustment, 0)
    if total.window_took:
        yield line("window_cap", 0, total.window_took)
    if total.twelve_months_took:
        yield line("twelve_months_cap", 0, total.twelve_months_took)
    if total.earned_back:
        yield line("earned_back", 0, 0, total.earned_back)
    took = total.event_took + total.window_took + total.twelve_months_took
    yield line("due", total.charged, took, total.earned_back)


def _window(law: Law, first: date) -> Window:
    money = law.rules.money
    if money is None:
        raise NoWindow(f"{law.contract.id} version {law.contract.version} has no settlement, so no windows")
    window = money.windows.period.window(first)
    if window.first != first:
        raise NoWindow(
            f"no window of {law.contract.id} begins on {first}; {window.first} and {window.end} are next to it"
        )
    return window
