"""Cases: what became of each breach, out of the events of its order. What may be said next: ``api.pleading``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from api import judging, judging_steps
from api.db import verdict_rows
from api.judging import Judged
from api.judging_steps import Law, OfOrder
from api.judging_sums import microseconds
from api.principal import OPERATORS, Principal
from router.errors import NotFound
from sla import case
from sla.around import Lock
from sla.case import Ends, Move
from sla.clock import BREACHED
from sla.event import EPOCH, Event
from sla.excuse import PROPOSED
from sla.judge import Verdict
from sla.rules import period
from sla.window import midnight_us


class NoCase(NotFound):
    """No breach of that term and order, or it is another partner's."""

    code, title = "no-case", "There is no such case"

    def __init__(self) -> None:
        super().__init__("no clock of that term is breached for that order")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A breach. ``state``: what was said of it last. ``settled_at``: when its window was settled."""

    contract: str
    version: int
    term: str
    clause: str
    order: str
    party: str
    state: str
    started_at: datetime | None
    due_at: datetime | None
    stopped_at: datetime | None
    late_seconds: int
    amount: int
    currency: str
    excluded: str | None
    attributed_to: str | None
    dispute_until: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMove:
    """One step of a case; ``by``: the source of the event, null where time or a settlement made it."""

    state: str
    at: datetime
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStory:
    """A case with every step that it took, in order, and the excuses that are proposed for it, by id."""

    case: Case
    moves: tuple[CaseMove, ...]
    excuses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A case as it stands, for whoever wants to say something about it."""

    law: Law
    order: str
    verdict: Verdict
    judged: OfOrder
    moves: Sequence[Move] = field(default_factory=tuple)

    @property
    def state(self) -> str:
        """What was said last."""
        return self.moves[-1].state if self.moves else case.OPEN


def party_of(who: Principal) -> str | None:
    """The party whose cases somebody may see, ``None`` for all."""
    return f"{who.role}/{who.partner}" if who.role in OPERATORS else None


def stands(db: Connection, who: Principal, law: Law, term: str, order: str, now: datetime) -> Open:
    """The case of a term and order. Raises ``NoCase``, for another partner's too."""
    judged = judging_steps.of_order(db, law, who.tenant, order, now)
    party = party_of(who)
    for verdict in judged.verdicts:
        if (verdict.rule.term, verdict.state) == (term, BREACHED) and party in (None, verdict.rule.party):
            found = case.moves(verdict, judged.log, judged.around, Ends(), microseconds(now))
            return Open(law=law, order=order, verdict=verdict, judged=judged, moves=found)
    raise NoCase


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCase:
    """What a path says of a case; ``version`` of the contract, ``None`` for the newest."""

    contract: str
    version: int | None
    term: str
    order: str

    def stands(self, db: Connection, who: Principal, now: datetime) -> Open:
        """The case as it stands. Raises ``NoCase``, ``NoContract``."""
        return stands(db, who, judging.law(db, who.tenant, self.contract, self.version), self.term, self.order, now)


def story(found: Open, now: datetime) -> CaseStory:
    """One case with all that became of it."""
    law = found.law
    clock, rule = found.verdict.clock, found.verdict.rule
    started_at = instant(clock.started_us)
    settled = settled_at(law, found.judged.locks, rule.party, started_at)
    until = dispute_until(law, started_at)
    is_over = until is not None and settled is not None and found.state != case.DISPUTED
    ends = Ends(
        credited_us=None if settled is None else microseconds(settled),
        undisputed_us=midnight_us(until + timedelta(days=1), law.zone) if until is not None and is_over else None,
    )
    moves = case.moves(found.verdict, found.judged.log, found.judged.around, ends, microseconds(now))
    return CaseStory(
        case=Case(
            contract=law.contract.id,
            version=law.contract.version,
            term=rule.term,
            clause=clause_of(law, rule.term),
            order=found.order,
            party=rule.party,
            state=found.state,
            started_at=started_at,
            due_at=instant(clock.due_us),
            stopped_at=instant(clock.stopped_us),
            late_seconds=clock.late_s,
            amount=found.verdict.amount,
            currency=law.contract.currency,
            excluded=found.verdict.excluded,
            attributed_to=found.verdict.attributed_to,
            dispute_until=None if until is None else until.isoformat(),
            settled_at=settled,
        ),
        moves=tuple(
            CaseMove(state=move.state, at=EPOCH + timedelta(microseconds=move.at_us), by=move.by, reason=move.reason)
            for move in moves
        ),
        excuses=tuple(each.id for each in proposals(found)),
    )


def decisive(found: Open) -> set[tuple[str, str]]:
    """Source and id of the events that decided a case: what evidence of it holds."""
    stages = [kind for stage in found.law.rules.stages for kind in (stage.begin, stage.end)]
    decided = case.decisive(found.verdict, found.judged.log, found.judged.around, stages)
    return {event.identity for event in decided}


def listed(judged: Judged, row: Row[Any]) -> Case:
    """A stored breach as a case."""
    law = judged.law
    until = dispute_until(law, row.started_at)
    same = ("term", "order", "party", "started_at", "due_at", "stopped_at", "amount")
    return Case(
        **{name: row._mapping[name] for name in (*same, "excluded", "attributed_to")},
        contract=law.contract.id,
        version=law.contract.version,
        clause=clause_of(law, row.term),
        late_seconds=verdict_rows.late_seconds(row, judged.at),
        state=row.case or case.OPEN,
        currency=law.contract.currency,
        dispute_until=None if until is None else until.isoformat(),
        settled_at=settled_at(law, judged.sums.locks, row.party, row.started_at),
    )


def dispute_until(law: Law, started_at: datetime | None) -> date | None:
    """The last day on which a breach can be disputed, ``None`` where the contract names none."""
    settled = law.contract.settlement
    if settled is None or settled.dispute_within is None or started_at is None:
        return None
    end = period(settled.window).window(started_at.astimezone(law.zone).date()).end
    return settled.dispute_within.after(end) - timedelta(days=1)


def settled_at(law: Law, locks: Sequence[Lock], party: str, started_at: datetime | None) -> datetime | None:
    """When the window of a clock was settled for its party."""
    if law.contract.settlement is None or started_at is None:
        return None
    window = period(law.contract.settlement.window).window(started_at.astimezone(law.zone).date())
    found = [lock.at_us for lock in locks if lock.window == window and lock.party in (None, party)]
    return instant(min(found, default=None))


def clause_of(law: Law, term: str) -> str:
    """The clause that a term stands in, its own id where the contract names none."""
    return next((each.clause or each.id for each in law.contract.terms if each.id == term), term)


def proposals(found: Open) -> list[Event]:
    """The excuses that are proposed for a case, in fold order."""
    term = found.verdict.rule.term
    return [each for each in found.judged.log.by_type.get(PROPOSED, ()) if (each.data.get("term") or term) == term]


def instant(at_us: int | None) -> datetime | None:
    """A time of an event as the service has it."""
    return None if at_us is None else EPOCH + timedelta(microseconds=at_us)
