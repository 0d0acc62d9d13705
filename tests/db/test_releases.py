"""What a release hands over is in the database whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError

from api.db import accounts, migrate, pick_lists, trips
from api.db.connect import Database, connect
from api.db.stored import FileDamaged, Format, Withdrawn
from api.db.tables import releases as tables
from api.principal import Principal, Role
from router.check import findings
from tests.handed_over import DROP, RELEASED_AT, handed_over, release

TENANT, OTHER = "pop-up", "elsewhere"
ENGINEER = Principal(tenant=TENANT, role=Role.ENGINEER, partner=None, actor="key/k1")
ALL = (tables.pick_lists, tables.pick_list_files, tables.trips, tables.trip_files)
KILLED = 9
MOST_STEPS = 200


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    """A database with two marketplaces and nothing released."""
    store = connect(database, pool_size=2)
    migrate.upgrade(store)
    with store.write() as db:
        for tenant in (TENANT, OTHER):
            accounts.add_tenant(db, tenant, name=tenant, now=RELEASED_AT)
    yield store
    store.close()


def everything(store: Database) -> list[list[str]]:
    """Every row of the four tables, spelt out."""
    with store.read() as db:
        return [sorted(repr(tuple(row)) for row in db.execute(select(table))) for table in ALL]


def versions(store: Database, *, held: bool) -> list[int]:
    """Versions of the lists and trips that hold, or of those that were superseded."""
    with store.read() as db:
        return sorted(
            row.plan_version
            for table in (tables.pick_lists, tables.trips)
            for row in db.execute(select(table.c.plan_version, table.c.superseded_at))
            if (row.superseded_at is None) is held
        )


def test_the_plan_of_these_tests_is_one_that_the_referee_accepts() -> None:
    assert findings(*handed_over()) == ()


def test_every_list_and_trip_has_a_file_in_every_format_with_its_hash(store: Database) -> None:
    with store.write() as db:
        handed = release(db, TENANT)
    assert [(each.hub, each.wave, each.lines, each.units) for each in handed.pick_lists] == [
        ("kamppi", "w1", 4, 6),
        ("kallio", "w1", 4, 6),
        ("kallio", "w2", 4, 9),
        ("kamppi", "w2", 1, 2),
    ]
    assert [(each.trip, each.stops, each.parcels) for each in handed.trips] == [
        ("t3", 4, 4),
        ("t1", 3, 3),
        ("t2", 2, 2),
        ("t4", 1, 1),
    ]
    with store.read() as db:
        for listed in handed.pick_lists:
            assert pick_lists.entry(db, ENGINEER, listed.id) == listed
            files = {ending: pick_lists.file(db, ENGINEER, listed.id, ending) for ending in ("csv", "json")}
            assert files["csv"].content.count(b"\r\n") == listed.lines + 1
            assert len(json.loads(files["json"].content)["lines"]) == listed.lines
            assert all(hashlib.sha256(file.content).hexdigest() == file.sha256 for file in files.values())
        for driven in handed.trips:
            assert trips.entry(db, ENGINEER, driven.id) == driven
            files = {ending: trips.file(db, ENGINEER, driven.id, ending) for ending in ("csv", "json", "geojson")}
            assert files["csv"].content.count(b"\r\n") == driven.stops + 3
            assert len(json.loads(files["json"].content)["stops"]) == driven.stops
            assert len(json.loads(files["geojson"].content)["features"]) == 2 * driven.stops + 3
            assert all(hashlib.sha256(file.content).hexdigest() == file.sha256 for file in files.values())


def test_the_same_release_elsewhere_has_the_same_content_under_other_ids(store: Database) -> None:
    with store.write() as db:
        one, other = release(db, TENANT), release(db, OTHER)
    ids = [{each.id for each in (*handed.pick_lists, *handed.trips)} for handed in (one, other)]
    assert not ids[0] & ids[1]
    assert [replace(each, id="") for each in one.trips] == [replace(each, id="") for each in other.trips]


def test_what_is_withdrawn_holds_no_more_and_all_else_does(store: Database) -> None:
    later = RELEASED_AT + timedelta(minutes=5)
    with store.write() as db:
        first = release(db, TENANT)
        release(db, OTHER)
        release(db, TENANT, version=2)
    gone = [first.pick_lists[0].id, first.pick_lists[1].id]
    for now in (later, later + timedelta(minutes=1)):  # what was withdrawn before keeps its time
        with store.write() as db:
            pick_lists.withdraw(db, TENANT, gone, now)
            trips.withdraw(db, TENANT, [first.trips[0].id], now)
    assert versions(store, held=False) == [1] * 3
    assert versions(store, held=True) == [1] * 13 + [2] * 8
    with store.read() as db:
        assert pick_lists.entry(db, ENGINEER, gone[0]).superseded_at == later
        assert gone[0] not in pick_lists.held(db, TENANT, DROP, 1).values()
        assert len(trips.held(db, TENANT, DROP, 1)) == 3
        for file in (pick_lists.file, trips.file):
            with pytest.raises(Withdrawn):
                file(db, ENGINEER, gone[0] if file is pick_lists.file else first.trips[0].id, "csv")


def test_a_version_is_released_once(store: Database) -> None:
    with store.write() as db:
        release(db, TENANT)
    before = everything(store)
    with pytest.raises(IntegrityError), store.write() as db:
        release(db, TENANT)
    assert everything(store) == before


def test_manifests_are_forgotten_once_their_trip_is_over_and_nothing_else(store: Database) -> None:
    with store.write() as db:
        handed = release(db, TENANT)
    early, *_, late = sorted(handed.trips, key=lambda trip: trip.return_at)  # t1 meets o01, t4 o05
    assert "Canary o01" in str(everything(store))
    with store.write() as db:
        assert trips.forget(db, early.return_at) == 0
        assert trips.forget(db, early.return_at + timedelta(seconds=1)) == 3
    with store.read() as db:
        assert trips.entry(db, ENGINEER, early.id) == early
        assert trips.file(db, ENGINEER, late.id, "csv").content
        with pytest.raises(trips.NoManifest):
            trips.file(db, ENGINEER, early.id, "csv")
        assert all(pick_lists.file(db, ENGINEER, each.id, "csv").content for each in handed.pick_lists)
    assert "Canary o01" not in str(everything(store))
    assert "Canary o05" in str(everything(store))


def test_a_file_whose_bytes_have_changed_is_not_handed_out(store: Database) -> None:
    with store.write() as db:
        handed = release(db, TENANT)
        damaged = handed.pick_lists[0].id
        db.execute(
            update(tables.pick_list_files)
            .where(tables.pick_list_files.c.of == damaged, tables.pick_list_files.c.format == "csv")
            .values(content=b"line,hub\r\n")
        )
    with store.read() as db:
        with pytest.raises(FileDamaged):
            pick_lists.file(db, ENGINEER, damaged, "csv")
        assert pick_lists.file(db, ENGINEER, damaged, "json").content


def killed_at(step: int, database: str) -> bool:
    """Releases version 2 in a process of its own that is gone at once when it gets to that step.

    A step is the rendering of a file, and the moment before and after each statement, and before the commit. False
    where the process came to its end before.
    """
    child = multiprocessing.get_context("fork").Process(target=_release_until, args=(step, database))
    child.start()
    child.join()
    assert child.exitcode in (0, KILLED)
    return child.exitcode == KILLED


def _release_until(step: int, database: str) -> None:
    left = step

    def at_step(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os._exit(KILLED)

    def watched(form: Format[Any]) -> Format[Any]:
        def render(record: Any) -> bytes:
            content = form.render(record)
            at_step()
            return content

        return replace(form, render=render)

    for module in (pick_lists, trips):
        vars(module)["FORMATS"] = {name: watched(form) for name, form in module.FORMATS.items()}
    store = connect(database, pool_size=1)
    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(store.writing, moment, at_step)
    with store.write() as db:
        release(db, TENANT, version=2)
    store.close()


def test_killed_at_any_step_a_release_leaves_nothing_behind(store: Database, database: str) -> None:
    with store.write() as db:
        release(db, TENANT)
    before, steps = everything(store), 0
    while killed_at(steps, database):
        assert everything(store) == before
        steps += 1
        assert steps < MOST_STEPS
    assert steps > 4 * 2 + 4 * 3 + 2 * 6  # a render for each file, and both sides of each statement
    assert versions(store, held=True) == [1] * 8 + [2] * 8
    with store.read() as db:
        for kind, entries in ((pick_lists, pick_lists.released), (trips, trips.released)):
            for each in entries(db, TENANT, DROP, 2):
                assert all(kind.file(db, ENGINEER, each.id, ending).content for ending in kind.FORMATS)
