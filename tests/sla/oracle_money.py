"""Ratios and settlements from the clocks: which window, what is charged, what the caps took, what is earned back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.sla.oracle_clock import Clock, party
from tests.sla.oracle_time import DAY, duration, local

Month = tuple[int, int]
Account = tuple[str, Month]


@dataclass
class Ratio:
    """One ratio term in one window."""

    term: str
    month: Month
    good: int
    of: int
    state: str
    party: str
    percent: Fraction
    amount: int | None


@dataclass
class Settlement:
    """What one party owes for one window."""

    party: str
    month: Month
    charged: int = 0
    event: int = 0
    window: int = 0
    twelve_months: int = 0
    earned_back: int = 0

    @property
    def due(self) -> int:
        """What is owed in the end."""
        return self.after_caps - self.earned_back

    @property
    def after_caps(self) -> int:
        """What is left when the caps have taken theirs."""
        return self.charged - self.event - self.window - self.twelve_months


def half_up(amount: Fraction) -> int:
    """The nearest whole minor unit; a half goes away from zero."""
    whole = int(abs(amount) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


def month_of(at: int, zone: ZoneInfo) -> Month:
    """The calendar month [from, to) at local midnights in which an instant lies."""
    wall = local(at, zone)
    return wall.year, wall.month


def later(month: Month, by: int) -> Month:
    """The month so many months later."""
    count = month[0] * 12 + month[1] - 1 + by
    return count // 12, count % 12 + 1


def first_day(month: Month) -> str:
    """The date on which a month begins."""
    return date(month[0], month[1], 1).isoformat()


def fees(contract: Mapping[str, Any], party_name: str, month: Month) -> int | None:
    """The fees of a party for one window, if the contract has any."""
    found = [
        fee["amount"]
        for fee in contract.get("fees", ())
        if party(contract, fee["party"]) == party_name
        and first_day(month) <= str(fee["from"]) < str(fee["to"]) <= first_day(later(month, 1))
    ]
    return sum(found) if found else None


def ratios(contract: Mapping[str, Any], clocks: Sequence[Clock], zone: ZoneInfo) -> list[Ratio]:
    """A row for each ratio term and each window in which a clock that it counts started."""
    rows = []
    for term in contract["terms"]:
        if "ratio" in term:
            spec = term["ratio"]
            good_term, wanted = (part.strip() for part in spec["good"].split(":"))
            good = {clock.order for clock in clocks if clock.term == good_term and clock.state == wanted}
            leaves_out = "excused" in spec.get("excludes", ())
            counted: dict[Month, list[bool]] = {}
            for clock in clocks:
                is_counted = clock.state in ("met", "breached") and not (leaves_out and clock.excluded)
                if clock.term == spec["of"] and is_counted and clock.started is not None:
                    counted.setdefault(month_of(clock.started, zone), []).append(clock.order in good)
            rows += [_ratio(contract, term, month, counted[month]) for month in sorted(counted)]
    return rows


def _ratio(contract: Mapping[str, Any], term: Mapping[str, Any], month: Month, counted: Sequence[bool]) -> Ratio:
    spec = term["ratio"]
    good = sum(counted)
    owner = party(contract, term["obligated"])
    paid = fees(contract, owner, month)
    row = Ratio(term["id"], month, good, len(counted), "met", owner, Fraction(0), None if paid is None else 0)
    if len(counted) < spec.get("at_least", 0):
        row.state = "not_judged"
        return row
    reached = Fraction(good, len(counted))
    if reached < Fraction(str(spec["target"])):
        row.state = "breached"
        row.percent = _percent(contract, term.get("remedy") or {}, reached)
        if paid is not None:
            row.amount = half_up(paid * row.percent / 100)
    return row


def _percent(contract: Mapping[str, Any], remedy: Mapping[str, Any], reached: Fraction) -> Fraction:
    """The share of the fees that a breached ratio costs."""
    if remedy.get("basis") == "percent_of_fees":
        rungs = [rung for rung in remedy["ladder"] if reached < Fraction(str(rung["below"]))]
        lowest = min(rungs, key=lambda rung: Fraction(str(rung["below"])), default=None)
        return Fraction(str(lowest["value"])) if lowest else Fraction(0)
    if remedy.get("basis") == "pool":
        settlement = contract["settlement"]
        pool = next(pool for pool in settlement["pools"] if pool["id"] == remedy["pool"])
        shares = (settlement["at_risk_percent"], pool["share_percent"], remedy["share_percent"])
        at_risk, pool_share, share = (Fraction(str(percent)) for percent in shares)
        return at_risk * pool_share * share / 10_000
    return Fraction(0)


def settlements(
    contract: Mapping[str, Any],
    clocks: Sequence[Clock],
    ratio_rows: Sequence[Ratio],
    zone: ZoneInfo,
    settled: Mapping[Account, Settlement],
) -> dict[Account, Settlement]:
    """A row for every party and window with a clock or a ratio, caps and earn-back applied.

    ``settled`` rows stay; by how much they would be another now is added to the next window that is not settled.
    """
    rules = contract.get("settlement")
    if not rules:
        return {}
    now = _as_of_now(contract, clocks, ratio_rows, zone)
    for account in settled:
        now.setdefault(account, Settlement(*account))
    rows: dict[Account, Settlement] = {}
    for owner in sorted({owner for owner, _ in now}):
        open_sum = 0
        for month in sorted(month for name, month in now if name == owner):
            line = now[owner, month]
            if (owner, month) not in settled:
                line.charged, open_sum = line.charged + open_sum, 0
            _cap(contract, rules, line, rows)
            line.earned_back = _earned_back(contract, rules, line, ratio_rows)
            rows[owner, month] = settled.get((owner, month), line)
            open_sum += line.due - rows[owner, month].due
        if open_sum:
            extra = Settlement(owner, later(month, 1), open_sum)
            _cap(contract, rules, extra, rows)
            rows[owner, extra.month] = extra
    return rows


def _as_of_now(
    contract: Mapping[str, Any], clocks: Sequence[Clock], ratio_rows: Sequence[Ratio], zone: ZoneInfo
) -> dict[Account, Settlement]:
    """What each party is charged for each window before the window's caps."""
    rows: dict[Account, Settlement] = {}
    for clock in clocks:
        if clock.started is not None:
            account = clock.party, month_of(clock.started, zone)
            line = rows.setdefault(account, Settlement(*account))
            if not _graced(contract, local(clock.started, zone).date()):
                line.charged += clock.uncapped
                line.event += clock.uncapped - clock.amount
    for ratio in ratio_rows:
        account = ratio.party, ratio.month
        line = rows.setdefault(account, Settlement(*account))
        if not _graced(contract, date(*ratio.month, 1)):
            line.charged += ratio.amount or 0
    return rows


