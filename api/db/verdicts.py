"""Judgements as they are stored: of each contract version the rows of its clocks, and the sums over all orders.

All of it can be made again from the log and the contract (``api.judging``); nothing else is told by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, true, update

from api.db.connect import inserting
from api.db.counters import count
from api.db.tables.accounts import tenants
from api.db.tables.sla import sla_events, sla_touched
from api.db.tables.verdicts import judged_orders, judgements, verdicts

LIVE = ""
"""``as_of`` of the judgement that goes on with the time."""

MAKING = "making "
"""Begins the ``as_of`` of what is no judgement yet; the number follows."""

KEPT = 8
"""How many judgements as of an instant a marketplace keeps."""

SLACK = timedelta(hours=1)
"""How long after the instant of a judgement its reading of the log may have begun, clocks that differ included."""

AT_ONCE = 500
"""Names in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """A judgement by what it is of. ``as_of``: ``LIVE``, or the instant that it stays at."""

    tenant: str
    contract: str
    version: int
    as_of: str = LIVE

    def found(self) -> ColumnElement[bool]:
        """What finds its row."""
        at = judgements.c
        return and_(
            at.tenant == self.tenant,
            at.contract == self.contract,
            at.version == self.version,
            at.as_of == self.as_of,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How far a judgement has come. ``sums``: as ``api.judging`` spells them."""

    number: int
    revision: int
    at: datetime
    position: int
    program: str
    sums: str


def find(db: Connection, which: Which) -> Judgement | None:
    """The judgement, ``None`` where there is none yet."""
    row = db.execute(select(judgements).where(which.found())).one_or_none()
    return None if row is None else Judgement(**{name: row._mapping[name] for name in Judgement.__slots__})


def start(db: Connection, which: Which, program: str, now: datetime) -> int:
    """A number that no judgement of the marketplace has, for rows that nobody reads before ``finish``."""
    number = count(db, which.tenant, tenants.c.judgements)
    key = {"tenant": which.tenant, "contract": which.contract, "version": which.version, "as_of": f"{MAKING}{number}"}
    made = Judgement(number=number, revision=0, at=now, position=0, program=program, sums="")
    db.execute(insert(judgements).values(key | {name: getattr(made, name) for name in Judgement.__slots__}))
    return number


def finish(db: Connection, which: Which, number: int) -> bool:
    """Ends the making of a number's rows; false where they were given up meanwhile."""
    making = replace(which, as_of=f"{MAKING}{number}")
    return db.execute(delete(judgements).where(making.found())).rowcount == 1


def forget(db: Connection, before: datetime) -> int:
    """Deletes rows whose making began strictly before and never ended; gives how many makings."""
    at = judgements.c
    old = delete(judgements).where(at.as_of.startswith(MAKING), at.at < before)
    given_up = db.execute(old.returning(at.tenant, at.number)).all()
    for row in given_up:
        while drop(db, row.tenant, row.number):
            pass
    return len(given_up)


def begin(db: Connection, which: Which, known: Judgement | None) -> bool:
    """Holds a judgement for the rest of the transaction; false where it is not as it is ``known`` any more."""
    if known is None:
        return find(db, which) is None
    same = and_(which.found(), judgements.c.number == known.number, judgements.c.revision == known.revision)
    return db.execute(update(judgements).where(same).values(revision=known.revision + 1)).rowcount == 1


def put(db: Connection, which: Which, now: Judgement) -> bool:
    """Sets what is known of a judgement that this transaction has begun; false where others did, that it is there."""
    values = {name: getattr(now, name) for name in Judgement.__slots__}
    if db.execute(update(judgements).where(which.found()).values(values)).rowcount:
        return True
    key = {"tenant": which.tenant, "contract": which.contract, "version": which.version, "as_of": which.as_of}
    added = inserting(db)(judgements).values(key | values).on_conflict_do_nothing().returning(judgements.c.number)
    return db.execute(added).one_or_none() is not None


def drop(db: Connection, tenant: str, judgement: int) -> bool:
    """Takes some thousand orders of a judgement away that nobody reads; false where there is none left."""
    rows = judged_orders.c
    mine = select(rows.order).where(rows.tenant == tenant, rows.judgement == judgement)
    names = db.execute(mine.order_by(rows.order).limit(AT_ONCE * 10)).scalars().all()
    take(db, tenant, judgement, names)
    return bool(names)


def forget_old(db: Connection, tenant: str) -> list[int]:
    """Forgets judgements as of an instant beyond the last ``KEPT``; gives their numbers, for ``drop``."""
    at = judgements.c
    ended = (at.tenant == tenant, at.as_of != LIVE, ~at.as_of.startswith(MAKING))
    old = select(at.number).where(*ended).order_by(at.number.desc()).offset(KEPT)
    numbers = list(db.execute(old.limit(KEPT)).scalars())
    db.execute(delete(judgements).where(at.tenant == tenant, at.number.in_(numbers)))
    return numbers


def write(
    db: Connection,
    tenant: str,
    judgement: int,
    orders: Sequence[Mapping[str, Any]],
    clocks: Sequence[Mapping[str, Any]],
) -> None:
    """Adds rows: of orders, and of their clocks; both without tenant and judgement."""
    mine = {"tenant": tenant, "judgement": judgement}
    for table, rows in ((judged_orders, orders), (verdicts, clocks)):
        if rows:
            db.execute(insert(table), [{**mine, **row} for row in rows])


def sums(db: Connection, tenant: str, judgement: int, orders: Sequence[str]) -> list[str]:
    """What some orders add to the sums, of those that are judged."""
    rows = judged_orders.c
    found: list[str] = []
    for part in _parts(orders):
        mine = and_(rows.tenant == tenant, rows.judgement == judgement, rows.order.in_(part))
        found += db.execute(select(rows.sums).where(mine)).scalars()
    return found


def take(db: Connection, tenant: str, judgement: int, orders: Sequence[str]) -> None:
    """Takes the rows of some orders away."""
    for table in (judged_orders, verdicts):
        rows = table.c
        for part in _parts(orders):
            db.execute(delete(table).where(rows.tenant == tenant, rows.judgement == judgement, rows.order.in_(part)))


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), AT_ONCE):
        yield names[start : start + AT_ONCE]


