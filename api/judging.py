"""Judges a marketplace's log under a published contract, and keeps the outcome as long as neither changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from api.db import contracts, sla_log
from api.db.tables.sla import sla_events
from api.remembered import Remembered
from sla import codec
from sla.contract import Contract
from sla.event import Event, read
from sla.replay import replay
from sla.rules import prepared

_JUDGED: Remembered[Judged] = Remembered(4)

CLOCKS = (
    "party",
    "term",
    "clause",
    "order",
    "drop",
    "tier",
    "hub",
    "week",
    "state",
    "started_at",
    "due_at",
    "stopped_at",
    "late_seconds",
    "excluded",
    "amount",
    "attributed_to",
)
"""The columns of a frame of clocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a log comes to under a contract: a row for each clock; ratios and settlements as a replay prints them."""

    contract: Contract
    at: datetime
    clocks: pd.DataFrame
    ratios: tuple[dict[str, Any], ...]
    settlements: tuple[dict[str, Any], ...]


def judged(db: Connection, tenant: str, contract: str, version: int | None, at: datetime) -> Judged:
    """The log of a marketplace under a version of a contract, the newest where none is named. Raises ``NoContract``.

    What happened after ``at`` does not count. O(events), once for each state of the log.
    """
    spelt = contracts.document(db, tenant, contract, version)
    mine = sla_events.c.tenant == tenant
    count, latest = db.execute(
        select(func.count(), func.max(sla_events.c.received_at)).select_from(sla_events).where(mine)
    ).one()
    key = json.dumps([tenant, spelt, count, str(latest), at.isoformat()])

    def judge() -> Judged:
        bound = codec.read_contract(spelt.encode(), bound=True)
        events = [read(line) for line in sla_log.lines(db, tenant, until=at)]
        return of_events(bound, events, at)

    return _JUDGED.of(key, judge)


def lately(now: datetime) -> datetime:
    """The last full ten seconds: whoever looks again within them is shown the same."""
    return now.replace(second=now.second // 10 * 10, microsecond=0)


def of_events(contract: Contract, events: list[Event], at: datetime) -> Judged:
    """What events come to under a contract at an instant. Pure."""
    return of_rows(contract, replay(prepared(contract), events, round(at.timestamp() * 1_000_000)), facts(events), at)


def facts(events: Iterable[Event]) -> dict[str, dict[str, str]]:
    """By order what its events say of it first: drop, tier, hub."""
    found: dict[str, dict[str, str]] = {}
    for event in events:
        if event.order is not None:
            own = found.setdefault(event.order, {})
            for name in ("drop", "tier", "hub"):
                value = event.data.get(name)
                if value is not None:
                    own.setdefault(name, value)
    return found


def of_rows(contract: Contract, lines: Iterable[str], known: dict[str, dict[str, str]], at: datetime) -> Judged:
    """The rows that a replay prints, as frames. Pure. O(rows)."""
    rows = [json.loads(line) for line in lines]
    clauses = {term.id: term.clause or term.id for term in contract.terms}
    clocks = pd.DataFrame.from_records([row for row in rows if row["kind"] == "clock"])
    if clocks.empty:
        clocks = pd.DataFrame(columns=[*CLOCKS, "subject"])
    clocks["order"] = clocks["subject"].str.removeprefix("order/")
    clocks["clause"] = clocks["term"].map(clauses)
    for name in ("drop", "tier", "hub"):
        clocks[name] = clocks["order"].map({order: own.get(name) for order, own in known.items()})
    started = pd.to_datetime(clocks["started_at"], utc=True).dt.tz_convert(contract.timezone)
    calendar = started.dt.isocalendar()
    weeks = calendar["year"].astype("string") + "-W" + calendar["week"].astype("string").str.zfill(2)
    clocks["week"] = weeks.where(started.notna(), None)
    clocks = clocks[list(CLOCKS)]
    for name in ("party", "term", "clause", "drop", "tier", "hub", "week", "state"):
        clocks[name] = clocks[name].astype("category")
    return Judged(
        contract=contract,
        at=at,
        clocks=clocks,
        ratios=tuple(row for row in rows if row["kind"] == "ratio"),
        settlements=tuple(row for row in rows if row["kind"] == "settlement"),
    )
