"""Pages of a list that is sorted by times, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from api.db import accounts, migrate
from api.db.connect import Database, connect
from api.db.tables.accounts import tenants
from api.paging import BadCursor, Page, Paged, _paged

FIRST_AT = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
NAMES = [f"t{number}" for number in range(6)]


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    """Six marketplaces, two begun at each time."""
    store = connect(database, pool_size=1)
    migrate.upgrade(store)
    with store.write() as db:
        for number, name in enumerate(NAMES):
            accounts.add_tenant(db, name, name=name, now=FIRST_AT + timedelta(seconds=number // 2))
    yield store
    store.close()


def page(store: Database, paged: Paged) -> Page[str]:
    rows = select(tenants.c.id, tenants.c.created_at)
    with store.read() as db:
        return paged.page(db, rows, (tenants.c.created_at, tenants.c.id), lambda row: row.id)


def test_a_cursor_goes_on_within_rows_of_the_same_time(store: Database) -> None:
    found: list[str] = []
    paged = asyncio.run(_paged(limit=1))
    for _ in NAMES:
        shown = page(store, paged)
        found += shown.items
        paged = asyncio.run(_paged(limit=1, cursor=shown.next))
    assert found == NAMES
    assert shown.next is None


def test_a_cursor_with_text_in_the_place_of_a_time_is_none_of_ours(store: Database) -> None:
    with pytest.raises(BadCursor):
        page(store, Paged(limit=1, after=("yesterday", "t1")))
