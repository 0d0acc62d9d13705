"""Clocks: what one term's events make of one order at an instant. All times are microseconds in UTC.

A clock is started, paused and ended by events; it counts in its calendar's time. Nothing here knows of money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from sla.calendar import NeverOpen
from sla.event import SECOND_US, Event
from sla.order_log import OrderLog, last_of_firsts
from sla.pauses import Gap, Span, paired, union

SCHEDULED, RUNNING, PAUSED, MET, BREACHED, CANCELLED = (
    "scheduled",
    "running",
    "paused",
    "met",
    "breached",
    "cancelled",
)


NOBODYS: frozenset[str] = frozenset()


class OpenTime(Protocol):
    """How a clock counts time: around the clock, or a calendar's opening hours."""

    def open_us(self, from_us: int, to_us: int) -> int:
        """Open time from one instant to another, 0 where they are in the other order."""

    def after_us(self, from_us: int, open_us: int) -> int:
        """The first instant at which so much open time has passed. Raises ``NeverOpen``."""

    def is_open(self, at_us: int, /) -> bool:
        """Whether time counts at an instant."""

    def turns_us(self, at_us: int, /) -> int | None:
        """When time begins or ceases to count next after an instant, at the latest; ``None`` for never."""


class PauseRule(NamedTuple):
    """The event types that begin and end a pause."""

    begin: str
    end: str


class ClockRule(NamedTuple):
    """One clock term, made ready for judging.

    ``moved`` is the cut-off: from the start event's time to the start. ``own``: the hubs or couriers (``role``) that
    the term is about. A clock that starts outside ``from_us`` up to ``to_us`` is another version's.
    """

    starts: tuple[str, ...]
    stops: tuple[str, ...]
    cancels: tuple[str, ...]
    pauses: tuple[PauseRule, ...]
    open_time: OpenTime
    moved: Callable[[int], int | None] | None
    target_s: int
    at_risk_us: int | None
    tiers: frozenset[str] | None
    hubs: frozenset[str] | None
    role: str
    own: frozenset[str] | None
    from_us: int | None
    to_us: int | None


class Clock(NamedTuple):
    """A clock at an instant. ``first`` is the event that started it, ``parcels`` those it waits for.

    ``grows_us``: of one that is late and counts on, the instant since which its lateness would have come about had it
    counted without a break.
    """

    state: str
    first: Event | None
    parcels: tuple[str, ...]
    started_us: int | None
    due_us: int | None
    at_risk_us: int | None
    stopped_us: int | None
    end_us: int
    elapsed_s: int
    paused_s: int
    late_s: int
    grows_us: int | None = None


Held = Mapping[str, list[Event]]
"""Events about hubs and couriers themselves, by subject."""
Closed = Mapping[PauseRule, Mapping[str, list[Span]]]
"""The pauses of hubs and couriers, by subject."""


def clock(rule: ClockRule, log: OrderLog, held: Held, closed: Closed, at_us: int) -> Clock | None:
    """The clock of one term for one order; ``None`` where the term does not concern the order or nothing started it."""
    if (rule.tiers is not None and rule.tiers.isdisjoint(log.tiers)) or (
        rule.hubs is not None and rule.hubs.isdisjoint(log.hubs)
    ):
        return None
    if rule.own is not None and rule.own.isdisjoint(log.hubs if rule.role == "hub" else log.couriers):
        return None
    foreign = log.foreign(rule.own, rule.role) if rule.own is not None else NOBODYS
    starts = [same for kind in rule.starts if (same := _ours(log.by_type.get(kind, []), foreign))]
    if not starts:
        return None
    parcels = _parcels(log, starts, foreign)
    first = max([same[0] for same in starts])
    started_us: int | None = None
    if len(starts) == len(rule.starts):
        started_us = first.at_us if rule.moved is None else rule.moved(first.at_us)
    if started_us is not None and not _is_in_force(rule, started_us):
        return None
    if started_us is None or started_us > at_us:
        due_us = None if started_us is None else _reached(rule, started_us, (), rule.target_s * SECOND_US)
        return Clock(SCHEDULED, first, parcels, started_us, due_us, None, None, at_us, 0, 0, 0)
    stopped = last_of_firsts(log.firsts(rule.stops), parcels)
    cancel = _ours(log.all_of(rule.cancels), foreign)[:1] if rule.cancels else []
    stop_us = stopped.at_us if stopped else None
    cancel_us = cancel[0].at_us if cancel else None
    if held:
        stop_us = _earlier(stop_us, _of_held(rule.stops, log, held, started_us))
        cancel_us = _earlier(cancel_us, _of_held(rule.cancels, log, held, started_us))
    is_cancelled = cancel_us is not None and (stop_us is None or cancel_us <= stop_us)
    ended_us = cancel_us if is_cancelled else stop_us
    return _counted(rule, log, closed, at_us, _Course(first, parcels, foreign, started_us, ended_us, is_cancelled))


