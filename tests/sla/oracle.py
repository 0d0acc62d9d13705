"""An independent replay, slow and simple, written from the document; it shares no code with ``sla``."""

import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.sla.oracle_clock import Clock, attribute, charge, drop_of, excuse, fold, party, qualified, view, waived
from tests.sla.oracle_log import Event, Fact, by_order, facts_at, once
from tests.sla.oracle_money import Account, Ratio, Settlement, first_day, later, ratios, settlements
from tests.sla.oracle_time import Hours, hours, instant, printed

HOURS: dict[str, Hours] = {}  # the minutes of a calendar stay the same from one replay to the next


def replay(contract: Mapping[str, Any], events: Iterable[Event], at: str | None = None) -> list[str]:
    """The lines that a replay prints, in order.

    Raises SaidTwice when one (source, id) comes with two contents.
    """
    told = once(events)
    judged_at = max(instant(event["time"]) for event in told) if at is None else instant(at)
    zone = ZoneInfo(contract["timezone"])
    facts = facts_at(told, judged_at)
    settled: dict[Account, Settlement] = {}
    for lock in sorted((fact for fact in facts if fact.type == "window.settled"), key=lambda fact: fact.recorded):
        then = facts_at(told, lock.at, lock.recorded)
        clocks = _clocks(contract, then, lock.at)
        rows = settlements(contract, clocks, ratios(contract, clocks, zone), zone, settled)
        for (owner, month), row in rows.items():
            if first_day(month) == lock.data["window"]["from"] and lock.data.get("party") in (None, owner):
                settled.setdefault((owner, month), row)
    clocks = _clocks(contract, facts, judged_at)
    ratio_rows = ratios(contract, clocks, zone)
    money = settlements(contract, clocks, ratio_rows, zone, settled)
    clocks.sort(key=lambda clock: (clock.term, f"order/{clock.order}"))
    ratio_rows.sort(key=lambda row: (row.term, row.month))
    rows_of_money = [_settlement(money[account]) for account in sorted(money)]
    printed_rows = [*map(_clock, clocks), *map(_ratio, ratio_rows), *rows_of_money]
    return [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in printed_rows]


def _clocks(contract: Mapping[str, Any], facts: Sequence[Fact], at: int) -> list[Clock]:
    """Every clock of every order, judged at an instant."""
    general = [fact for fact in facts if fact.order is None]
    orders = by_order(facts)
    drops: dict[str, set[str]] = {}
    for order, own in orders.items():
        drops.setdefault(drop_of(own, general) or "", set()).add(order)
    clocks = []
    for order, own in orders.items():
        for term in contract["terms"]:
            if "clock" in term:
                clock = fold(contract, term, order, own, general, _hours(contract, term), at)
                if clock:
                    _judge(contract, term, clock, own, general, drops, at)
                    clocks.append(clock)
    return clocks


def _judge(
    contract: Mapping[str, Any],
    term: Mapping[str, Any],
    clock: Clock,
    facts: Sequence[Fact],
    general: Sequence[Fact],
    drops: Mapping[str, set[str]],
    at: int,
) -> None:
    clock.party = party(contract, term["obligated"])
    if clock.state in ("met", "breached") and not qualified(term, facts, general, drops):
        clock.state = "not_qualified"
    if clock.state == "breached":
        clock.excluded = excuse(term, facts, general)
        clock.waived = waived(term, facts)
    charge(term, clock)
    clock.attributed_to = attribute(contract, term, clock, view(contract, term, facts), at)


def _hours(contract: Mapping[str, Any], term: Mapping[str, Any]) -> Hours:
    wanted = term["clock"].get("calendar")
    calendar = next((calendar for calendar in contract.get("calendars", ()) if calendar["id"] == wanted), None)
    key = json.dumps([contract["timezone"], calendar], default=str)
    return HOURS.setdefault(key, hours(calendar, ZoneInfo(contract["timezone"])))


def _clock(clock: Clock) -> dict[str, Any]:
    return {
        "kind": "clock",
        "term": clock.term,
        "subject": f"order/{clock.order}",
        "state": clock.state,
        "started_at": printed(clock.started),
        "due_at": printed(clock.due),
        "at_risk_at": printed(clock.at_risk),
        "stopped_at": printed(clock.stopped),
        "elapsed_seconds": clock.elapsed_s,
        "paused_seconds": clock.paused_s,
        "late_seconds": clock.late_s,
        "excluded": clock.excluded,
        "party": clock.party,
        "amount": clock.amount,
        "attributed_to": clock.attributed_to,
    }


def _window(month: tuple[int, int]) -> dict[str, str]:
    return {"from": first_day(month), "to": first_day(later(month, 1))}


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _ratio(row: Ratio) -> dict[str, Any]:
    return {
        "kind": "ratio",
        "term": row.term,
        "window": _window(row.month),
        "good": row.good,
        "of": row.of,
        "state": row.state,
        "party": row.party,
        "percent_of_fees": _number(row.percent),
        "amount": row.amount,
    }


def _settlement(row: Settlement) -> dict[str, Any]:
    return {
        "kind": "settlement",
        "party": row.party,
        "window": _window(row.month),
        "charged": row.charged,
        "cap_took": {"event": row.event, "window": row.window, "twelve_months": row.twelve_months},
        "earned_back": row.earned_back,
        "due": row.due,
    }
