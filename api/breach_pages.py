"""What the page of breaches shows: figures by partner and clause, the breaches behind them, one clock alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from api import cases, judging, reports
from api.cases import CaseMove
from api.db import sla_log, verdict_rows
from api.db.connect import Database
from api.db.sla_log import LoggedEvent
from api.db.tables.sla import contracts as contract_rows
from api.db.tables.sla import sla_events
from api.judging import Judged
from api.principal import Principal
from api.wording import NONE, money
from router.errors import NotFound

PAGE = 50
"""Breaches of one page."""

FACTS = (
    "party",
    "term",
    "order",
    "drop",
    "tier",
    "hub",
    "courier",
    "week",
    "state",
    "started_at",
    "due_at",
    "stopped_at",
    "excluded",
    "attributed_to",
)
"""What is shown of one clock."""


class NoClock(NotFound):
    """No clock of that term and order."""

    code, title = "no-clock", "There is no such clock"

    def __init__(self) -> None:
        super().__init__("the contract has no clock of that term for that order")


def overview(
    store: Database,
    tenant: str,
    now: datetime,
    *,
    contract: str | None,
    party: str | None,
    week: str | None,
    term: str | None,
    page: int,
) -> Mapping[str, Any]:
    """What the page of all breaches shows; the first contract where none is chosen. Raises ``NoContract``."""
    with store.read() as db:
        wanted = select(contract_rows.c.id).distinct().where(contract_rows.c.tenant == tenant)
        names = list(db.execute(wanted.order_by(contract_rows.c.id)).scalars())
    chosen = contract or (names[0] if names else None)
    empty = {"contracts": names, "contract": chosen, "party": party, "week": week, "term": term}
    if chosen is None:
        return empty
    with judging.judged(store, tenant, chosen, None, now=now) as judged:
        attained = reports.attainment(judged, ("party", "clause", "term"), party=party, week=week)
        charged = verdict_rows.amounts(judged.db, judged.clocks(party=party, week=week))
        currency = judged.contract.currency
        rows = [
            {
                **dict(zip(attained.columns, row, strict=True)),
                "amount": money(charged.get((row[0], row[2]), (0, 0))[1], currency),
            }
            for row in attained.rows
        ]
        late = verdict_rows.breached(judged.clocks(party=party, week=week, term=term))
        here = judged.db.execute(late.order_by(*verdict_rows.LATEST).offset(page * PAGE).limit(PAGE + 1)).all()
        return empty | {
            "version": judged.contract.version,
            "at": judged.at.replace(second=0, microsecond=0),
            "parties": verdict_rows.values(judged.db, judged.clocks(), "party"),
            "weeks": verdict_rows.values(judged.db, judged.clocks(), "week")[:-13:-1],
            "rows": rows,
            "cases": [_case(row, judged) for row in here[:PAGE]],
            "more": page + 1 if len(here) > PAGE else None,
            "definitions": attained.definitions,
        }


def clock(store: Database, who: Principal, now: datetime, *, contract: str, term: str, order: str) -> Mapping[str, Any]:
    """One clock with its case, and every event of its order. Raises ``NoContract``, ``NoClock``."""
    with judging.judged(store, who.tenant, contract, None, now=now) as judged:
        row = verdict_rows.one(judged.db, judged.clocks(term=term, order=order))
        if row is None:
            raise NoClock
        ordered = sla_log.listed(who.tenant, order=order)
        ordered = ordered.order_by(sla_events.c.time, sla_events.c.source, sla_events.c.id)
        moves: tuple[CaseMove, ...] = ()
        decided: set[tuple[str, str]] = set()
        if row.case is not None:
            found = cases.stands(judged.db, who, judged.law, term, order, judged.at)
            moves, decided = cases.story(found, judged.at).moves, cases.decisive(found)
        facts = [("clause", cases.clause_of(judged.law, term))]
        facts += [(name.replace("_", " "), _fact(getattr(row, name))) for name in FACTS]
        facts.append(("late seconds", str(verdict_rows.late_seconds(row, judged.at))))
        facts.append(("amount", money(row.amount, judged.contract.currency)))
        return {
            "contract": contract,
            "version": judged.contract.version,
            "term": term,
            "order": order,
            "facts": facts,
            "moves": [
                {
                    "state": each.state.replace("_", " "),
                    "at": each.at,
                    "by": each.by or NONE,
                    "reason": each.reason or NONE,
                }
                for each in moves
            ],
            "events": [_event(sla_log.entry_of(each), decided) for each in judged.db.execute(ordered)],
        }


def _fact(value: Any) -> Any:
    if value is None:
        return NONE
    return _shown(value) if isinstance(value, datetime) else value


def _case(row: Any, judged: Judged) -> dict[str, Any]:
    late = timedelta(seconds=verdict_rows.late_seconds(row, judged.at))
    return {
        "order": row.order,
        "party": row.party,
        "clause": cases.clause_of(judged.law, row.term),
        "term": row.term,
        "due": _shown(row.due_at) or NONE,
        "stopped": _shown(row.stopped_at) or "not yet",
        "late": str(late),
        "attributed_to": row.attributed_to or NONE,
        "amount": money(row.amount, judged.contract.currency),
        "excluded": row.excluded,
        "state": (row.case or NONE).replace("_", " "),
    }


def _shown(at: datetime | None) -> str | None:
    """An instant of a row as people read it, in UTC."""
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def _event(event: LoggedEvent, decided: set[tuple[str, str]]) -> dict[str, Any]:
    corrects = event.data.get("corrects") or {}
    kinds = [str(each.get("kind")) for each in event.data.get("evidence") or () if isinstance(each, dict)]
    return {
        "time": event.time,
        "type": event.type,
        "subject": event.subject,
        "source": event.source,
        "id": event.id,
        "received_at": event.received_at,
        "corrects": corrects.get("id") if isinstance(corrects, dict) else None,
        "evidence": ", ".join(kinds),
        "decided": (event.source, event.id) in decided,
    }
