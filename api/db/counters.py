"""Counters in a marketplace's own row, which stays locked until the transaction ends: so count last."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, bindparam, update
from sqlalchemy.sql.dml import ReturningUpdate

from api.db.tables.accounts import tenants


def count(db: Connection, tenant: str, counter: Column[int], more: int = 1) -> int:
    """Adds to a counter of ``tenants``, and gives what it comes to."""
    return count_each(db, tenant, {counter: more})[0]


def count_each(db: Connection, tenant: str, more: Mapping[Column[int], int]) -> tuple[int, ...]:
    """Adds to several counters at once, and gives what they come to."""
    given = {f"more_{counter.name}": number for counter, number in more.items()}
    return tuple(db.execute(_adding(tuple(more)), {"of": tenant, **given}).one())


@cache
def _adding(counters: tuple[Column[int], ...]) -> ReturningUpdate[*tuple[Any, ...]]:
    values = {counter: counter + bindparam(f"more_{counter.name}") for counter in counters}
    return update(tenants).where(tenants.c.id == bindparam("of")).values(values).returning(*counters)
