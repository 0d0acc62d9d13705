"""Contracts and their templates: ``dropwright.contract/1``, one record per object, same names.

``from`` is a word of Python, so the field is ``from_``. Spans are ISO 8601 (``PT1H``), dates ``2026-11-30``, local
times ``18:00``, money integer minor units. A record is plain; what contradicts something elsewhere is found by
``sla.faults``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len

from router.model import Id, Money, Record

CONTRACT_FORMAT = "dropwright.contract/1"

Span = Annotated[str, Len(2, 40)]
Date = Annotated[str, Len(10, 10)]
LocalTime = Annotated[str, Len(5, 5)]
EventType = Annotated[str, Len(1, 100)]
Share = Annotated[float, Ge(0), Le(1)]
Percent = Annotated[float, Ge(0), Le(100)]

PARTIES = ("hub", "courier", "marketplace", "seller")
"""Roles that a term may oblige; ``parameters`` binds each to a partner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee(Record):
    """What a party is paid for the days from ``from_`` until before ``to``."""

    party: Id
    from_: Date
    to: Date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays(Record):
    """Days on which a calendar is closed: public holidays of a country, of a part of it, and own dates."""

    country: Annotated[str, Len(2, 2)] | None = None
    subdivision: Annotated[str, Len(1, 10)] | None = None
    dates: tuple[Date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Record):
    """When somebody is open: spans of local time (``08:00-20:00``) by weekday, ``mon``, ``mon-fri`` or ``sat,sun``."""

    id: Id
    hours: dict[str, tuple[Annotated[str, Len(11, 11)], ...]] = field(default_factory=dict)
    holidays: Holidays = field(default_factory=Holidays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible(Record):
    """Which parcels a tier takes."""

    max_grams: Annotated[int, Ge(0)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTier(Record):
    """A promise that the contract knows."""

    id: Id
    eligible: Eligible = field(default_factory=Eligible)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope(Record):
    """Which orders a term is about: of these tiers, handled at these hubs; absent is all."""

    tiers: tuple[Id, ...] | None = None
    hubs: tuple[Id, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Record):
    """Events between which a clock stands still, and why."""

    from_: EventType
    to: EventType
    reason: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff(Record):
    """A start later than ``local_time`` counts from the next opening."""

    local_time: LocalTime
    after: Literal["next_opening"] = "next_opening"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk(Record):
    """From when on a clock is at risk: at a percentage of its target, or so long before it is due, in open time."""

    percent: Percent | None = None
    before: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Record):
    """A span between events that is measured: from the latest of ``start``, until every parcel had one of ``stop``."""

    start: Annotated[tuple[EventType, ...], Len(1)]
    stop: Annotated[tuple[EventType, ...], Len(1)]
    cancel: tuple[EventType, ...] = ()
    pause: tuple[Pause, ...] = ()
    calendar: Id | None = None
    cutoff: Cutoff | None = None
    target: Span
    grace: Span = "PT0S"
    at_risk: AtRisk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion(Record):
    """A reason that excuses a breach; with ``evidence`` of all these kinds it does so by itself."""

    code: Id
    evidence: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification(Record):
    """When a term holds at all: as long as a drop has no more orders than this share of its forecast."""

    orders_in_drop_at_most_percent_of_forecast: Annotated[float, Ge(0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyStep(Record):
    """From more than ``after`` late, ``amount``."""

    after: Span
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung(Record):
    """Below this share, so many percent of the fees."""

    below: Share
    value: Percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy(Record):
    """What a breach costs. Which fields count depends on ``basis``."""

    basis: Literal["fixed", "percent_of_fees", "pool"]
    steps: tuple[RemedyStep, ...] = ()
    per_minute: Money = 0
    cap_per_event: Money | None = None
    ladder: tuple[Rung, ...] = ()
    pool: Id | None = None
    share_percent: Percent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Record):
    """Spans of the calendar: days, weeks from Monday, months, quarters, years."""

    calendar: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Record):
    """A share over a window: how many of the clocks of the term ``of`` are ``good`` (``term: state``)."""

    good: Annotated[str, Len(1, 300)]
    of: Id
    window: Window
    target: Share
    at_least: Annotated[int, Ge(0)] = 0
    excludes: tuple[Literal["excused"], ...] = ()

    @property
    def good_term(self) -> str:
        """The term whose clocks are good."""
        return self.good.rpartition(":")[0].strip()

    @property
    def good_state(self) -> str:
        """The state in which they are."""
        return self.good.rpartition(":")[2].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Record):
    """One promise of one party: a clock, or a ratio over clocks."""

    id: Id
    clause: Annotated[str, Len(1, 50)] | None = None
    title: Annotated[str, Len(1, 300)] | None = None
    obligated: Literal["hub", "courier", "marketplace", "seller"]
    scope: Scope = field(default_factory=Scope)
    clock: Clock | None = None
    ratio: Ratio | None = None
    excluded_when: tuple[Exclusion, ...] = ()
    qualifies_when: Qualification | None = None
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Record):
    """One step of the chain that an order goes through, with its own budget and whose it is."""

    id: Id
    from_: EventType
    to: EventType
    budget: Span
    party: Literal["hub", "courier", "marketplace", "seller"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Record):
    """A part of what is at risk."""

    id: Id
    share_percent: Percent


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnBack(Record):
    """When the credit of a term is returned: the next ``windows`` are all ``at_or_above``; never in these months."""

    term: Id
    windows: Annotated[int, Ge(1), Le(60)]
    at_or_above: Share
    not_in: tuple[Annotated[int, Ge(1), Le(12)], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement(Record):
    """How credits are summed up: by ``window``, with the caps that bind."""

    window: Span = "P1M"
    at_risk_percent: Percent | None = None
    cap_12_months: Money | None = None
    grace_period: Span | None = None
    earn_back: EarnBack | None = None
    dispute_within: Span | None = None
    pools: tuple[Pool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Record):
    """A contract, or a template where parameters are not bound. A published version never changes."""

    format: Literal["dropwright.contract/1"]
    id: Id
    version: Annotated[int, Ge(1), Le(10**9)]
    title: Annotated[str, Len(1, 300)] | None = None
    currency: Annotated[str, Len(3, 3)]
    timezone: Annotated[str, Len(1, 100)]
    parameters: dict[str, Id | None] = field(default_factory=dict)
    hubs: tuple[Id, ...] | None = None
    couriers: tuple[Id, ...] | None = None
    from_: Date | None = None
    to: Date | None = None
    fees: tuple[Fee, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    tiers: tuple[ContractTier, ...] = ()
    terms: Annotated[tuple[Term, ...], Len(1)]
    stages: tuple[Stage, ...] = ()
    settlement: Settlement | None = None

    def party(self, role: str) -> str:
        """``hub/northdock``; the role alone where nobody is bound to it."""
        bound = self.parameters.get(role)
        return role if bound is None else f"{role}/{bound}"
