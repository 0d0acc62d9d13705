"""The clocks of a judgement, as reports and pages read them. Every function names the marketplace and the judgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select

from api.db.stored import named
from api.db.tables.verdicts import verdicts

DECIDED = ("met", "breached")
_AT = verdicts.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Which clocks: of a judgement, and where they are given of one party, week, term or order."""

    tenant: str
    judgement: int
    party: str | None = None
    week: str | None = None
    term: str | None = None
    order: str | None = None

    def found(self) -> ColumnElement[bool]:
        """What finds their rows."""
        narrowed = [
            named(_AT[name], value)
            for name in ("party", "week", "term", "order")
            if (value := getattr(self, name)) is not None
        ]
        return and_(_AT.tenant == self.tenant, _AT.judgement == self.judgement, *narrowed)


def counted(db: Connection, clocks: Clocks, by: Sequence[str]) -> Sequence[Any]:
    """How many decided clocks there are, by columns, state and whether they are excused (``count``)."""
    excused = _AT.excluded.is_not(None).label("excused")
    columns = [*(_AT[name] for name in by), _AT.state, excused]
    wanted = select(*columns, func.count().label("count")).where(clocks.found(), _AT.state.in_(DECIDED))
    return db.execute(wanted.group_by(*columns)).all()


def charged(db: Connection, clocks: Clocks, columns: Sequence[str]) -> Sequence[Any]:
    """Columns of every breach that is not excused."""
    wanted = select(*(_AT[name] for name in columns))
    return db.execute(wanted.where(clocks.found(), _AT.state == "breached", _AT.excluded.is_(None))).all()


def amounts(db: Connection, clocks: Clocks) -> dict[tuple[str, str], tuple[int, int]]:
    """How many breaches are not excused, and what they cost, by party and term."""
    wanted = select(_AT.party, _AT.term, func.count().label("breaches"), func.sum(_AT.amount).label("amount"))
    late = (clocks.found(), _AT.state == "breached", _AT.excluded.is_(None))
    rows = db.execute(wanted.where(*late).group_by(_AT.party, _AT.term))
    return {(row.party, row.term): (row.breaches, int(row.amount)) for row in rows}


def breached(clocks: Clocks) -> Select[Any]:
    """Breaches; order them by ``LATEST``."""
    return select(verdicts).where(clocks.found(), _AT.state == "breached")


def costly(db: Connection, clocks: Clocks, begin: datetime | None, end: datetime | None) -> Sequence[Any]:
    """Breaches that cost something and started from ``begin`` on, strictly before ``end``; by start, order and term."""
    span = (_AT.started_at >= begin, _AT.started_at < end)
    wanted = select(verdicts).where(clocks.found(), _AT.state == "breached", _AT.uncapped > 0, *span)
    return db.execute(wanted.order_by(_AT.started_at, _AT.order, _AT.term)).all()


LATEST = (_AT.started_at.desc(), _AT.order, _AT.term)


def late_seconds(row: Any, at: datetime) -> int:
    """How late a clock is at the instant of its judgement: one that runs on grows meanwhile."""
    return int(row.late_seconds if row.grows_at is None else (at - row.grows_at) // timedelta(seconds=1))


def one(db: Connection, clocks: Clocks) -> Row[Any] | None:
    """The clock of a term and an order."""
    return db.execute(select(verdicts).where(clocks.found())).one_or_none()


def values(db: Connection, clocks: Clocks, column: str) -> list[str]:
    """What a column holds, each once, in order."""
    wanted = select(_AT[column]).distinct().where(clocks.found(), _AT[column].is_not(None))
    return list(db.execute(wanted.order_by(_AT[column])).scalars())
