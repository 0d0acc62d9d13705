"""What one use of a pooled connection leaves for the next."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from api.db import accounts
from api.db.connect import connect

NOW = datetime(2026, 9, 14, 18, tzinfo=UTC)


class Mishap(Exception):
    """What goes wrong after something was written."""


def test_after_a_glance_the_same_connection_takes_back_what_fails_again(database: str) -> None:
    store = connect(database, pool_size=1)
    with store.glance() as db:
        assert accounts.tenant_ids(db) == ()
    with suppress(Mishap), store.write() as db:
        accounts.add_tenant(db, "kiln", name="Kiln", now=NOW)
        raise Mishap
    with store.glance() as db:
        assert accounts.tenant_ids(db) == ()
    with store.write() as db:
        accounts.add_tenant(db, "kiln", name="Kiln", now=NOW)
    with store.glance() as db:
        assert accounts.tenant_ids(db) == ("kiln",)
    store.close()