def touched(db: Connection, tenant: str, after: int, limit: int) -> list[tuple[str, int]]:
    """Orders of which the log told after a position, with theirs, the earliest first."""
    at = sla_touched.c
    wanted = select(at.order, at.position).where(at.tenant == tenant, at.position > after)
    return [(row.order, row.position) for row in db.execute(wanted.order_by(at.position, at.order).limit(limit))]


def due(db: Connection, tenant: str, judgement: int, at: datetime) -> list[str]:
    """Orders that may have come to something else by ``at`` without an event."""
    rows = judged_orders.c
    mine = and_(rows.tenant == tenant, rows.judgement == judgement, rows.changes_at <= at)
    return list(db.execute(select(rows.order).where(mine)).scalars())


def come(db: Connection, tenant: str, after: datetime, at: datetime) -> tuple[set[str], bool]:
    """Orders with an event that was ahead of ``after`` and is not of ``at``, and whether one is about all.

    Of those that have been in the log then; what came later is ``touched``.
    """
    log = sla_events.c
    span = (log.tenant == tenant, log.time > after, log.time <= at, log.received_at <= after + SLACK)
    corrected = sla_events.alias()
    same = (corrected.c.source == log.corrects_source, corrected.c.id == log.corrects_id)
    others = (
        select(corrected.c.order, corrected.c.general)
        .join_from(sla_events, corrected, and_(corrected.c.tenant == log.tenant, *same))
        .where(*span, log.corrects_id.is_not(None))
    )
    rows = db.execute(select(log.order, log.general).where(*span).union(others)).all()
    return {row.order for row in rows if row.order is not None}, any(row.general for row in rows)


def order_spans(db: Connection, tenant: str, size: int) -> Iterator[ColumnElement[bool]]:
    """All orders that the log names, some after the other: what finds the events of ``size`` of them."""
    log, last = sla_events.c, None
    while True:
        wanted = select(log.order).distinct().where(log.tenant == tenant, log.order.is_not(None))
        if last is not None:
            wanted = wanted.where(log.order > last)
        names = db.execute(wanted.order_by(log.order).limit(size)).scalars().all()
        if names:
            last = names[-1]
            yield log.order.between(names[0], last)
        if len(names) < size:
            return


def of_orders(names: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """What finds the events of some orders, some hundred at a time."""
    for part in _parts(names):
        yield sla_events.c.order.in_(part)


def of_all() -> ColumnElement[bool]:
    """What finds the events that may concern orders that they do not name."""
    return sla_events.c.general == true()  # as the index says it


def documents(db: Connection, tenant: str, found: ColumnElement[bool]) -> Iterator[str]:
    """Events as JSON."""
    log = sla_events.c
    wanted = select(log.document).where(log.tenant == tenant, found).execution_options(yield_per=5000)
    yield from db.execute(wanted).scalars()


def corrections(db: Connection, tenant: str, found: ColumnElement[bool]) -> Iterator[tuple[tuple[str, str], str]]:
    """The identity of events whose place is taken, and the event that takes it, as JSON."""
    log, by = sla_events.c, sla_events.alias()
    same = and_(by.c.tenant == log.tenant, by.c.corrects_source == log.source, by.c.corrects_id == log.id)
    wanted = select(log.source, log.id, by.c.document).join_from(sla_events, by, same)
    for row in db.execute(wanted.where(log.tenant == tenant, found)):
        yield (row.source, row.id), row.document
