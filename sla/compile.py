"""Contracts in force made into the tiers, due times and penalties of a drop, so that a plan costs what they charge.

A drop knows one span to shipping and one to delivery in each tier, and what lateness costs then. Whatever a contract
says beyond that is listed with the reason, never left out silently. What leaving an order costs (``unserved``) is the
marketplace's own figure, and stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from router.model import BY_TIER, Drop, Order, Penalty, Record, Step, Tier
from sla import contract
from sla.calendar import AroundTheClock, NeverOpen
from sla.event import EPOCH, SECOND_US
from sla.judge import RemedyRule, TermRule
from sla.rules import Rules, prepared
from sla.versions import in_force

Reason = Literal[
    "another-due-time",
    "grace-and-per-minute",
    "lateness-around-the-clock",
    "never-due",
    "no-remedy",
    "not-charged-yet",
    "other-currency",
    "other-span",
    "per-minute-beside-another",
    "ratio",
    "some-couriers",
    "some-hubs",
]
"""docs/contracts.md says what each means."""

_STOPS = {"parcel.handed_over": "shipping", "parcel.delivered": "delivery"}
_STARTS = frozenset({"order.placed", "order.cleared"})
_WEEK_S = 7 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCompiled(Record):
    """A clause that a drop cannot express, or not wholly: of which contract, in which tier (absent: all), and why."""

    contract: str
    version: int
    term: str
    tier: str | None = None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled(Record):
    """The drop under its contracts, and what of them it does not show."""

    drop: Drop
    not_compiled: tuple[NotCompiled, ...]


class _Clause(NamedTuple):
    """A clock term of a contract, with its rule, and the hubs and couriers that it binds; ``None`` is all."""

    source: contract.Contract
    term: contract.Term
    rule: TermRule
    hubs: frozenset[str] | None
    couriers: frozenset[str] | None

    @property
    def kind(self) -> str | None:
        """Shipping, delivery, or nothing that a drop has a due time for."""
        clock = self.rule.clock
        stops = [kind for event, kind in _STOPS.items() if event in clock.stops]
        return stops[0] if stops and _STARTS.issuperset(clock.starts) else None

    def not_compiled(self, reason: Reason, tier: str | None = None) -> NotCompiled:
        """That the clause is not in the drop."""
        return _not_compiled(self.source, self.term, reason, tier)


def compiled(drop: Drop, contracts: Sequence[contract.Contract]) -> Compiled:
    """The drop with the tiers and due times of the bound contracts that are in force when it is planned.

    Where no contract speaks of a tier, the drop's own promise stays. Raises ParameterUnbound.
    """
    clauses: list[_Clause] = []
    found: list[NotCompiled] = []
    for each in contracts:
        if not in_force((each,), drop.plan_at.astimezone(ZoneInfo(each.timezone)).date()):
            continue
        rules = prepared(each)
        rule_of = {rule.term: rule for rule in rules.terms}
        for term in each.terms:
            clause = _clause(each, term, rule_of[term.id]) if term.id in rule_of else None
            reason = "ratio" if clause is None else _reason(drop, clause, rules)
            if clause is not None and reason is None:
                clauses.append(clause)
            elif reason is not None:
                found.append(_not_compiled(each, term, reason))
    covering = []
    for clause in _merged(clauses):
        if reason := _uncovered(drop, clause):
            found.append(clause.not_compiled(reason))
        else:
            covering.append(clause)
    for kind in _STOPS.values():
        mine = [clause for clause in covering if clause.kind == kind]
        for tier in drop.tiers:
            drop, more = _with_tier(drop, tier.id, kind, [each for each in mine if _is_about(each, tier.id)])
            found += more
    return Compiled(drop=drop, not_compiled=tuple(found))


def _not_compiled(
    source: contract.Contract, term: contract.Term, reason: Reason, tier: str | None = None
) -> NotCompiled:
    return NotCompiled(contract=source.id, version=source.version, term=term.id, tier=tier, reason=reason)


def _clause(source: contract.Contract, term: contract.Term, rule: TermRule) -> _Clause:
    hubs = rule.clock.hubs
    if term.obligated == "hub" and source.hubs is not None:
        hubs = frozenset(source.hubs) if hubs is None else hubs & frozenset(source.hubs)
    couriers = frozenset(source.couriers) if term.obligated == "courier" and source.couriers is not None else None
    return _Clause(source, term, rule, hubs, couriers)


def _reason(drop: Drop, clause: _Clause, rules: Rules) -> Reason | None:
    remedy, money = clause.rule.remedy, rules.money
    if clause.kind is None:
        return "other-span"
    if not remedy.steps and not remedy.per_minute:
        return "no-remedy"
    if clause.source.currency != drop.currency:
        return "other-currency"
    if remedy.grace_s and remedy.per_minute:
        return "grace-and-per-minute"
    if money is not None and money.charged_from_us > _us(drop.plan_at):
        return "not-charged-yet"
    return None


def _merged(clauses: Sequence[_Clause]) -> list[_Clause]:
    """Clauses that say the same of different hubs or couriers as one clause of them all, the dearest first."""
    made: dict[object, _Clause] = {}
    for clause in clauses:
        source, term = clause.source, clause.term
        hours = [each for each in source.calendars if term.clock and each.id == term.clock.calendar]
        key = repr((term.obligated, term.scope.tiers, term.clock, term.remedy, hours, source.timezone))
        other = made.get(key)
        if other is not None:
            clause = other._replace(
                hubs=_union(other.hubs, clause.hubs), couriers=_union(other.couriers, clause.couriers)
            )
        made[key] = clause
    return sorted(made.values(), key=lambda clause: -_amount(clause.rule.remedy, _WEEK_S))


def _union(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def _uncovered(drop: Drop, clause: _Clause) -> Reason | None:
    """A drop's tier holds at every hub and for whoever carries."""
    if clause.hubs is not None and not clause.hubs.issuperset(hub.id for hub in drop.hubs):
        return "some-hubs"
    carrying = {*(each.id for each in drop.couriers), *(each.id for each in drop.carriers)}
    return None if clause.couriers is None or clause.couriers >= carrying else "some-couriers"


