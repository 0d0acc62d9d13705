"""The registry: SKUs, bundles, hubs, couriers and carriers, all kept by the same functions.

Records are kept whole, as they were given, with a revision that each change raises. What one record names is held by
foreign keys, so nothing is deleted that something else is made of, whoever is faster.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Generic

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from api.db.connect import inserting
from api.db.kinds import Entry, Kind
from api.db.schema import metadata
from api.db.tables.registry import articles
from api.db.tables.stock import stock
from api.deps import Changed
from router import codec
from router.errors import Conflict, Fault, Faulty, NotFound

MOST_AT_ONCE = 500
"""Ids that one statement names."""


class NoEntry(NotFound):
    """The registry has no record of that kind and id."""

    code, title = "no-entry", "The registry has no such record"

    def __init__(self, what: str, entry: str) -> None:
        super().__init__(f"there is no {what} {entry[:60]!r}")


class EntryExists(Conflict):
    """A record is to be added under an id that another one of its kind has."""

    code, title = "entry-exists", "The registry has a record of that id"

    def __init__(self, what: str, entry: str) -> None:
        super().__init__(f"there is a {what} {entry[:60]!r} already: edit it, or give the new one another id")


class NameTaken(Conflict):
    """A SKU and a bundle are to have the same name, and an order line could mean both."""

    code, title = "name-taken", "A SKU or bundle has that name"

    def __init__(self, entry: str) -> None:
        super().__init__(_TAKEN.format(entry[:60]))


class EntryInUse(Conflict):
    """A record is to be deleted that something else is made of."""

    code, title = "entry-in-use", "Something else needs the record"

    def __init__(self, what: str, entry: str, users: Sequence[str]) -> None:
        told = ", ".join(users) or "something that came meanwhile"
        super().__init__(f"{what} {entry[:60]!r} is needed by {told}; change or delete those first", users=len(users))


_TAKEN = "{!r} is the name of a SKU or a bundle already; give one of the two another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Generic[Entry]):
    """A record and its revision."""

    record: Entry
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What became of records, in their order: created, replaced, unchanged, or ``None`` where there are faults."""

    outcomes: tuple[str | None, ...]
    faults: tuple[tuple[Fault, ...], ...]


def missing(db: Connection, tenant: str, table: Table, ids: Iterable[str]) -> set[str]:
    """Those of the ids that no record of the kind kept in ``table`` has."""
    wanted = set(ids)
    for names in _parts(sorted(wanted)):
        mine = and_(table.c.tenant == tenant, table.c.id.in_(names))
        wanted -= set(db.execute(select(table.c.id).where(mine)).scalars())
    return wanted


def listed(tenant: str, kind: Kind[Entry], partner: str | None = None) -> Select[Any]:
    """The records of a kind, those of ``partner`` alone where one is given; order it by id."""
    rows = select(kind.table).where(kind.table.c.tenant == tenant)
    return rows if partner is None else rows.where(kind.table.c.partner == partner)


def entry_of(kind: Kind[Entry], document: str) -> Entry:
    """The record that is kept as ``document``."""
    return codec.read_as(kind.record, document.encode(), kind.what)


def read(db: Connection, tenant: str, kind: Kind[Entry], entry: str, partner: str | None = None) -> Stored[Entry]:
    """The record of that id, of ``partner`` alone where one is given. Raises ``NoEntry``."""
    row = db.execute(listed(tenant, kind, partner).where(kind.table.c.id == entry)).one_or_none()
    if row is None:
        raise NoEntry(kind.what, entry)
    return Stored(record=entry_of(kind, row.document), revision=row.revision)


def add(db: Connection, tenant: str, kind: Kind[Entry], record: Entry, now: datetime) -> None:
    """A new record. Raises ``Faulty``, ``EntryExists``, ``NameTaken``."""
    _sound(db, tenant, kind, record)
    if kind.is_article and _taken(db, tenant, kind, [record.id]):
        raise NameTaken(record.id)
    rows = [_row(tenant, kind, record, now)]
    new = inserting(db)(kind.table).on_conflict_do_nothing().returning(kind.table.c.id)
    if not db.execute(new, rows).all():
        raise EntryExists(kind.what, record.id)
    _beside(db, tenant, kind, [record])


