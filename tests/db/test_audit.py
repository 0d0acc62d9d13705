"""The audit log: added to and no more, and whatever is done to it behind its back is found."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from api.db import accounts, audit, migrate
from api.db.audit import AuditBroken, AuditHead
from api.db.connect import Database, connect
from api.db.tables.accounts import tenants
from api.db.tables.audit import audit as rows
from router import codec

NOW = datetime(2026, 11, 20, 16, 0, 0, 123_456, tzinfo=UTC)
TENANT, OTHER = "pop-up", "elsewhere"
ENTRIES = 40
MUTATIONS = 500
"""On each of two databases: 1 000 in all."""


def add(db: Connection, tenant: str, index: int) -> AuditHead:
    return audit.append(
        db,
        tenant,
        actor=f"key/k{index % 3}",
        action=("POST /v1/orders", "PUT /v1/hubs/{hub}", "DELETE /v1/skus/{sku}")[index % 3],
        subject=None if index % 5 == 0 else f"/v1/orders/Ä-{index}",
        request=f"{index:032x}",
        status=(201, 204, 409)[index % 3],
        at=NOW + timedelta(seconds=index),
    )


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    """Two marketplaces with a log each."""
    made = connect(database, pool_size=10)
    migrate.upgrade(made)
    with made.write() as db:
        for tenant in (TENANT, OTHER):
            accounts.add_tenant(db, tenant, name=tenant, now=NOW)
            for index in range(ENTRIES):
                add(db, tenant, index)
    yield made
    made.close()


def test_a_log_that_nobody_touched_is_whole_and_its_head_is_kept(store: Database) -> None:
    with store.write() as db:
        head = audit.head(db, TENANT)
        assert audit.verify(db, TENANT, head) == head
        add(db, TENANT, ENTRIES)
        later = audit.verify(db, TENANT, head)
    assert (head.count, later.count) == (ENTRIES, ENTRIES + 1)


def test_a_log_without_entries_is_whole(store: Database) -> None:
    with store.write() as db:
        accounts.add_tenant(db, "new", name="New", now=NOW)
        assert audit.verify(db, "new", audit.head(db, "new")).count == 0


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_database_refuses_to_change_or_delete_an_entry(store: Database, statement: str) -> None:
    if store.is_sqlite and "TRUNCATE" in statement:
        statement = "DELETE FROM audit WHERE number = 40"  # SQLite has no other way to empty a table
    with pytest.raises(DBAPIError, match="can only be added to"), store.write() as db:
        db.execute(text(statement))
    with store.read() as db:
        assert audit.verify(db, TENANT).count == ENTRIES


def test_anybody_can_compute_the_hashes_from_what_the_service_tells(store: Database) -> None:
    """The recipe of docs/audit.md, in other words than the program's."""
    before = hashlib.sha256(TENANT.encode()).hexdigest()
    with store.read() as db:
        told = [codec.plain(audit.entry_of(row)) for row in db.execute(audit.listed(TENANT).order_by(rows.c.number))]
    for entry in told:
        stated = entry.pop("sha256")
        spelt = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        before = hashlib.sha256(f"{before}\n{spelt}".encode()).hexdigest()
        assert before == stated


def edit(db: Connection, chance: random.Random, number: int) -> None:
    column, value = chance.choice(
        [
            ("actor", "key/nobody"),
            ("action", "GET /v1/orders"),
            ("subject", "/v1/orders/other"),
            ("request", "f" * 31),
            ("status", 599),
            ("at", NOW - timedelta(days=1)),
            ("sha256", f"{chance.getrandbits(256):064x}"),
        ]
    )
    db.execute(update(rows).where(rows.c.tenant == TENANT, rows.c.number == number).values({column: value}))


def cut_out(db: Connection, _chance: random.Random, number: int) -> None:
    db.execute(delete(rows).where(rows.c.tenant == TENANT, rows.c.number == number))


def cut_out_and_close_up(db: Connection, _chance: random.Random, number: int) -> None:
    cut_out(db, _chance, number)
    for later in range(number + 1, ENTRIES + 1):
        db.execute(update(rows).where(rows.c.tenant == TENANT, rows.c.number == later).values(number=later - 1))
    db.execute(update(tenants).where(tenants.c.id == TENANT).values(audited=ENTRIES - 1))


