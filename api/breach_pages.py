"""What the page of breaches shows: figures by partner and clause, the breaches behind them, one clock alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from api import judging, reports
from api.db import sla_log
from api.db.sla_log import LoggedEvent
from api.db.tables.sla import contracts as contract_rows
from api.db.tables.sla import sla_events
from api.judging import Judged
from api.reports import known_or_none
from api.wording import money
from router.errors import NotFound

PAGE = 50
"""Breaches of one page."""


class NoClock(NotFound):
    """No clock of that term and order."""

    code, title = "no-clock", "There is no such clock"

    def __init__(self) -> None:
        super().__init__("the contract has no clock of that term for that order")


def overview(
    db: Connection,
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
    wanted = select(contract_rows.c.id).distinct().where(contract_rows.c.tenant == tenant)
    names = list(db.execute(wanted.order_by(contract_rows.c.id)).scalars())
    chosen = contract or (names[0] if names else None)
    empty = {"contracts": names, "contract": chosen, "party": party, "week": week, "term": term}
    if chosen is None:
        return empty
    judged = judging.judged(db, tenant, chosen, None, judging.lately(now))
    clocks = judged.clocks
    shown = clocks
    for name, value in (("party", party), ("week", week)):
        if value is not None:
            shown = shown[shown[name] == value]
    figures = Judged(contract=judged.contract, at=judged.at, clocks=shown, ratios=(), settlements=())
    attained = reports.attainment(figures, ("party", "clause", "term"))
    late = shown[shown["state"] == "breached"]
    charged = late[late["excluded"].isna()].groupby(["party", "term"], observed=True)["amount"].sum()
    rows = [
        {
            **dict(zip(attained.columns, row, strict=True)),
            "amount": money(int(charged.get((row[0], row[2]), 0)), judged.contract.currency),
        }
        for row in attained.rows
    ]
    if term is not None:
        late = late[late["term"] == term]
    ordered = late.sort_values(["started_at", "order", "term"], ascending=[False, True, True], kind="stable")
    here = ordered.iloc[page * PAGE : (page + 1) * PAGE]
    return empty | {
        "version": judged.contract.version,
        "at": judged.at,
        "parties": sorted(clocks["party"].dropna().unique()),
        "weeks": sorted(clocks["week"].dropna().unique(), reverse=True)[:12],
        "rows": rows,
        "cases": [_case(row, judged.contract.currency) for row in here.itertuples(index=False)],
        "more": page + 1 if len(ordered) > (page + 1) * PAGE else None,
        "definitions": attained.definitions,
    }


def clock(db: Connection, tenant: str, now: datetime, *, contract: str, term: str, order: str) -> Mapping[str, Any]:
    """One clock, and every event of its order. Raises ``NoContract``, ``NoClock``."""
    judged = judging.judged(db, tenant, contract, None, judging.lately(now))
    mine = judged.clocks[(judged.clocks["term"] == term) & (judged.clocks["order"] == order)]
    if mine.empty:
        raise NoClock
    row = next(mine.itertuples(index=False))
    ordered = sla_log.listed(tenant, order=order).order_by(sla_events.c.time, sla_events.c.source, sla_events.c.id)
    facts = [(name.replace("_", " "), known_or_none(getattr(row, name))) for name in judging.CLOCKS if name != "amount"]
    facts.append(("amount", money(int(row.amount), judged.contract.currency)))
    return {
        "contract": contract,
        "version": judged.contract.version,
        "term": term,
        "order": order,
        "facts": [(name, "–" if value is None else value) for name, value in facts],
        "events": [_event(sla_log.entry_of(each)) for each in db.execute(ordered)],
    }


def _case(row: Any, currency: str) -> dict[str, Any]:
    return {
        "order": row.order,
        "party": row.party,
        "clause": row.clause,
        "term": row.term,
        "due": _shown(row.due_at) or "–",
        "stopped": _shown(row.stopped_at) or "not yet",
        "late": f"{pd.Timedelta(seconds=int(row.late_seconds))}".replace("0 days ", ""),
        "attributed_to": known_or_none(row.attributed_to) or "–",
        "amount": money(int(row.amount), currency),
        "excluded": known_or_none(row.excluded),
    }


def _shown(at: Any) -> str | None:
    """An instant of a row as people read it, in UTC."""
    known = known_or_none(at)
    return None if known is None else str(known).replace("T", " ").removesuffix("Z")


def _event(event: LoggedEvent) -> dict[str, Any]:
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
    }