def replace(
    db: Connection, tenant: str, kind: Kind[Entry], entry: str, record: Entry, revision: int, now: datetime
) -> int:
    """Another record in the place of revision ``revision`` of that id; gives the new revision.

    Raises ``NoEntry``, ``Changed``, ``Faulty``.
    """
    if record.id != entry:
        message = f"is {record.id[:60]!r}, and the address names {entry[:60]!r}; an id stays"
        raise Faulty(kind.what, (Fault(pointer=f"/{kind.key}", code="bad-value", message=message),))
    row = _of(tenant, kind, entry)
    values = {"document": _document(record), "revision": revision + 1, "updated_at": now, **kind.columns(record)}
    if not db.execute(update(kind.table).where(row, kind.table.c.revision == revision).values(values)).rowcount:
        read(db, tenant, kind, entry)
        raise Changed
    _sound(db, tenant, kind, record)
    _beside(db, tenant, kind, [record])
    return revision + 1


def remove(db: Connection, tenant: str, kind: Kind[Entry], entry: str, revision: int) -> None:
    """Deletes revision ``revision`` of a record. Raises ``NoEntry``, ``Changed``, ``EntryInUse``."""
    if read(db, tenant, kind, entry).revision != revision:
        raise Changed
    mine = _own(kind)
    if kind.what in ("hub", "sku"):
        never_moved = and_(stock.c[kind.what] == entry, stock.c.movements == 0)
        db.execute(delete(stock).where(stock.c.tenant == tenant, never_moved))
    users = [name for name, rows in _uses(tenant, kind, entry) if name not in mine and db.execute(rows.limit(1)).all()]
    if users:
        raise EntryInUse(kind.what, entry, users)
    try:
        if kind.beside is not None:
            table, column_name, _ = kind.beside
            db.execute(delete(table).where(table.c.tenant == tenant, table.c[column_name] == entry))
        gone = delete(kind.table).where(_of(tenant, kind, entry), kind.table.c.revision == revision)
        if not db.execute(gone).rowcount:
            raise Changed
        if kind.is_article:
            db.execute(delete(articles).where(articles.c.tenant == tenant, articles.c.id == entry))
    except IntegrityError:
        raise EntryInUse(kind.what, entry, ()) from None


def put(db: Connection, tenant: str, kind: Kind[Entry], records: Sequence[Entry], now: datetime) -> Put:
    """Adds or replaces some hundred records of different ids; those with faults are left out."""
    faults = [list(each) for each in _faults(db, tenant, kind, records)]
    if kind.is_article:
        taken = _taken(db, tenant, kind, [each.id for each, wrong in zip(records, faults, strict=True) if not wrong])
        for record, wrong in zip(records, faults, strict=True):
            if record.id in taken:
                told = Fault(pointer=f"/{kind.key}", code=NameTaken.code, message=_TAKEN.format(record.id[:60]))
                wrong.append(told)
    good = [record for record, wrong in zip(records, faults, strict=True) if not wrong]
    fates = _upsert(db, tenant, kind, good, now)
    _beside(db, tenant, kind, [record for record in good if fates.get(record.id) is not None])
    return Put(
        outcomes=tuple(
            None if wrong else fates.get(record.id) or "unchanged"
            for record, wrong in zip(records, faults, strict=True)
        ),
        faults=tuple(tuple(wrong) for wrong in faults),
    )


def _upsert(db: Connection, tenant: str, kind: Kind[Entry], records: Sequence[Entry], now: datetime) -> dict[str, str]:
    """Which of the records were created and which replaced; those that are so already are left as they are."""
    if not records:
        return {}
    rows = [_row(tenant, kind, record, now) for record in sorted(records, key=lambda record: record.id)]
    new = inserting(db)(kind.table)
    changed = ("document", "updated_at", *kind.columns(records[0]))
    either = new.on_conflict_do_update(
        index_elements=[kind.table.c.tenant, kind.table.c.id],
        set_={name: new.excluded[name] for name in changed} | {"revision": kind.table.c.revision + 1},
        where=kind.table.c.document != new.excluded.document,
    )
    done = db.execute(either.returning(kind.table.c.id, kind.table.c.revision), rows)
    return {row.id: "created" if row.revision == 1 else "replaced" for row in done}


