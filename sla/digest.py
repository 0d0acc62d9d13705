"""What one order comes to, flat: a row for each of its clocks, what it adds to the sums, and when it may change.

From the rows reports are made, from the sums ratios and settlements; an order whose digest is made again gives back
what the old one added. Nothing here is more than ``sla.replay`` says of the same events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.case import OPEN, Ends, moves
from sla.clock import BREACHED, RUNNING, SCHEDULED
from sla.event import SECOND_US, Event
from sla.judge import NOT_QUALIFIED, Verdict
from sla.order_log import OrderLog
from sla.replay import Corrections, Known, counting, fold
from sla.rules import Rules
from sla.tally import Tally
from sla.window import local_day

SAID = ("drop", "tier", "hub", "courier")
"""What is told of an order by the first of its events that says so."""


class Row(NamedTuple):
    """One clock; times are microseconds. ``grows_us``: ``late_s`` goes on from there, a second each second.

    ``case``: what its last event made of a breach, ``None`` where there is none. ``week``: in which it started, such as
    ``2026-W47``, in the contract's zone.
    """

    order: str
    term: str
    party: str
    state: str
    started_us: int | None
    due_us: int | None
    stopped_us: int | None
    late_s: int
    grows_us: int | None
    excluded: str | None
    is_waived: bool
    uncapped: int
    amount: int
    attributed_to: str | None
    case: str | None
    drop: str | None
    tier: str | None
    hub: str | None
    courier: str | None
    week: str | None


class Digest(NamedTuple):
    """``changes_us``: from when on a row may be another without an event, ``None`` for never.

    ``sums`` and ``drops``: for each time of judging, what the order adds, and the drop that it counts for, if any.
    """

    order: str
    rows: list[Row]
    changes_us: int | None
    sums: list[Tally]
    drops: list[list[str | None]]


def digest(
    rules: Rules,
    zone: ZoneInfo,
    order: str,
    events: Sequence[Event],
    corrections: Corrections,
    known: Sequence[Known],
) -> Digest:
    """What the events of one order come to at the last time of judging, and what was known at each one before."""
    sums = [Tally() for _ in known]
    verdicts = fold(rules, order, events, corrections, known, sums)
    main = known[-1]
    log = OrderLog(order, counting(events, corrections, main))
    said = {name: _first(log.events, name) for name in SAID} if verdicts else {}
    rows = [_row(verdict, log, main, said, zone) for verdict in verdicts]
    changes = [at_us for verdict in verdicts if (at_us := _changes_us(verdict, main.at_us)) is not None]
    drops = [drop_counted(order, events, corrections, then) for then in known] if rules.needs_orders else []
    return Digest(order, rows, min(changes, default=None), sums, drops)


def drop_counted(order: str, events: Iterable[Event], corrections: Corrections, known: Known) -> list[str | None]:
    """The drop among whose orders this one is counted; empty while nothing of it is known."""
    own = counting(events, corrections, known)
    return [OrderLog(order, own).drop] if own else []


def _row(verdict: Verdict, log: OrderLog, main: Known, said: dict[str, str | None], zone: ZoneInfo) -> Row:
    clock = verdict.clock
    case = None
    if verdict.state == BREACHED:
        made = moves(verdict, log, main.around, Ends(), main.at_us)
        case = made[-1].state if made else OPEN
    return Row(
        log.order,
        verdict.rule.term,
        verdict.rule.party,
        verdict.state,
        clock.started_us,
        clock.due_us,
        clock.stopped_us,
        clock.late_s,
        clock.grows_us,
        verdict.excluded,
        verdict.is_waived,
        verdict.uncapped,
        verdict.amount,
        verdict.attributed_to,
        case,
        said["drop"],
        said["tier"],
        said["hub"],
        said["courier"],
        None if clock.started_us is None else _week(local_day(clock.started_us, zone)),
    )


def _changes_us(verdict: Verdict, at_us: int) -> int | None:
    """A clock that waits changes when it starts, a running one when it is due.

    One that is late and runs on changes where its calendar opens or closes: while it counts its row says from when.
    It changes where it costs more, too.
    """
    clock = verdict.clock
    if verdict.state == SCHEDULED:
        return clock.started_us
    if verdict.state == RUNNING:
        return clock.due_us
    if verdict.state not in (BREACHED, NOT_QUALIFIED) or clock.stopped_us is not None:
        return None
    changes = [verdict.rule.clock.open_time.turns_us(at_us)]
    costs = verdict.state == BREACHED and verdict.excluded is None and not verdict.is_waived
    dearer_s = verdict.rule.remedy.dearer_s(clock.late_s) if costs else None
    if clock.grows_us is not None and dearer_s is not None:
        changes.append(clock.grows_us + dearer_s * SECOND_US)
    return min((each for each in changes if each is not None), default=None)


def _first(events: Iterable[Event], name: str) -> str | None:
    return next((value for event in events if (value := event.data.get(name))), None)


@lru_cache(maxsize=4096)
def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
