"""Drops on both databases: one of an id, edited by whoever knows it, and never behind its orders' backs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from api.db import drops, fitting
from api.db.connect import Database
from api.db.drops import DropExists, DropNotOpen, NoDrop
from api.db.fitting import OrdersInTheWay
from api.db.tables.registry import carriers, courier_hubs, couriers, hubs
from api.deps import Changed
from api.drop_settings import DropSettings
from tests.db.selling import asked, outcomes, selling, settings
from tests.db.shelves import NOW, TENANT
from tests.drops import base_drop

DROP = base_drop()
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    with selling(database, DROP) as store:
        yield store


def edited(store: Database, revision: int = 1, **changes: object) -> drops.LiveDrop:
    with store.write() as db:
        made = drops.edit(db, TENANT, settings(db, DROP, **changes), revision=revision, now=LATER)
        fitting.check(db, TENANT, made.settings)
        return made


def turn(store: Database, into: drops.State, *of: drops.State) -> bool:
    with store.write() as db:
        return drops.turn(db, TENANT, DROP.id, into, of=of, now=LATER)


def test_a_drop_comes_back_as_it_was_created_and_its_id_is_taken(store: Database) -> None:
    with store.write() as db:
        found = drops.get(db, TENANT, DROP.id)
        assert (found.state, found.revision, found.settings) == ("open", 1, settings(db, DROP))
        with pytest.raises(DropExists):
            drops.add(db, TENANT, settings(db, DROP), NOW)
        with pytest.raises(NoDrop):
            drops.get(db, "elsewhere", DROP.id)


def test_an_edit_of_a_revision_that_is_gone_is_refused(store: Database) -> None:
    assert edited(store, title="Friday").revision == 2
    with pytest.raises(Changed):
        edited(store, title="Saturday")
    with store.read() as db:
        assert (drops.get(db, TENANT, DROP.id).settings.title, drops.stands(db, TENANT, DROP.id).revision) == (
            "Friday",
            2,
        )


def test_a_drop_goes_on_once_and_never_back(store: Database) -> None:
    assert [turn(store, "closed", "open"), turn(store, "closed", "open")] == [True, False]
    with store.read() as db:
        assert drops.get(db, TENANT, DROP.id).closed_at == LATER
    with pytest.raises(DropNotOpen):
        edited(store, 2)
    assert turn(store, "released", "open", "closed")
    with pytest.raises(DropNotOpen):
        turn(store, "cancelled", "open", "closed")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tiers": [{"id": "express"}]}, "2 orders would not fit the drop; 'o3': /tier there is no tier 'standard'"),
        (
            {"hubs": [{"id": "pasila", "waves": []}], "couriers": [], "carriers": []},
            "4 orders would not fit the drop; 'o1': /hubs/0 there is no hub 'kallio'",
        ),
    ],
)
def test_an_edit_that_its_orders_do_not_fit_is_refused(store: Database, changes: dict[str, object], why: str) -> None:
    posted = [*asked(DROP), *asked(DROP, tier="standard", id="o5", location={"lat": 60.0, "lon": 24.0})[:1]]
    outcomes(store, DROP, posted)
    with pytest.raises(OrdersInTheWay) as refused:
        edited(store, **changes)
    assert str(refused.value).startswith(why)
    with store.read() as db:
        assert drops.stands(db, TENANT, DROP.id).revision == 1


def test_a_hub_at_which_stock_is_reserved_stays(store: Database) -> None:
    outcomes(store, DROP, asked(DROP))
    rest = [{"id": "kallio", "waves": []}]
    only = {"hubs": rest, "couriers": [], "carriers": []}
    with pytest.raises(OrdersInTheWay, match=r"1 orders .* 'o2': its stock is reserved at hub 'pasila'"):
        edited(store, **only)


def test_what_a_drop_names_cannot_be_deleted_and_what_it_named_before_can(store: Database) -> None:
    for table, name in ((hubs, "pasila"), (couriers, "bike-2"), (carriers, "post")):
        with pytest.raises(IntegrityError), store.write() as db:
            db.execute(delete(courier_hubs).where(courier_hubs.c.courier == "bike-2"))
            db.execute(delete(table).where(table.c.id == name))
    edited(store, carriers=[])
    with store.write() as db:
        db.execute(delete(carriers))


def test_settings_are_read_once_as_long_as_they_stay_the_same(store: Database) -> None:
    with store.write() as db:
        first, again = (drops.settings(db, TENANT, drops.stands(db, TENANT, DROP.id)) for _ in range(2))
        assert first is again
    edited(store, title="Friday")
    with store.read() as db:
        after = drops.settings(db, TENANT, drops.stands(db, TENANT, DROP.id))
    assert isinstance(after, DropSettings)
    assert (first.title, after.title) == (None, "Friday")