class _Course(NamedTuple):
    first: Event
    parcels: tuple[str, ...]
    foreign: frozenset[str]
    started_us: int
    ended_us: int | None
    is_cancelled: bool


def _counted(rule: ClockRule, log: OrderLog, closed: Closed, at_us: int, course: _Course) -> Clock:
    started_us, ended_us = course.started_us, course.ended_us
    end_us = at_us if ended_us is None else ended_us
    spans = _spans(rule, log, closed, course.foreign) if rule.pauses else []
    gaps = union(spans, started_us, end_us) if spans else []
    open_us = rule.open_time.open_us
    paused_us = sum([open_us(begin_us, over_us) for begin_us, over_us in gaps])
    elapsed_us = open_us(started_us, end_us) - paused_us
    elapsed_s = elapsed_us // SECOND_US
    late_s = max(0, elapsed_s - rule.target_s)
    if course.is_cancelled:
        state = BREACHED if late_s else CANCELLED
    elif late_s:
        state = BREACHED
    elif ended_us is not None:
        state = MET
    else:
        state = PAUSED if _is_paused(spans, at_us) else RUNNING
    due_us = None if state == PAUSED else _reached(rule, started_us, gaps, rule.target_s * SECOND_US)
    at_risk_us = None
    if rule.at_risk_us is not None:
        at_risk_us = _reached(rule, started_us, gaps, rule.at_risk_us)
        if at_risk_us is not None and at_risk_us > end_us:
            at_risk_us = None
    return Clock(
        state,
        course.first,
        course.parcels,
        started_us,
        due_us,
        at_risk_us,
        ended_us,
        end_us,
        elapsed_s,
        paused_us // SECOND_US,
        late_s,
        end_us - elapsed_us + rule.target_s * SECOND_US if late_s and _runs_on(rule, ended_us, spans, at_us) else None,
    )


def _runs_on(rule: ClockRule, ended_us: int | None, spans: Sequence[Span], at_us: int) -> bool:
    return ended_us is None and rule.open_time.is_open(at_us) and not _is_paused(spans, at_us)


def _is_paused(spans: Sequence[Span], at_us: int) -> bool:
    return any(end is None and begin <= at_us for begin, end in spans)


def _reached(rule: ClockRule, started_us: int, gaps: Sequence[Gap], wanted_us: int) -> int | None:
    """The first instant at which so much time has elapsed, the pauses left out; ``None`` if that never comes."""
    since_us = started_us
    for begin_us, end_us in gaps:
        passed_us = rule.open_time.open_us(since_us, begin_us)
        if wanted_us <= passed_us:
            break
        wanted_us -= passed_us
        since_us = end_us
    try:
        return rule.open_time.after_us(since_us, wanted_us)
    except NeverOpen:
        return None


def _parcels(log: OrderLog, starts: Sequence[list[Event]], foreign: frozenset[str]) -> tuple[str, ...]:
    given = [parcel for same in starts for event in same for parcel in event.data.get("parcels") or ()]
    kept: Iterable[str] = dict.fromkeys(each.removeprefix("parcel/") for each in given) if given else log.parcels
    return tuple([each for each in kept if each not in log.returned and each not in foreign])


def _ours(events: list[Event], foreign: frozenset[str]) -> list[Event]:
    return [event for event in events if event.subject[7:] not in foreign] if foreign else events


def _spans(rule: ClockRule, log: OrderLog, closed: Closed, foreign: frozenset[str]) -> list[Span]:
    """Every pause that concerns the order: its own and its parcels', and those of the hubs and couriers it is with."""
    spans: list[Span] = []
    for pause in rule.pauses:
        begins = _ours(log.by_type.get(pause.begin, []), foreign)
        if begins:
            ends = log.by_type.get(pause.end, [])
            for subject in {event.subject for event in begins if not _is_held(event.subject)}:
                spans += paired(
                    [event for event in begins if event.subject == subject],
                    [event for event in ends if event.subject == subject],
                )
        by_subject = closed.get(pause)
        if by_subject:
            for subject in _with(log):
                spans += by_subject.get(subject, ())
    return spans


def _of_held(kinds: Sequence[str], log: OrderLog, held: Held, started_us: int) -> int | None:
    """The first event about a hub or courier of the order, of one of the types, that comes while the clock runs."""
    found = [
        event.at_us
        for subject in _with(log)
        for event in held.get(subject, ())
        if event.type in kinds and event.at_us >= started_us
    ]
    return min(found, default=None)


def _with(log: OrderLog) -> list[str]:
    return [*(f"hub/{hub}" for hub in log.hubs), *(f"courier/{courier}" for courier in log.couriers)]


def _is_held(subject: str) -> bool:
    return subject.startswith(("hub/", "courier/"))


def _is_in_force(rule: ClockRule, started_us: int) -> bool:
    return (rule.from_us is None or rule.from_us <= started_us) and (rule.to_us is None or started_us < rule.to_us)


def _earlier(one_us: int | None, other_us: int | None) -> int | None:
    if one_us is None or other_us is None:
        return other_us if one_us is None else one_us
    return min(one_us, other_us)