def _sound(db: Connection, tenant: str, kind: Kind[Entry], record: Entry) -> None:
    (wrong,) = _faults(db, tenant, kind, [record])
    if wrong:
        raise Faulty(kind.what, wrong)


def _faults(db: Connection, tenant: str, kind: Kind[Entry], records: Sequence[Entry]) -> Iterator[tuple[Fault, ...]]:
    """What is wrong with each record: by itself, and what it names that there is not."""
    named = [list(kind.names(record)) for record in records]
    wanted: dict[Table, set[str]] = {}
    for each in named:
        for _, table, name in each:
            wanted.setdefault(table, set()).add(name)
    unknown = {table: missing(db, tenant, table, names) for table, names in wanted.items()}
    for record, each in zip(records, named, strict=True):
        absent = [_unknown(*one) for one in each if one[2] in unknown[one[1]]]
        yield (*kind.wrong(record), *absent)


def _unknown(pointer: str, table: Table, name: str) -> Fault:
    what = table.name.removesuffix("s")
    message = f"there is no {what} {name[:60]!r} in the registry; add it there, or mend the name"
    return Fault(pointer=pointer, code=f"unknown-{what}", message=message)


def _taken(db: Connection, tenant: str, kind: Kind[Entry], ids: Collection[str]) -> set[str]:
    """Claims names for a kind of article; gives those that the other kind has."""
    taken: set[str] = set()
    for names in _parts(sorted(ids)):
        rows = [{"tenant": tenant, "id": name, "kind": kind.what} for name in names]
        db.execute(inserting(db)(articles).on_conflict_do_nothing(), rows)
        other = and_(articles.c.tenant == tenant, articles.c.id.in_(names), articles.c.kind != kind.what)
        taken |= set(db.execute(select(articles.c.id).where(other)).scalars())
    return taken


def _beside(db: Connection, tenant: str, kind: Kind[Entry], records: Sequence[Entry]) -> None:
    """Writes what the records are made of, in the place of what they were made of."""
    if kind.beside is None or not records:
        return
    table, column, made_of = kind.beside
    ids = [record.id for record in records]
    db.execute(delete(table).where(table.c.tenant == tenant, table.c[column].in_(ids)))
    rows = [{"tenant": tenant, column: record.id, **row} for record in records for row in made_of(record)]
    db.execute(insert(table), rows)


def _uses(tenant: str, kind: Kind[Entry], entry: str) -> Iterator[tuple[str, Select[Any]]]:
    """The tables that may refer to a record, and the rows there that do."""
    targets = {kind.table.name, *(["articles"] if kind.is_article else [])}
    for table in metadata.sorted_tables:
        columns = [
            each.parent
            for key in table.foreign_key_constraints
            for each in key.elements
            if key.referred_table.name in targets and each.column.name == "id"
        ]
        if columns:
            rows = select(table.c.tenant).where(table.c.tenant == tenant, or_(*(each == entry for each in columns)))
            yield table.name.replace("_", " "), rows


def _own(kind: Kind[Entry]) -> set[str]:
    """Tables whose rows are the record itself."""
    return {kind.table.name, *([kind.beside[0].name.replace("_", " ")] if kind.beside else [])}


def _row(tenant: str, kind: Kind[Entry], record: Entry, now: datetime) -> dict[str, Any]:
    times = {"created_at": now, "updated_at": now}
    row = {"tenant": tenant, "id": record.id, "revision": 1, "document": _document(record)}
    return row | times | kind.columns(record)


def _document(record: object) -> str:
    return codec.canonical(record).decode()


def _of(tenant: str, kind: Kind[Entry], entry: str) -> ColumnElement[bool]:
    return and_(kind.table.c.tenant == tenant, kind.table.c.id == entry)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    ahead = iter(names)
    while part := list(islice(ahead, MOST_AT_ONCE)):
        yield part
