"""The document of a drop: what went into the database comes out as the drop that it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from api.assemble import drop_document
from api.db import lending, orders
from api.db.connect import Database
from api.db.drops import NoDrop
from api.db.movements import Cause
from api.lending import NewLoan
from router import codec
from router.model import Committed, Drop, named
from tests.db.selling import IDS, asked, outcomes, selling
from tests.db.shelves import MINUTE, NOW, TENANT, hold
from tests.drops import base_drop, base_plan

DROP = base_drop()
AT = DROP.plan_at + timedelta(minutes=7)


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    with selling(database, DROP) as store:
        yield store


def assembled(store: Database, **more: object) -> Drop:
    with store.read() as db:
        return drop_document(db, TENANT, DROP.id, plan_at=AT, now=NOW, **more)


def borrow(store: Database) -> None:
    """The seller lends the drop the one mug that is set aside."""
    new = NewLoan(drop=DROP.id, hub="kallio", sku="MUG-1", limit=1)
    with store.write() as db:
        lending.add(db, TENANT, "l1", new, Cause(reason="lent", reference=None, actor="key/test", at=NOW))


def test_what_was_set_aside_is_in_it_once_it_is_lent(store: Database) -> None:
    outcomes(store, DROP, asked(DROP))
    assert {row.contingency for row in assembled(store).stock} == {0}
    borrow(store)
    assert [row.contingency for row in assembled(store).stock if row.sku == "MUG-1"] == [1]


def test_the_drop_comes_out_as_it_went_in(store: Database) -> None:
    outcomes(store, DROP, asked(DROP))
    borrow(store)
    found = assembled(store)
    assert codec.read_drop(codec.write(found)) == found
    assert found == replace(DROP, plan_at=AT, catalog=found.catalog, stock=found.stock)
    assert sorted(found.catalog, key=str) == sorted(DROP.catalog, key=str)
    assert sorted(found.stock, key=str) == sorted(DROP.stock, key=str)


def test_a_matrix_drop_comes_out_as_well(database: str) -> None:
    drop = base_drop("matrix")
    with selling(database, drop) as store:
        outcomes(store, drop, asked(drop))
        found = assembled(store)
    assert (found.travel, found.orders) == (drop.travel, drop.orders)


def test_only_what_cleared_orders_name_is_in_it(store: Database) -> None:
    outcomes(store, DROP, asked(DROP))
    with store.write() as db:
        for act, name in (("hold", "o2"), ("cancel", "o4")):
            getattr(orders, act)(db, TENANT, DROP.id, name, event_id=next(IDS), now=NOW)
    found = assembled(store)
    assert [order.id for order in found.orders] == ["o1", "o3"]
    assert [sku.sku for sku in found.catalog] == ["MUG-1", "TEA-1"]
    quantities = {(row.hub, row.sku): row.quantity for row in found.stock}
    assert quantities == {("kallio", "MUG-1"): 2, ("kallio", "TEA-1"): 1, ("pasila", "TEA-1"): 0}


def test_what_others_hold_is_not_in_it_until_their_hold_is_over(store: Database) -> None:
    outcomes(store, DROP, asked(DROP))
    with store.write() as db:
        hold(db, "h1", {("kallio", "MUG-1"): 1}, until=NOW + MINUTE)
    with store.read() as db:
        both = [drop_document(db, TENANT, DROP.id, plan_at=AT, now=now) for now in (NOW, NOW + MINUTE)]
    assert [row.quantity for drop in both for row in drop.stock if row.sku == "MUG-1"] == [1, 2]


def test_an_order_that_was_let_through_says_when(store: Database) -> None:
    outcomes(store, DROP, asked(DROP, on_hold=True, cleared_at=None))
    with store.write() as db:
        given = {"cleared_at": NOW, "event_id": next(IDS), "now": NOW}
        orders.release(db, TENANT, DROP.id, "o3", **given)
    (only,) = assembled(store).orders
    assert (only.id, only.cleared_at) == ("o3", NOW)


def test_what_has_begun_is_stock_again(store: Database) -> None:
    outcomes(store, DROP, asked(DROP))
    (begun,) = [parcel for parcel in base_plan().parcels if parcel.order == "o3"]
    before = assembled(store)
    found = assembled(store, committed=Committed(parcels=(begun,)))
    assert found.committed.parcels == (begun,)
    more = {(row.hub, row.sku): row.quantity for row in found.stock}
    for row in before.stock:
        more[row.hub, row.sku] -= row.quantity
    assert {cell: units for cell, units in more.items() if units} == {(begun.hub, "TEA-1"): 1}


def test_a_drop_without_orders_is_one_too(store: Database) -> None:
    found = assembled(store)
    assert (found.orders, found.stock, found.catalog) == ((), (), ())
    assert set(named(found.hubs)) == {"kallio", "pasila"}


def test_a_drop_of_somebody_else_is_not_there(store: Database) -> None:
    with store.read() as db, pytest.raises(NoDrop):
        drop_document(db, "elsewhere", DROP.id, plan_at=AT, now=NOW)
