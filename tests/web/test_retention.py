"""What is kept no longer is deleted by its rule, and nothing of it is left in any file of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, insert, select

from api.db.connect import Database, connect
from api.db.tables import metadata
from api.drain import Drain
from api.retention import RULES, Purger, due, purge
from api.settings import Settings
from tests.db.filling import fill
from tests.db.postgres import Server
from tests.web.registered import register
from tests.web.service import TENANT, Service, serving

CANARY = "Kanarienvogel"
AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LATER = AT + timedelta(days=400)
PERSONAL = ("recipients", "trip_files", "idempotency", "sessions", "webhook_deliveries", "jobs")


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    """Every table full of rows of November 2026."""
    found = connect(database)
    with found.write() as db:
        fill(db)
        db.execute(metadata.tables["drops"].update().values(state="released"))
    yield found
    found.close()


def count(store: Database, table: str) -> int:
    with store.read() as db:
        return db.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one()


def post(running: Service, number: int) -> None:
    """An order that says a canary wherever it can say something personal, with an Idempotency-Key."""
    to = {name: f"{CANARY} {number} {name} {'x' * (number * 7 % 300)}" for name in ("name", "phone", "address", "note")}
    order = {
        "id": f"o{number}",
        "placed_at": "2026-11-20T18:00:00Z",
        "tier": "express",
        "location": {"lat": 60.19, "lon": 24.94},
        "lines": [{"sku": "TEA-1", "quantity": 1}],
        "recipient": to,
    }
    path = f"/v1/drops/friday/orders{'' if number % 2 else '/bulk'}"
    body: dict[str, Any] = {"json": order if number % 2 else [order]}
    answer = running.post(path, headers={"Idempotency-Key": f"k{number}"}, **body)
    assert answer.status_code in (200, 201), answer.text


@contextmanager
def sold(address: str) -> Iterator[Service]:
    """A service that took orders for a canary, changed some, handed a manifest over, and cancelled the drop."""
    with serving(address) as running:
        register(running)
        assert running.post("/v1/drops", json=DROP).status_code == 201
        for number in range(60):
            post(running, number)
        for number in range(0, 60, 5):
            assert running.post(f"/v1/drops/friday/orders/o{number}/cancel").status_code == 200
        with running.store.write() as db:
            db.execute(insert(metadata.tables["trips"]).values(TRIP))
            file = {"tenant": TENANT, "of": "t", "format": "csv", "sha256": "0" * 64}
            db.execute(insert(metadata.tables["trip_files"]).values(**file, content=CANARY.encode() * 5000))
        assert running.post("/v1/drops/friday/cancel").status_code == 200
        yield running


DROP = {
    "id": "friday",
    "currency": "EUR",
    "timezone": "Europe/Helsinki",
    "plan_at": "2026-11-20T18:15:00+02:00",
    "travel": {"kind": "great_circle", "profiles": {"bike": {"detour": 1.2, "metres_per_second": 4}}},
    "tiers": [{"id": "express", "deliver_within": 7200, "unserved": 2500}],
    "hubs": [{"id": "kallio", "waves": []}],
}
TRIP = {
    **dict.fromkeys(("id", "drop", "trip", "courier", "partner", "hub", "return_to"), "t"),
    **dict.fromkeys(("load_at", "depart_at", "return_at", "released_at"), AT),
    **dict.fromkeys(("plan_version", "stops", "parcels", "metres"), 1),
    "tenant": TENANT,
}


def found_in(*files: Path) -> int:
    """How often the canary stands in the raw bytes of these files."""
    return sum(file.read_bytes().count(CANARY.encode()) for file in files if file.is_file())


def soon(_rule: object) -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


@pytest.mark.parametrize("thorough", [False, True])
def test_nothing_personal_is_left_in_the_files_of_sqlite(tmp_path: Path, thorough: bool) -> None:
    with sold(f"sqlite:///{tmp_path / 'd.db'}") as running:
        assert found_in(*tmp_path.glob("d.db*")) > 100
        gone = purge(running.store, soon, thorough=thorough)
        assert min(gone["recipients"], gone["answers"], gone["manifests"]) >= 1
        assert found_in(*tmp_path.glob("d.db*")) == 0
        assert running.get("/v1/drops/friday/orders/o1").json().keys().isdisjoint({"recipient"})
    assert found_in(*tmp_path.rglob("*")) == 0


def test_nothing_personal_is_left_in_the_tables_of_postgresql(durable_postgres: Server) -> None:
    address = durable_postgres.create()
    with sold(address) as running:

        def checkpointed() -> int:
            with psycopg.connect(address, autocommit=True) as db:
                db.execute("CHECKPOINT")
            return found_in(*(durable_postgres.folder / "data" / "base").rglob("*"))

        assert checkpointed() > 100
        purge(running.store, soon, thorough=True)
        assert checkpointed() == 0


def test_everything_old_is_deleted_and_everything_else_stays(store: Database) -> None:
    before = {table: count(store, table) for table in metadata.tables}
    assert not any(purge(store, due(Settings(), AT - timedelta(days=60))).values())
    gone = purge(store, due(Settings(), LATER))
    assert gone["recipients"] == gone["manifests"] == gone["answers"] == 2
    after = {table: count(store, table) for table in metadata.tables}
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {*PERSONAL, "events"}
    assert not any(purge(store, due(Settings(), LATER)).values())


@pytest.mark.parametrize("state", ["open", "closed"])
def test_a_drop_that_is_not_over_keeps_its_recipients(store: Database, state: str) -> None:
    with store.write() as db:
        db.execute(metadata.tables["drops"].update().values(state=state))
    assert purge(store, due(Settings(), LATER))["recipients"] == 0


def test_each_setting_says_how_long_one_kind_is_kept() -> None:
    days = {name: rule.days(Settings()) for name, rule in RULES.items()}
    assert days == {
        "recipients": 30,
        "manifests": 30,
        "answers": 7,
        "sessions": 0,
        "deliveries": 30,
        "events": 90,
        "jobs": 90,
        "judgements": 1,
    }


def test_a_process_purges_when_it_starts_and_ends_with_its_drain(store: Database) -> None:
    drain = Drain()
    drain.begin()
    Purger(store=store, settings=Settings(), drain=drain, now=lambda: LATER).run()
    assert count(store, "recipients") == 0


def test_a_database_that_is_away_is_left_to_the_next_day(tmp_path: Path) -> None:
    away = connect(f"sqlite:///{tmp_path}/nowhere/d.db")
    Purger(store=away, settings=Settings(), drain=Drain(), now=lambda: LATER).once()
    assert not (tmp_path / "nowhere").exists()