def _graced(contract: Mapping[str, Any], day: date) -> bool:
    """Does a local date lie in the grace period, measured and shown but not charged?"""
    grace = contract["settlement"].get("grace_period")
    if not grace or contract.get("from") is None:
        return False
    return day < date.fromisoformat(str(contract["from"])) + timedelta(days=duration(grace) // DAY)


def _cap(
    contract: Mapping[str, Any],
    rules: Mapping[str, Any],
    line: Settlement,
    rows: Mapping[tuple[str, Month], Settlement],
) -> None:
    """The window's cap, then that of the twelve months that end with it."""
    paid = fees(contract, line.party, line.month)
    if rules.get("at_risk_percent") is not None and paid is not None:
        most = half_up(paid * Fraction(str(rules["at_risk_percent"])) / 100)
        line.window = max(0, line.after_caps - most)
    if rules.get("cap_12_months") is not None:
        months = [later(line.month, -back) for back in range(1, 12)]
        before = sum(rows[line.party, month].after_caps for month in months if (line.party, month) in rows)
        line.twelve_months = max(0, line.after_caps - max(0, rules["cap_12_months"] - before))


def _earned_back(
    contract: Mapping[str, Any],
    rules: Mapping[str, Any],
    line: Settlement,
    ratio_rows: Sequence[Ratio],
) -> int:
    """The credit of a term that later windows, all of them good enough, bring back."""
    rule = rules.get("earn_back")
    if not rule or line.month[1] in rule.get("not_in", ()):
        return 0
    of_term = {row.month: row for row in ratio_rows if row.term == rule["term"] and row.party == line.party}
    here = of_term.get(line.month)
    if here is None or not here.amount or _graced(contract, date(*line.month, 1)):
        return 0
    for ahead in range(1, rule["windows"] + 1):
        then = of_term.get(later(line.month, ahead))
        if then is None or then.state == "not_judged":
            return 0
        if Fraction(then.good, then.of) < Fraction(str(rule["at_or_above"])):
            return 0
    return max(0, min(here.amount, line.after_caps))