def _is_about(clause: _Clause, tier: str) -> bool:
    return clause.rule.clock.tiers is None or tier in clause.rule.clock.tiers


def _with_tier(drop: Drop, tier: str, kind: str, clauses: Sequence[_Clause]) -> tuple[Drop, list[NotCompiled]]:
    """The drop with the promise that some clauses make together in one tier."""
    orders = [order for order in drop.orders if order.tier == tier]
    found: list[NotCompiled] = []
    kept: list[tuple[_Clause, list[int], int]] = []
    for clause in clauses:
        try:
            due = [_due_us(clause, order) for order in orders]
        except NeverOpen:
            found.append(clause.not_compiled("never-due", tier))
            continue
        apart = {at_us - first_us for at_us, first_us in zip(due, kept[0][1] if kept else due, strict=True)}
        if kept and not apart:  # nothing to compare: the targets tell
            apart = {(clause.rule.clock.target_s - kept[0][0].rule.clock.target_s) * SECOND_US}
        if len(apart) > 1:
            found.append(clause.not_compiled("another-due-time", tier))
        elif kept and (clause.rule.remedy.per_minute or kept[0][0].rule.remedy.per_minute):
            found.append(clause.not_compiled("per-minute-beside-another", tier))
        else:
            kept.append((clause, due, min(apart, default=0)))
            if not isinstance(clause.rule.clock.open_time, AroundTheClock):
                found.append(clause.not_compiled("lateness-around-the-clock", tier))
    if not kept:
        return drop, found
    first, due, first_us = min(kept, key=lambda each: each[2])
    late = _together([(each.rule.remedy, (apart_us - first_us) // SECOND_US) for each, _, apart_us in kept])
    return _promised(drop, tier, kind, first, dict(zip([order.id for order in orders], due, strict=True)), late), found


def _due_us(clause: _Clause, order: Order) -> int:
    """When the clause's clock for an order reaches its target; it starts once the order is placed and cleared."""
    clock = clause.rule.clock
    started = order.clear_at if "order.cleared" in clock.starts else order.placed_at
    at_us: int | None = _us(max(started, order.placed_at))
    if clock.moved is not None and at_us is not None:
        at_us = clock.moved(at_us)
    due_us = None if at_us is None else clock.open_time.after_us(at_us, clock.target_s * SECOND_US)
    if due_us is None:
        raise NeverOpen
    return due_us


def _promised(drop: Drop, tier: str, kind: str, clause: _Clause, due_us: dict[str, int], late: Penalty) -> Drop:
    """The drop with one promise and its price: by the tier's span where that says it all, else order by order."""
    within_s = clause.rule.clock.target_s
    by_tier = all(
        due_us[order.id] == _us(order.clear_at) + within_s * SECOND_US for order in drop.orders if order.tier == tier
    )

    def due(order: Order) -> datetime:
        return BY_TIER if by_tier else EPOCH + timedelta(seconds=-(-due_us[order.id] // SECOND_US))

    def promised(each: Tier) -> Tier:
        if kind == "shipping":
            return replace(each, ship_within=within_s, late_shipping=late)
        return replace(each, deliver_within=within_s, late_delivery=late)

    return replace(
        drop,
        tiers=tuple(promised(each) if each.id == tier else each for each in drop.tiers),
        orders=tuple(
            order
            if order.tier != tier
            else replace(order, ship_by=due(order))
            if kind == "shipping"
            else replace(order, deliver_by=due(order))
            for order in drop.orders
        ),
    )


def _together(remedies: Sequence[tuple[RemedyRule, int]]) -> Penalty:
    """What remedies cost together, each later than the first due time by so many seconds."""
    if len(remedies) == 1 and remedies[0][0].per_minute:
        remedy = remedies[0][0]
        steps = tuple(Step(after=after, amount=amount) for after, amount in remedy.steps)
        return Penalty(steps=steps, per_minute=remedy.per_minute, cap=remedy.cap)
    afters = sorted({max(after, remedy.grace_s) + shift for remedy, shift in remedies for after, _ in remedy.steps})
    steps = tuple(
        Step(after=after, amount=sum(_amount(remedy, after + 1 - shift) for remedy, shift in remedies))
        for after in afters
    )
    return Penalty(steps=steps)


def _amount(remedy: RemedyRule, late_s: int) -> int:
    """Minor units for so many seconds of lateness."""
    amount = remedy.uncapped(late_s)
    return amount if remedy.cap is None else min(amount, remedy.cap)


def _us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
