"""Files that are kept in the database as bytes, in the transaction of what they belong to: whole, or not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, false, insert, select, update

from router.errors import DropwrightError, Unavailable

_Record = TypeVar("_Record")


class FileDamaged(Unavailable):
    """The bytes of a file are not those that were stored: the database lost something."""

    code, title = "file-damaged", "The file is damaged"

    def __init__(self) -> None:
        super().__init__("the file is not what was stored, so it is not handed out: restore the database from a backup")


class Withdrawn(DropwrightError):
    """A file is of work that was taken back; what holds is in the lists."""

    code, title = "withdrawn", "The work was withdrawn"

    def __init__(self) -> None:
        super().__init__(
            "the drop is being planned again and this is not to be done any more: see the list for what is"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Format(Generic[_Record]):
    """One way to write a record down."""

    media_type: str
    render: Callable[[_Record], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it was stored. ``words``: what its name is made of; ``ending``: how the name ends, without the dot."""

    words: tuple[str, ...]
    ending: str
    media_type: str
    sha256: str
    content: bytes


def withdraw(db: Connection, owners: Table, tenant: str, names: Collection[str], now: datetime) -> None:
    """Marks rows of ``owners`` as work that holds no more; what was marked before keeps its time."""
    some = sorted(names)
    for start in range(0, len(some), 500):
        these = and_(owners.c.tenant == tenant, owners.c.id.in_(some[start : start + 500]))
        db.execute(update(owners).where(these, owners.c.superseded_at.is_(None)).values(superseded_at=now))


def add(
    db: Connection, files: Table, tenant: str, records: Mapping[str, _Record], formats: Mapping[str, Format[_Record]]
) -> None:
    """Stores each record in every format. ``records``: by the id of the row in which ``files`` holds its owner."""
    rows = [
        {"tenant": tenant, "of": of, "format": name, "content": content, "sha256": _sha256(content)}
        for of, record in records.items()
        for name, form in formats.items()
        for content in (form.render(record),)
    ]
    if rows:
        db.execute(insert(files), rows)


def find(db: Connection, owners: Table, files: Table, seen: ColumnElement[bool], name: str) -> Row[Any] | None:
    """The row of ``owners`` that is ``seen``, with ``content`` and ``sha256`` of its file in the format of that name.

    ``None`` where there is no such row or file. Raises ``FileDamaged``, ``Withdrawn``.
    """
    kept = and_(files.c.tenant == owners.c.tenant, files.c.of == owners.c.id, files.c.format == name)
    row = db.execute(
        select(owners, files.c.content, files.c.sha256).join_from(owners, files, kept).where(seen)
    ).one_or_none()
    if row is not None and row.superseded_at is not None:
        raise Withdrawn
    if row is not None and _sha256(row.content) != row.sha256:
        raise FileDamaged
    return row


def named(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether a column holds the name that somebody gave; PostgreSQL has no text with the character NUL."""
    return false() if "\0" in name else column == name


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
