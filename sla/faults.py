"""What contradicts something within a contract: references, spans, dates, hours, orders of steps. Every fault at once.

Values come as JSON spells them, before a record is made; whatever has the wrong form is left to the codec.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from router import faults
from router.errors import Fault
from sla import calendar, spans
from sla.contract import PARTIES

Tree = dict[str, Any]


def of_contract(tree: Tree, *, bound: bool = False) -> list[Fault]:
    """Everything wrong with a contract that its form does not show."""
    return list(_found(tree, bound))


def _found(tree: Tree, bound: bool) -> Iterator[Fault]:
    currency, zone = tree.get("currency"), tree.get("timezone")
    if isinstance(currency, str) and not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
        yield _fault("/currency", "bad-currency", "must be a code of ISO 4217, such as EUR")
    if isinstance(zone, str) and zone not in available_timezones():
        yield _fault("/timezone", "unknown-timezone", f"is no IANA time zone: {zone[:60]!r}")
    yield from _dates(tree, "")
    for number, fee in _each(tree, "fees"):
        yield from _dates(fee, f"/fees/{number}")
        if fee.get("party") not in (*PARTIES, None):
            yield _fault(f"/fees/{number}/party", "unknown-party", f"must be one of {', '.join(PARTIES)}")
    for part in ("calendars", "tiers", "terms", "stages"):
        yield from _twice(tree, part)
    calendars = {each.get("id") for _, each in _each(tree, "calendars")}
    tiers = {each.get("id") for _, each in _each(tree, "tiers")}
    for number, each in _each(tree, "calendars"):
        yield from _calendar(each, f"/calendars/{number}")
    clocks = {each.get("id") for _, each in _each(tree, "terms") if isinstance(each.get("clock"), dict)}
    ratios = {each.get("id") for _, each in _each(tree, "terms") if isinstance(each.get("ratio"), dict)}
    settled = tree.get("settlement") if isinstance(tree.get("settlement"), dict) else {}
    pools = {each.get("id") for _, each in _each(settled or {}, "pools")}
    for number, term in _each(tree, "terms"):
        where = f"/terms/{number}"
        yield from _term(term, where, calendars, tiers)
        if not bound:  # a ratio over nothing has no rows, so replaying it does no harm
            yield from _over(term, f"{where}/ratio", clocks)
        yield from _remedy(term, where, pools, settled or {})
        role = term.get("obligated")
        parameters = tree.get("parameters")
        named = parameters if isinstance(parameters, dict) else {}
        if isinstance(role, str) and role in PARTIES and (role not in named or (bound and named[role] is None)):
            what = "is not bound to anybody" if role in named else "is no parameter of the contract"
            yield _fault(f"{where}/obligated", "unbound-parameter", f"{role} {what}: name a partner in parameters")
    for number, stage in _each(tree, "stages"):
        yield from _span(stage, "budget", f"/stages/{number}")
    if settled:
        yield from _settlement(settled, ratios)


def _term(term: Tree, where: str, calendars: set[Any], tiers: set[Any]) -> Iterator[Fault]:
    clock, ratio = term.get("clock"), term.get("ratio")
    if (clock is None) == (ratio is None):
        yield _fault(where, "clock-or-ratio", "has to have a clock or a ratio, exactly one of them")
    scope = term.get("scope")
    for number, tier in enumerate(scope.get("tiers") or () if isinstance(scope, dict) else ()):
        if tiers and tier not in tiers:
            yield _fault(f"{where}/scope/tiers/{number}", "unknown-tier", f"there is no tier {str(tier)[:60]!r}")
    if isinstance(clock, dict):
        at = f"{where}/clock"
        for name in ("target", "grace"):
            yield from _span(clock, name, at)
        if clock.get("calendar") is not None and clock["calendar"] not in calendars:
            yield _fault(f"{at}/calendar", "unknown-calendar", f"there is no calendar {str(clock['calendar'])[:60]!r}")
        risk = clock.get("at_risk")
        if isinstance(risk, dict):
            yield from _span(risk, "before", f"{at}/at_risk")
            if (risk.get("percent") is None) == (risk.get("before") is None):
                yield _fault(f"{at}/at_risk", "percent-or-before", "has to have percent or before, exactly one of them")
        cutoff = clock.get("cutoff")
        if isinstance(cutoff, dict):
            local = cutoff.get("local_time")
            if isinstance(local, str) and spans.minutes(local) is None:
                yield _fault(f"{at}/cutoff/local_time", "bad-time", "must be a local time, such as 18:00")
            if clock.get("calendar") is None:
                yield _fault(f"{at}/cutoff", "cutoff-without-calendar", "needs a calendar that opens again")
    if isinstance(ratio, dict):
        at = f"{where}/ratio"
        good = ratio.get("good")
        if isinstance(good, str) and good.rpartition(":")[2].strip() not in ("met", "breached"):
            yield _fault(f"{at}/good", "bad-value", "must end with the state that is good, such as door: met")
        window = ratio.get("window")
        if isinstance(window, dict):
            yield from _window(window, "calendar", f"{at}/window")


def _over(term: Tree, where: str, clocks: set[Any]) -> Iterator[Fault]:
    """Of a ratio: the terms that it counts."""
    ratio = term.get("ratio")
    if isinstance(ratio, dict):
        good = ratio.get("good")
        for name, term_id in (
            ("of", ratio.get("of")),
            ("good", good.rpartition(":")[0].strip() if isinstance(good, str) else None),
        ):
            if isinstance(term_id, str) and term_id not in clocks:
                yield _fault(f"{where}/{name}", "unknown-term", f"there is no term {term_id[:60]!r} with a clock")


def _remedy(term: Tree, where: str, pools: set[Any], settled: Tree) -> Iterator[Fault]:
    remedy = term.get("remedy")
    if not isinstance(remedy, dict):
        return
    at, basis = f"{where}/remedy", remedy.get("basis")
    for number, step in _each(remedy, "steps"):
        yield from _span(step, "after", f"{at}/steps/{number}")
    if isinstance(term.get("clock"), dict) and basis in ("percent_of_fees", "pool"):
        yield _fault(f"{at}/basis", "bad-value", "of a clock is fixed; a percentage of fees needs a ratio")
    if isinstance(term.get("ratio"), dict) and basis == "fixed":
        yield _fault(f"{at}/basis", "bad-value", "of a ratio is percent_of_fees or pool")
    if basis == "percent_of_fees" and not remedy.get("ladder"):
        yield _fault(f"{at}/ladder", "missing-field", "is required and absent")
    if basis == "pool":
        if remedy.get("pool") not in pools:
            yield _fault(f"{at}/pool", "unknown-pool", "must name one of settlement.pools")
        if settled.get("at_risk_percent") is None:
            yield _fault("/settlement/at_risk_percent", "missing-field", "is required where a remedy has a pool")


def _settlement(settled: Tree, ratios: set[Any]) -> Iterator[Fault]:
    at = "/settlement"
    yield from _window(settled, "window", at)
    for name in ("grace_period", "dispute_within"):
        span = settled.get(name)
        if isinstance(span, str) and spans.parts(span) is None:
            yield _fault(f"{at}/{name}", "bad-span", "must be a span of ISO 8601, such as P90D")
    back = settled.get("earn_back")
    if isinstance(back, dict) and isinstance(back.get("term"), str) and back["term"] not in ratios:
        yield _fault(f"{at}/earn_back/term", "unknown-term", f"there is no term {back['term'][:60]!r} with a ratio")
    yield from _twice(settled, "pools", at)


def _calendar(tree: Tree, where: str) -> Iterator[Fault]:
    hours = tree.get("hours")
    by_day: dict[int, list[tuple[int, int]]] = {}
    for days, given in hours.items() if isinstance(hours, dict) else ():
        at = f"{where}/hours/{faults.escape(str(days))}"
        named = calendar.weekdays(str(days))
        if named is None:
            yield _fault(at, "bad-weekday", "must name weekdays: mon, mon-fri, or sat,sun")
        for number, text in enumerate(given if isinstance(given, list) else ()):
            span = calendar.span(text) if isinstance(text, str) else None
            if isinstance(text, str) and span is None:
                yield _fault(
                    f"{at}/{number}", "bad-hours", "must be hours of a day, such as 08:00-20:00, to 24:00 at most"
                )
            elif span is not None:
                for day in named or ():
                    before = by_day.setdefault(day, [])
                    if any(span[0] < high and low < span[1] for low, high in before):
                        yield _fault(f"{at}/{number}", "overlapping-hours", "overlaps other hours of the same day")
                    before.append(span)
    closed = tree.get("holidays")
    if isinstance(closed, dict):
        for number, text in enumerate(closed.get("dates") or ()):
            if isinstance(text, str) and spans.day(text) is None:
                yield _fault(f"{where}/holidays/dates/{number}", "bad-date", "must be a date, such as 2026-12-06")
        country, part = closed.get("country"), closed.get("subdivision")
        if isinstance(country, str):
            try:
                calendar.public_holidays(country, part if isinstance(part, str) else None, 2026)
            except (NotImplementedError, ValueError):
                yield _fault(f"{where}/holidays/country", "unknown-country", "has no holidays that are known")


def _dates(tree: Tree, where: str) -> Iterator[Fault]:
    """Of ``from_`` and ``to``: dates, the first before the second."""
    found = {}
    for name in ("from_", "to"):
        text = tree.get(name)
        if isinstance(text, str):
            found[name] = spans.day(text)
            if found[name] is None:
                yield _fault(f"{where}/{name}", "bad-date", "must be a date, such as 2026-11-30")
    begin, end = found.get("from_"), found.get("to")
    if begin is not None and end is not None and end <= begin:
        yield _fault(f"{where}/to", "ends-before-start", "must be later than from: it is the first day after")


def _span(tree: Tree, name: str, where: str) -> Iterator[Fault]:
    text = tree.get(name)
    if isinstance(text, str) and spans.seconds(text) is None:
        yield _fault(f"{where}/{name}", "bad-span", "must be a span of ISO 8601 of days or less, such as PT1H30M")


def _window(tree: Tree, name: str, where: str) -> Iterator[Fault]:
    text = tree.get(name)
    if isinstance(text, str) and not spans.is_window(text):
        yield _fault(f"{where}/{name}", "bad-window", "must be whole months, weeks or days, such as P1M")


def _twice(tree: Tree, part: str, where: str = "") -> Iterator[Fault]:
    seen: set[Any] = set()
    for number, each in _each(tree, part):
        name = each.get("id")
        if isinstance(name, str) and name in seen:
            yield _fault(f"{where}/{part}/{number}/id", "duplicate-id", f"{name[:60]!r} is the id of another one")
        seen.add(name if isinstance(name, str) else None)


def _each(tree: Tree, part: str) -> list[tuple[int, Tree]]:
    given = tree.get(part)
    return (
        [(number, each) for number, each in enumerate(given) if isinstance(each, dict)]
        if isinstance(given, list)
        else []
    )


def _fault(pointer: str, code: str, message: str) -> Fault:
    return Fault(pointer=pointer, code=code, message=message)
