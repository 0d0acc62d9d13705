"""Counters in a marketplace's own row, which stays locked until the transaction ends: so count last."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Column, Connection, bindparam, update
from sqlalchemy.sql.dml import ReturningUpdate

from api.db.tables.accounts import tenants


def count(db: Connection, tenant: str, counter: Column[int], more: int = 1) -> int:
    """Adds to a counter of ``tenants``, and gives what it comes to."""
    return db.execute(_adding(counter), {"of": tenant, "more": more}).scalar_one()


@cache
def _adding(counter: Column[int]) -> ReturningUpdate[int]:
    more = update(tenants).where(tenants.c.id == bindparam("of")).values({counter: counter + bindparam("more")})
    return more.returning(counter)
