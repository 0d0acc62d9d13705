"""What contradicts something within a contract: references, spans, dates, hours. Every fault at once.

Values come as JSON spells them, in one spelling (``sla.codec``), before a record is made; whatever has the wrong form
is left to the codec.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Set
from datetime import date
from typing import Any, TypeVar

from router.errors import Fault
from router.faults import Scan, escape, of_nul, rows, shown, texts, word, zone_and_currency
from router.spelling import Misspelt
from sla import calendar
from sla.contract import PARTIES
from sla.event_types import EVENT_TYPES
from sla.spelling import Duration, Good, Opening

Tree = dict[str, Any]
_Value = TypeVar("_Value")


def of_contract(tree: Tree, *, bound: bool = False) -> list[Fault]:
    """Everything wrong with a contract that its form does not show; ``bound`` as in ``sla.codec.read_contract``."""
    return [*of_nul(tree), *Scan().run(lambda scan, whole: _Look(scan, whole, bound).all(), tree)]


class _Look:
    """One look at a contract: what its parts may name, and the faults that are found."""

    def __init__(self, scan: Scan, tree: Tree, bound: bool) -> None:
        self.scan, self.tree, self.bound = scan, tree, bound
        self.settlement: Tree = _object(tree, "settlement")
        self.clocks = {word(row, "id") for _, row in rows(tree, "", "terms") if "clock" in row}
        self.ratios = {word(row, "id") for _, row in rows(tree, "", "terms") if "ratio" in row}
        self.parameters: Tree = _object(tree, "parameters")

    def all(self) -> None:
        zone_and_currency(self.scan, self.tree)
        self._dates(self.tree, "")
        for part, what in (("calendars", "calendar"), ("tiers", "tier"), ("terms", "term"), ("stages", "stage")):
            self.scan.ids(rows(self.tree, "", part), what)
        self.scan.ids(rows(self.settlement, "/settlement", "pools"), "pool")
        for pointer, fee in rows(self.tree, "", "fees"):
            self._party(fee, pointer, "party")
            self._dates(fee, pointer)
        for pointer, row in rows(self.tree, "", "calendars"):
            self._hours(row, pointer)
            self._holidays(_object(row, "holidays"), f"{pointer}/holidays")
        for pointer, term in rows(self.tree, "", "terms"):
            self._term(term, pointer)
        for pointer, stage in rows(self.tree, "", "stages"):
            self._party(stage, pointer, "party")
            for name in ("from", "to"):
                self._event(stage.get(name), f"{pointer}/{name}")
            self._exact(stage, pointer, "budget")
        self._settlement()

    def _term(self, term: Tree, pointer: str) -> None:
        self._party(term, pointer, "obligated")
        role = word(term, "obligated")
        if self.bound and role is not None and self.parameters.get(role) is None:
            message = f"nobody is bound to {shown(role)}; name a partner in parameters"
            self.scan.fault(f"{pointer}/obligated", "unbound-parameter", message)
        if ("clock" in term) == ("ratio" in term):
            message = "must have a clock or a ratio, exactly one of them"
            self.scan.fault(pointer, "clock-or-ratio", message)
        tiers = _ids(self.tree, "tiers")
        for place, tier in texts(_object(term, "scope"), f"{pointer}/scope", "tiers"):
            if tiers:
                self._known(tier, tiers, place, "tier")
        self._clock(_object(term, "clock"), f"{pointer}/clock")
        self._ratio(_object(term, "ratio"), f"{pointer}/ratio")
        self._remedy(term, pointer)

    def _clock(self, clock: Tree, pointer: str) -> None:
        for name in ("start", "stop", "cancel"):
            for place, event in texts(clock, pointer, name):
                self._event(event, place)
        for inner, pause in rows(clock, pointer, "pause"):
            for name in ("from", "to"):
                self._event(pause.get(name), f"{inner}/{name}")
        for name in ("target", "grace"):
            self._exact(clock, pointer, name)
        self._known(clock.get("calendar"), _ids(self.tree, "calendars"), f"{pointer}/calendar", "calendar")
        at_risk = clock.get("at_risk")
        if isinstance(at_risk, dict):
            self._exact(at_risk, f"{pointer}/at_risk", "before")
            if ("percent" in at_risk) == ("before" in at_risk):
                message = "must have percent or before, exactly one of them"
                self.scan.fault(f"{pointer}/at_risk", "percent-or-before", message)

    def _ratio(self, ratio: Tree, pointer: str) -> None:
        self._window(_object(ratio, "window"), f"{pointer}/window", "calendar")
        if self.bound:  # a ratio over nothing has no rows: replaying it does no harm
            return
        self._known(ratio.get("of"), self.clocks, f"{pointer}/of", "term", " with a clock")
        if (good := _parsed(Good.parse, ratio.get("good"))) is not None:
            self._known(good.term, self.clocks, f"{pointer}/good", "term", " with a clock")

    def _remedy(self, term: Tree, pointer: str) -> None:
        remedy, pointer = _object(term, "remedy"), f"{pointer}/remedy"
        basis = remedy.get("basis")
        if basis in ("percent_of_fees", "pool") and "clock" in term:
            message = "is the remedy of a ratio; a clock has one of basis fixed"
            self.scan.fault(f"{pointer}/basis", "remedy-does-not-fit", message)
        if basis == "fixed" and "ratio" in term:
            message = "is the remedy of a clock; a ratio has one of basis percent_of_fees or pool"
            self.scan.fault(f"{pointer}/basis", "remedy-does-not-fit", message)
        for inner, step in rows(remedy, pointer, "steps"):
            self._exact(step, inner, "after")
        if basis == "fixed":
            self._once(remedy, pointer, "steps", "after", lambda text: _parsed(Duration.parse, text))
        if basis == "percent_of_fees":
            self._once(remedy, pointer, "ladder", "below", lambda number: number)
        if basis == "pool":
            self._known(remedy.get("pool"), _ids(self.settlement, "pools"), f"{pointer}/pool", "pool")
            if "at_risk_percent" not in self.settlement:
                message = "is required where a remedy takes from a pool, and absent"
                self.scan.fault("/settlement/at_risk_percent", "missing-field", message)

    def _once(self, remedy: Tree, pointer: str, part: str, name: str, value: Callable[[Any], Any]) -> None:
        """A fault for a step that stands where another one does: which of the two counts would be anybody's guess."""
        seen: set[Any] = set()
        for inner, row in rows(remedy, pointer, part):
            if isinstance(row.get(name), list | dict) or (step := value(row.get(name))) is None:
                continue
            if step in seen and not self.bound:
                message = f"two {part} have the same {name}; keep one"
                self.scan.fault(f"{inner}/{name}", "duplicate-step", message)
            seen.add(step)

    def _settlement(self) -> None:
        self._window(self.settlement, "/settlement", "window")
        back = self.settlement.get("earn_back")
        if isinstance(back, dict) and not self.bound:
            self._known(back.get("term"), self.ratios, "/settlement/earn_back/term", "term", " with a ratio")

    def _hours(self, row: Tree, pointer: str) -> None:
        by_day: dict[int, list[Opening]] = {}
        for days, given in _object(row, "hours").items():
            place = f"{pointer}/hours/{escape(days)}"
            named = calendar.weekdays(days)
            if named is None:
                message = f"{shown(days)} names no days of the week, such as mon, mon-fri or sat,sun"
                self.scan.fault(place, "bad-weekday", message)
            for number, text in enumerate(given if isinstance(given, list) else ()):
                opening = _parsed(Opening.parse, text)
                if opening is None:
                    continue
                for day in named or ():
                    before = by_day.setdefault(day, [])
                    if any(opening.open_s < each.close_s and each.open_s < opening.close_s for each in before):
                        message = f"overlaps other hours of {calendar.WEEKDAYS[day]}; make one of the two"
                        self.scan.fault(f"{place}/{number}", "overlapping-hours", message)
                    before.append(opening)

    def _holidays(self, holidays: Tree, pointer: str) -> None:
        country, part = word(holidays, "country"), word(holidays, "subdivision")
        if country is not None and not calendar.is_known(country, None):
            message = f"no public holidays are known of {shown(country)}; name a country of ISO 3166, or own dates"
            self.scan.fault(f"{pointer}/country", "unknown-country", message)
        elif country is not None and part is not None and not calendar.is_known(country, part):
            message = f"no public holidays are known of {shown(part)} in {country}; leave it out, or name own dates"
            self.scan.fault(f"{pointer}/subdivision", "unknown-country", message)
        elif part is not None and country is None:
            self.scan.fault(f"{pointer}/country", "missing-field", "is required where subdivision is given, and absent")

    def _party(self, row: Tree, pointer: str, name: str) -> None:
        role = word(row, name)
        if role is not None and role not in PARTIES and role not in self.parameters:
            message = f"{shown(role)} is no party: {', '.join(PARTIES)}, or a name in parameters"
            self.scan.fault(f"{pointer}/{name}", "unknown-party", message)

    def _event(self, event: Any, place: str) -> None:
        if isinstance(event, str) and event not in EVENT_TYPES and not self.bound:
            near = difflib.get_close_matches(event[:60], EVENT_TYPES, n=1)
            cure = f"; perhaps {near[0]}" if near else "; docs/contracts.md lists them"
            self.scan.fault(place, "unknown-event", f"{shown(event)} is no type of event{cure}")

    def _known(self, name: Any, known: Set[str | None], place: str, what: str, more: str = "") -> None:
        if isinstance(name, str) and name not in known:
            message = f"there is no {what} {shown(name)}{more} in the contract; add it, or mend the name"
            self.scan.fault(place, f"unknown-{what}", message)

    def _dates(self, row: Tree, pointer: str) -> None:
        begin, end = (_parsed(date.fromisoformat, row.get(name)) for name in ("from", "to"))
        if begin is not None and end is not None and end <= begin:
            message = "must be later than from: it is the first day that does not belong"
            self.scan.fault(f"{pointer}/to", "ends-before-start", message)

    def _exact(self, row: Tree, pointer: str, name: str) -> None:
        span = _parsed(Duration.parse, row.get(name))
        if span is not None and span.months:
            message = "counts months or years, which are not all of one length; use days or less"
            self.scan.fault(f"{pointer}/{name}", "bad-duration", message)

    def _window(self, row: Tree, pointer: str, name: str) -> None:
        span = _parsed(Duration.parse, row.get(name))
        if span is not None and (span.seconds or bool(span.months) == bool(span.days)):
            message = "must be whole months, or whole days or weeks, such as P1M"
            self.scan.fault(f"{pointer}/{name}", "bad-window", message)


def _object(row: Tree, name: str) -> Tree:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _ids(tree: Tree, name: str) -> set[str | None]:
    return {word(row, "id") for _, row in rows(tree, "", name)}


def _parsed(parse: Callable[[str], _Value], text: Any) -> _Value | None:
    """What a text spells; ``None`` where the codec has its say on it."""
    try:
        return parse(text) if isinstance(text, str) else None
    except (Misspelt, ValueError):
        return None
