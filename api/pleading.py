"""What is said about a case: excuses and what becomes of them, disputes, waivers. Each is an event in the log.

Who says it is its source: a partner as itself, the marketplace's people as themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from annotated_types import Len
from sqlalchemy import Connection

from api import cases
from api.cases import Open
from api.db import sla_log
from api.db.sla_log import LogEntry
from api.principal import OPERATORS, Principal
from router.errors import Conflict
from router.model import Id, Record
from sla import case
from sla.excuse import PROPOSED
from sla.judge import WAIVED

Words = Annotated[str, Len(1, 2000)]
Kind = Annotated[str, Len(1, 100)]
Sha256 = Annotated[str, Len(64, 64)]


class CaseNotSo(Conflict):
    """A case is in a state in which that cannot be said of it."""

    code, title = "case-not-so", "The case is in another state"

    def __init__(self, state: str, what: str, wanted: Sequence[str]) -> None:
        super().__init__(f"the case is {state}; {what} needs one that is {' or '.join(wanted)}", state=state)


class NoExcuse(Conflict):
    """No excuse is proposed that could be decided."""

    code, title = "no-excuse", "There is no such excuse"

    def __init__(self) -> None:
        super().__init__("no excuse of that id is proposed for this case")


class DisputeTooLate(Conflict):
    """The contract's time for disputes is over."""

    code, title = "dispute-too-late", "It is too late to dispute this"

    def __init__(self, until: date) -> None:
        super().__init__(f"the last day for a dispute was {until.isoformat()}", until=until.isoformat())


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Record):
    """Something that shows it: its kind, and the SHA-256 of its bytes."""

    kind: Kind
    sha256: Sha256 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse(Record):
    """Why a breach should not count. ``code``: of those that the term lists."""

    code: Id
    reason: Words | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Record):
    """About an excuse, the last one where none is named."""

    excuse: Id | None = None
    reason: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Record):
    """Why."""

    reason: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution(Record):
    """How a dispute ends: the breach stands, or it does not and costs nothing."""

    outcome: Literal["upheld", "overturned"]
    reason: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The event that was appended to the log; the case knows it from now on."""

    id: str
    type: str
    source: str
    time: datetime


def propose(db: Connection, who: Principal, found: Open, excuse: Excuse, new_id: str, now: datetime) -> Recorded:
    """Proposes an excuse. Raises ``CaseNotSo``."""
    _must_be(found, "an excuse", (case.OPEN, case.EXCUSE_PROPOSED, case.UPHELD))
    shown = [{"kind": each.kind, "sha256": each.sha256} for each in excuse.evidence]
    data = {"code": excuse.code, "reason": excuse.reason, "evidence": shown or None}
    return _tell(db, who, found, PROPOSED, data, new_id, now)


def decide(
    db: Connection, who: Principal, found: Open, decision: Decision, kind: str, new_id: str, now: datetime
) -> Recorded:
    """Accepts or rejects an excuse; the last decision wins. Raises ``CaseNotSo``, ``NoExcuse``."""
    _must_be(found, "a decision", (case.EXCUSE_PROPOSED, case.EXCUSED, case.UPHELD))
    proposed = [each.id for each in cases.proposals(found)]
    excuse = decision.excuse or (proposed[-1] if proposed else None)
    if excuse is None or excuse not in proposed:
        raise NoExcuse
    return _tell(db, who, found, kind, {"excuse": excuse, "reason": decision.reason}, new_id, now)


def dispute(db: Connection, who: Principal, found: Open, said: Said, new_id: str, now: datetime) -> Recorded:
    """Disputes a breach within the contract's time. Raises ``CaseNotSo``, ``DisputeTooLate``."""
    _must_be(found, "a dispute", (case.OPEN, case.EXCUSE_PROPOSED, case.UPHELD))
    until = cases.dispute_until(found.law, cases.instant(found.verdict.clock.started_us))
    if until is not None and now.astimezone(found.law.zone).date() > until:
        raise DisputeTooLate(until)
    return _tell(db, who, found, case.DISPUTE_OPENED, {"reason": said.reason}, new_id, now)


def respond(db: Connection, who: Principal, found: Open, said: Said, new_id: str, now: datetime) -> Recorded:
    """The first response to a dispute. Raises ``CaseNotSo``."""
    _must_be(found, "a response", (case.DISPUTED,))
    return _tell(db, who, found, case.FIRST_RESPONSE, {"reason": said.reason}, new_id, now)


def resolve(
    db: Connection, who: Principal, found: Open, how: Resolution, new_ids: tuple[str, str], now: datetime
) -> Recorded:
    """Ends a dispute; an overturned breach is waived with it, so that it costs nothing. Raises ``CaseNotSo``."""
    _must_be(found, "a resolution", (case.DISPUTED,))
    data = {"outcome": how.outcome, "reason": how.reason}
    made = _tell(db, who, found, case.DISPUTE_RESOLVED, data, new_ids[0], now)
    if how.outcome == case.OVERTURNED:
        _tell(db, who, found, WAIVED, {"dispute": new_ids[0], "reason": how.reason}, new_ids[1], now)
    return made


def waive(db: Connection, who: Principal, found: Open, said: Said, new_id: str, now: datetime) -> Recorded:
    """Forgives a breach. Raises ``CaseNotSo``."""
    _must_be(found, "a waiver", (case.OPEN, case.EXCUSE_PROPOSED, case.UPHELD, case.DISPUTED))
    return _tell(db, who, found, WAIVED, {"reason": said.reason}, new_id, now)


def recorded(
    db: Connection, who: Principal, kind: str, subject: str, data: Mapping[str, Any], new_id: str, now: datetime
) -> Recorded:
    """Appends an event that somebody says over HTTP: a partner as itself, the marketplace's people as themselves."""
    source = f"partner/{who.partner}" if who.role in OPERATORS else f"marketplace/{who.actor}"
    told = {
        "specversion": "1.0",
        "id": new_id,
        "source": source,
        "type": kind,
        "time": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": subject,
        "data": {name: value for name, value in data.items() if value is not None},
    }
    entry = LogEntry(source=source, id=new_id, type=kind, subject=subject, time=now, told=told)
    sla_log.append(db, who.tenant, [entry], now)
    return Recorded(id=new_id, type=kind, source=source, time=now)


def _tell(
    db: Connection, who: Principal, found: Open, kind: str, data: Mapping[str, Any], new_id: str, now: datetime
) -> Recorded:
    about = {"order": found.order, "term": found.verdict.rule.term, **data}
    return recorded(db, who, kind, f"order/{found.order}", about, new_id, now)


def _must_be(found: Open, what: str, wanted: Sequence[str]) -> None:
    if found.state not in wanted:
        raise CaseNotSo(found.state.replace("_", " "), what, [each.replace("_", " ") for each in wanted])
