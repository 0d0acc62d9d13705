"""Cases: what became of each breach, told as moves with who, when and why. Nothing is stored; the events are.

open → excuse proposed → excused | upheld → disputed → upheld | overturned → credited → earned back | waived → closed
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sla.clock import BREACHED
from sla.event import Event
from sla.excuse import ACCEPTED, PROPOSED, REJECTED
from sla.judge import WAIVED, Around, Verdict
from sla.order_log import OrderLog

OPEN, EXCUSE_PROPOSED, EXCUSED, UPHELD, DISPUTED, OVERTURNED, CREDITED, EARNED_BACK, CASE_WAIVED, CLOSED = (
    "open",
    "excuse_proposed",
    "excused",
    "upheld",
    "disputed",
    "overturned",
    "credited",
    "earned_back",
    "waived",
    "closed",
)
DISPUTE_OPENED, FIRST_RESPONSE, DISPUTE_RESOLVED = "dispute.opened", "dispute.first_response", "dispute.resolved"
_ALWAYS = frozenset(
    {PROPOSED, ACCEPTED, REJECTED, WAIVED, DISPUTE_OPENED, FIRST_RESPONSE, DISPUTE_RESOLVED} | {"parcel.returned"}
)


class Move(NamedTuple):
    """One step of a case. ``by`` is the source of the event that made it, ``None`` where time or a settlement did."""

    state: str
    at_us: int
    by: str | None
    reason: str | None


class Ends(NamedTuple):
    """What a settlement made of a case: when its window was settled, earned back, and when no dispute can come any
    more; each ``None`` while it has not."""

    credited_us: int | None = None
    earned_back_us: int | None = None
    undisputed_us: int | None = None


def moves(verdict: Verdict, log: OrderLog, around: Around, ends: Ends, at_us: int) -> list[Move]:
    """The moves of one breached clock's case up to an instant, in order; none where there is no breach."""
    due_us = verdict.clock.due_us
    if verdict.state != BREACHED or due_us is None:
        return []
    found = [Move(OPEN, due_us, None, f"{verdict.rule.term} is breached")]
    proposals = {each.id for each in log.by_type.get(PROPOSED, ()) if _concerns(each, verdict.rule.term)}
    elsewhere = [event for name in sorted(proposals) for event in around.decisions.get(name, ())]
    for event in sorted([*log.events, *elsewhere]):
        state = _state(event, verdict.rule.term, proposals)
        if state is not None:
            found.append(Move(state, event.at_us, event.source, event.data.get("reason") or event.data.get("code")))
            undecided = all(each.data.get("excuse") != event.id for each in [*log.events, *elsewhere])
            if event.type == PROPOSED and undecided and verdict.excluded == event.data.get("code"):
                found.append(Move(EXCUSED, event.at_us, None, "the evidence that the clause asks for is there"))
    if ends.credited_us is not None and verdict.amount:
        found.append(Move(CREDITED, ends.credited_us, None, "the window is settled"))
    if ends.earned_back_us is not None:
        found.append(Move(EARNED_BACK, ends.earned_back_us, None, "the windows after were good enough"))
    if ends.undisputed_us is not None:
        found.append(Move(CLOSED, ends.undisputed_us, None, "the time for disputes is over"))
    return [move for move in found if move.at_us <= at_us]


def decisive(verdict: Verdict, log: OrderLog, around: Around, stages: Sequence[str]) -> list[Event]:
    """The events that decided a verdict, in fold order: those that its clock, its excuses and its walk look at.

    ``stages``: the event types at which stages begin and end.
    """
    rule = verdict.rule.clock
    own = {*rule.starts, *rule.stops, *rule.cancels, *(kind for pause in rule.pauses for kind in pause), *stages}
    found = [event for event in log.events if event.type in own or event.type in _ALWAYS or event.data.get("evidence")]
    known = {event.identity for event in found}
    for decisions in around.decisions.values():
        asked = {each.id for each in log.by_type.get(PROPOSED, ())}
        found += [each for each in decisions if each.data.get("excuse") in asked and each.identity not in known]
    places = {*(f"hub/{hub}" for hub in log.hubs), *(f"courier/{courier}" for courier in log.couriers)}
    found += [
        event
        for event in around.general
        if event.subject in places and event.type in own and event.identity not in known
    ]
    return sorted(found)


def _state(event: Event, term: str, proposals: set[str]) -> str | None:
    if event.type in (ACCEPTED, REJECTED):
        if event.data.get("excuse") not in proposals:
            return None
        return EXCUSED if event.type == ACCEPTED else UPHELD
    if not _concerns(event, term):
        return None
    if event.type == WAIVED and event.data.get("dispute"):
        return None  # what makes an overturned breach cost nothing
    if event.type == DISPUTE_RESOLVED:
        return OVERTURNED if event.data.get("outcome") == OVERTURNED else UPHELD
    return {PROPOSED: EXCUSE_PROPOSED, DISPUTE_OPENED: DISPUTED, WAIVED: CASE_WAIVED}.get(event.type)


def _concerns(event: Event, term: str) -> bool:
    return (event.data.get("term") or term) == term
