"""Fills every table, whichever there are: a row with as little and a row with as much in it as its CHECKs allow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from api.db.schema import Instant
from api.db.tables import metadata

NASTY = 'Ä "quoted", \\N \\\\ \t tab\nnew line; {"a": null} \u2028 \U0001f375'
MOST_TRIES = 5000


def fill(db: Connection) -> None:
    """Two rows in every table. Rows of one number have equal keys, so that they refer to each other."""
    for table in metadata.sorted_tables:
        for number, much in ((1, False), (2, True)):
            _add(db, table, number, much)


def contents(db: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in the order of the primary keys."""
    return {
        table.name: [dict(row) for row in db.execute(select(table).order_by(*table.primary_key)).mappings()]
        for table in metadata.sorted_tables
    }


def _add(db: Connection, table: Table, number: int, much: bool) -> None:
    for row in islice(_candidates(table, number, much), MOST_TRIES):
        try:
            with db.begin_nested():
                db.execute(insert(table).values(row))
        except IntegrityError as error:
            last = error
        else:
            return
    raise AssertionError(f"no row that {table.name} would take was found: {last}")


def _candidates(table: Table, number: int, much: bool) -> Iterator[Mapping[str, Any]]:
    """Rows, the likeliest first: words that CHECKs name, and NULL or not in the columns that they speak of."""
    checks = [str(each.sqltext) for each in table.constraints if isinstance(each, CheckConstraint)]
    spoken = {name for check in checks for name in re.findall(r"\w+", check)}
    choices = {}
    for column in table.columns:
        values = list(_words(column, checks)) or [_value(column, number)]
        if column.name in spoken and isinstance(column.type, BigInteger | Integer):
            values += [number + 1, 0]
        if column.nullable:
            values = [*values, None] if much else [None, *values]
        choices[column.name] = values if column.name in spoken else values[:1]
    for chosen in product(*choices.values()):
        yield dict(zip(choices, chosen, strict=True))


def _words(column: Column[Any], checks: list[str]) -> Iterator[str]:
    for check in checks:
        if listed := re.search(rf"\b{column.name} IN \(([^)]*)\)", check):
            yield from re.findall(r"'([^']*)'", listed[1])


def _value(column: Column[Any], number: int) -> Any:
    kind, keyed = column.type, column.primary_key or column.foreign_keys or column.unique
    if isinstance(kind, Instant):
        return datetime(2026, 11, number, 17, 30, 0, 123456, tzinfo=UTC)
    if isinstance(kind, Boolean):
        return number == 2
    if isinstance(kind, Integer):
        largest = 2**40 if isinstance(kind, BigInteger) else 2**31 - 1
        return number if keyed or number == 1 else largest
    if isinstance(kind, LargeBinary):
        return bytes(range(256)) * number
    assert isinstance(kind, String), column
    if kind.length == 64:
        return str(number) * 64
    if keyed or (kind.length is not None and kind.length < len(NASTY)):
        return f"n{number}"[: kind.length]
    return f"{NASTY} {number}" if kind.length is None or kind.length > len(NASTY) + 2 else NASTY
