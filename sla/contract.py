"""The contract: one record per object of ``dropwright.contract/1``, with its names; ``from_`` is spelt ``from``.

Money is integer minor units of ``Contract.currency``; dates begin at local midnight in ``Contract.timezone``, and what
runs to a date ends as it begins. Whatever contradicts something elsewhere in the document is found by ``sla.faults``
before a record is made. docs/contracts.md says what each field means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Len

from router.model import Count, Id, Money, Quantity, Record
from sla.spelling import Duration, Good, LocalTime, Opening

CONTRACT_FORMAT = "dropwright.contract/1"
PARTIES = ("hub", "courier", "marketplace", "seller")
"""The roles that a term may oblige, beside further keys of ``Contract.parameters``."""

Percent = Annotated[Decimal, Ge(0), Le(100)]
Share = Annotated[Decimal, Ge(0), Le(1)]
Text = Annotated[str, Len(0, 2000)]
EventType = Id
Role = Id
_NO_TIME, _MONTH = Duration(), Duration(months=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee(Record):
    """What the service of ``party`` costs in [from, to); credits that are a percentage are one of this."""

    party: Role
    from_: date
    to: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays(Record):
    """Dates on which a calendar is closed: a country's public holidays, dates of its own, or both.

    ``expanded``: the country's dates as they were when the version was published; they count instead of the country.
    """

    country: Annotated[str, Len(2, 2)] | None = None
    subdivision: Id | None = None
    dates: tuple[date, ...] = ()
    expanded: tuple[date, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Record):
    """Opening hours in the contract's zone, by day or days of the week (``sat``, ``mon-fri``, ``mon,wed``)."""

    id: Id
    hours: dict[Id, tuple[Opening, ...]] = field(default_factory=dict)
    holidays: Holidays = Holidays()


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible(Record):
    """What an order must not exceed to be sold a tier; ``None`` is no limit."""

    max_grams: Count | None = None
    max_millilitres: Count | None = None
    max_lines: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTier(Record):
    """A promise that terms speak of by its id."""

    id: Id
    title: Text | None = None
    eligible: Eligible = Eligible()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope(Record):
    """What a term is about; ``None`` (absent, or spelt ``all``) is everything."""

    tiers: tuple[Id, ...] | None = None
    hubs: tuple[Id, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Record):
    """A clock stands still from one event to the other."""

    from_: EventType
    to: EventType
    reason: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff(Record):
    """A clock that would start later than ``local_time`` starts at the next opening after that day's close."""

    local_time: LocalTime
    after: Literal["next_opening"] = "next_opening"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk(Record):
    """When a clock is at risk: at ``percent`` of its target, or ``before`` its due time, in the calendar's time."""

    percent: Percent | None = None
    before: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Record):
    """What starts, stops, cancels and pauses a term's clock, and how long it may run.

    ``start``: the latest of these events, once all have come. ``stop``: the first of them, for each parcel.
    ``calendar``: ``None`` is around the clock. ``grace``: late within it, and no remedy.
    """

    start: Annotated[tuple[EventType, ...], Len(1)]
    stop: Annotated[tuple[EventType, ...], Len(1)]
    cancel: tuple[EventType, ...] = ()
    pause: tuple[Pause, ...] = ()
    calendar: Id | None = None
    cutoff: Cutoff | None = None
    target: Duration
    grace: Duration = _NO_TIME
    at_risk: AtRisk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Record):
    """A window of the calendar: so many months from a month's first, or so many days."""

    calendar: Duration = _MONTH


_WINDOW = Window()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Record):
    """The share of ``good`` among the clocks of the term ``of``, judged a window at a time."""

    good: Good
    of: Id
    window: Window = _WINDOW
    target: Share
    at_least: Count = 0
    excludes: tuple[Literal["excused"], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion(Record):
    """A reason that excuses a breach; by itself where every kind of ``evidence`` is there and one is listed."""

    code: Id
    evidence: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification(Record):
    """When a term's remedy is owed at all."""

    orders_in_drop_at_most_percent_of_forecast: Annotated[Decimal, Ge(0), Le(1_000_000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyStep(Record):
    """Later than ``after``: ``amount``. The highest step counts."""

    after: Duration
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed(Record):
    """An amount for each late clock: its highest step, and ``per_minute`` begun; ``None`` is no cap."""

    basis: Literal["fixed"]
    steps: tuple[RemedyStep, ...] = ()
    per_minute: Money = 0
    cap_per_event: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung(Record):
    """A ratio below ``below`` costs ``value`` percent. The lowest rung counts."""

    below: Share
    value: Percent


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentOfFees(Record):
    """A share of the window's fees, by how low a ratio is."""

    basis: Literal["percent_of_fees"]
    ladder: Annotated[tuple[Rung, ...], Len(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPool(Record):
    """A share of a pool of ``Settlement.pools``, for a ratio that is breached."""

    basis: Literal["pool"]
    pool: Id
    share_percent: Percent


Remedy = Fixed | PercentOfFees | FromPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Record):
    """One clause: what ``obligated`` owes (a clock or a ratio, exactly one of them), and the remedy for a breach."""

    id: Id
    clause: Text | None = None
    title: Text | None = None
    obligated: Role
    scope: Scope = Scope()
    clock: Clock | None = None
    ratio: Ratio | None = None
    excluded_when: tuple[Exclusion, ...] = ()
    qualifies_when: Qualification | None = None
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Record):
    """A stretch of an order's way, the party that answers for it, and how long it may take."""

    id: Id
    from_: EventType
    to: EventType
    budget: Duration
    party: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Record):
    """A share of what is at risk in a window, which remedies of basis ``pool`` share out."""

    id: Id
    share_percent: Percent


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnBack(Record):
    """A credit of ``term`` is returned where the ``windows`` after it are all ``at_or_above``."""

    term: Id
    windows: Quantity
    at_or_above: Share
    not_in: tuple[Annotated[int, Ge(1), Le(12)], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement(Record):
    """How credits add up to what is due: windows, caps, pools, grace, and how long they may be disputed."""

    window: Duration = _MONTH
    at_risk_percent: Percent | None = None
    cap_12_months: Money | None = None
    grace_period: Duration = _NO_TIME
    earn_back: EarnBack | None = None
    dispute_within: Duration | None = None
    pools: tuple[Pool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Record):
    """A template, a draft, a published version, or one of these bound to partners.

    ``hubs`` and ``couriers``: whose they are where the contract is bound; ``None`` is all. In force from ``from_`` up
    to, not including, ``to``; ``None`` is open.
    """

    format: Literal["dropwright.contract/1"]
    id: Id
    version: Annotated[int, Gt(0), Le(2**53 - 1)]
    title: Text | None = None
    currency: Annotated[str, Len(3, 3)]
    timezone: str
    parameters: dict[Id, Id | None] = field(default_factory=dict)
    hubs: tuple[Id, ...] | None = None
    couriers: tuple[Id, ...] | None = None
    from_: date | None = None
    to: date | None = None
    fees: tuple[Fee, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    tiers: tuple[ContractTier, ...] = ()
    terms: tuple[Term, ...]
    stages: tuple[Stage, ...] = ()
    settlement: Settlement | None = None

    def party(self, role: str) -> str:
        """The partner that a role is bound to, as ``hub/northdock``; the role alone where it is bound to nobody."""
        partner = self.parameters.get(role)
        return role if partner is None else f"{role}/{partner}"