def swap(db: Connection, chance: random.Random, number: int) -> None:
    other = chance.choice([each for each in range(1, ENTRIES + 1) if each != number])
    mine = rows.c.tenant == TENANT
    for old, new in ((number, 0), (other, number), (0, other)):
        db.execute(update(rows).where(mine, rows.c.number == old).values(number=new))


def truncate(db: Connection, _chance: random.Random, number: int) -> None:
    db.execute(delete(rows).where(rows.c.tenant == TENANT, rows.c.number >= number))


def truncate_and_cover_up(db: Connection, chance: random.Random, number: int) -> None:
    truncate(db, chance, number)
    last = db.execute(select(rows.c.sha256).where(rows.c.tenant == TENANT, rows.c.number == number - 1)).scalar()
    told = {"audited": number - 1, "audit_sha256": last or ""}
    db.execute(update(tenants).where(tenants.c.id == TENANT).values(told))


def write_anew(db: Connection, chance: random.Random, number: int) -> None:
    """Cuts off the end and writes another, with hashes that fit: only a head that was kept tells."""
    truncate_and_cover_up(db, chance, number)
    for index in range(number, ENTRIES + 1 + chance.randrange(3)):
        add(db, TENANT, index * 7)


def take_from_another(db: Connection, _chance: random.Random, number: int) -> None:
    truncate_and_cover_up(db, _chance, 1)
    theirs = [dict(row._mapping) | {"tenant": TENANT} for row in db.execute(audit.listed(OTHER))]
    db.execute(insert(rows), theirs[:number])
    told = {"audited": number, "audit_sha256": theirs[number - 1]["sha256"]}
    db.execute(update(tenants).where(tenants.c.id == TENANT).values(told))


MUTATE: tuple[Callable[[Connection, random.Random, int], None], ...] = (
    edit,
    edit,
    edit,
    cut_out,
    cut_out_and_close_up,
    swap,
    truncate,
    truncate_and_cover_up,
    write_anew,
    take_from_another,
)


def test_every_change_behind_its_back_is_found(store: Database) -> None:
    chance = random.Random(28)
    with store.write() as db:
        kept = audit.head(db, TENANT)
        for guard in ("audit_no_update", "audit_no_delete") if store.is_sqlite else ("audit_guard ON audit",):
            db.execute(text(f"DROP TRIGGER {guard}"))
        missed = []
        for index in range(MUTATIONS):
            mutate, number = MUTATE[index % len(MUTATE)], chance.randint(1, ENTRIES)
            done = db.begin_nested()
            mutate(db, chance, number)
            try:
                audit.verify(db, TENANT, kept)
                missed.append((mutate.__name__, number))
            except AuditBroken:
                pass
            done.rollback()
        assert missed == []
        assert audit.verify(db, TENANT, kept) == kept


def test_a_broken_log_is_told_with_its_first_bad_entry(store: Database) -> None:
    with store.write() as db:
        for guard in ("audit_no_update", "audit_no_delete") if store.is_sqlite else ("audit_guard ON audit",):
            db.execute(text(f"DROP TRIGGER {guard}"))
        for number in (17, 30):
            edit(db, random.Random(number), number)
        with pytest.raises(AuditBroken) as found:
            audit.verify(db, TENANT)
    assert found.value.number == 17


def test_a_head_that_never_was_is_refused(store: Database) -> None:
    with store.read() as db:
        head = audit.head(db, TENANT)
        for wrong in (
            replace(head, sha256="0" * 64),
            replace(head, count=12),
            replace(head, count=41),
            AuditHead(count=0, sha256=""),
        ):
            with pytest.raises(AuditBroken):
                audit.verify(db, TENANT, wrong)


def test_entries_of_many_writers_at_once_make_one_chain(store: Database) -> None:
    def write(index: int) -> None:
        with store.write() as db:
            add(db, TENANT, index)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(16)))
    with store.read() as db:
        assert audit.verify(db, TENANT).count == ENTRIES + 16
