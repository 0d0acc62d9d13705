"""What becomes of an order: held, cleared, changed, cancelled; its stock and the sums of the drop follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from api.db import articles, drops, order_sums, orders
from api.db.connect import Database
from api.db.drops import DropNotOpen
from api.db.orders import NoOrder, OrderCancelled
from api.db.tables.orders import order_lines, order_units, recipients
from api.db.tables.stock import stock
from api.deps import Changed
from api.ordering import NewOrder, OrderChange
from router.errors import Faulty
from router.model import Component, Location
from tests.db.selling import IDS, add, asked, order, outcomes, recounted, selling
from tests.db.shelves import NOW, TENANT, counted
from tests.drops import base_drop

DROP = base_drop()
HUBS = tuple(hub.id for hub in DROP.hubs)
LATER = NOW + timedelta(minutes=9)
POINT = {"lat": 60.2, "lon": 24.9}
TEA = {"id": "t", "placed_at": "2026-11-20T16:00:00Z", "tier": "standard", "location": POINT}
TEA |= {"lines": [{"sku": "TEA-1", "quantity": 1}]}


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    with selling(database, DROP) as store:
        yield store


def tea(**changes: Any) -> NewOrder:
    return order(TEA | changes)


def changed(**changes: Any) -> OrderChange:
    given = {"tier": "standard", "location": Location(**POINT), "lines": (Component(sku="TEA-1", quantity=1),)}
    return OrderChange(**given | changes)


def happen(store: Database, what: str, name: str = "t", **given: Any) -> list[tuple[str, Any]]:
    """Does to an order what is said, and gives type and time of what happened."""
    if what == "release":
        given = {"cleared_at": LATER} | given
    with store.write() as db:
        act = getattr(orders, what)
        return [
            (each.type, each.time) for each in act(db, TENANT, DROP.id, name, event_id=next(IDS), now=LATER, **given)
        ]


def put(store: Database, asked: OrderChange, revision: int = 1, name: str = "t") -> list[tuple[str, Any]]:
    with store.write() as db:
        made_of = articles.parts(db, TENANT, {line.sku for line in asked.lines})
        given = {"hubs": HUBS, "made_of": made_of, "revision": revision, "event_id": next(IDS), "now": LATER}
        return [(each.type, each.time) for each in orders.change(db, TENANT, DROP.id, name, asked, **given)]


def stands(store: Database, name: str = "t") -> tuple[str, str, Any, int]:
    with store.read() as db:
        found, revision = orders.get(db, TENANT, DROP.id, name)
    return found.state, found.stock, found.cleared_at, revision


def free_tea(store: Database) -> int:
    with store.read() as db:
        on_hand, reserved = counted(db, ("kallio", "TEA-1"))
    return on_hand - reserved


def test_review_lets_an_order_through_and_takes_it_back(store: Database) -> None:
    outcomes(store, DROP, [tea(on_hold=True)])
    assert stands(store) == ("held", "reserved", None, 1)
    assert happen(store, "release") == [("order.cleared", LATER)]
    assert stands(store) == ("cleared", "reserved", LATER, 2)
    assert happen(store, "release", cleared_at=NOW) == []
    assert happen(store, "hold") == [("order.held", LATER)]
    assert happen(store, "hold") == []
    assert stands(store) == ("held", "reserved", None, 3)
    assert free_tea(store) == 1


def test_a_cancelled_order_gives_its_stock_back_once_and_stays_cancelled(store: Database) -> None:
    outcomes(store, DROP, [tea()])
    assert happen(store, "cancel") == [("order.cancelled", LATER)]
    assert happen(store, "cancel") == []
    assert (stands(store)[:2], free_tea(store)) == (("cancelled", "none"), 2)
    for act in ("hold", "release"):
        with pytest.raises(OrderCancelled):
            happen(store, act)
    with pytest.raises(OrderCancelled):
        put(store, changed(), revision=2)


def test_the_reservation_follows_a_change(store: Database) -> None:
    outcomes(store, DROP, [tea(recipient={"name": "Aino"})])
    assert put(store, changed(lines=(Component(sku="TEA-1", quantity=2),), tier="express")) == [
        ("order.changed", LATER)
    ]
    assert (stands(store)[1:], free_tea(store)) == (("reserved", None, 2), 0)
    assert put(store, changed(lines=(Component(sku="TEA-1", quantity=3),)), 2)
    assert (stands(store)[1:], free_tea(store)) == (("short", None, 3), 2)
    assert put(store, changed(lines=(Component(sku="JAM-1", quantity=1),)), 3)
    assert (stands(store)[1:], free_tea(store)) == (("reserved", None, 4), 2)
    with store.read() as db:
        found, _ = orders.get(db, TENANT, DROP.id, "t")
        assert (found.lines, found.recipient) == ((Component(sku="JAM-1", quantity=1),), None)
        assert db.execute(select(order_lines.c.sku)).scalars().all() == ["JAM-1"]
        assert db.execute(select(func.count()).select_from(recipients)).scalar_one() == 0


def test_a_changed_order_is_another_one_when_it_is_posted_again(store: Database) -> None:
    outcomes(store, DROP, [tea()])
    put(store, changed(service_seconds=30))
    assert outcomes(store, DROP, [tea()]) == ["refused"]
    assert outcomes(store, DROP, [tea(service_seconds=30)]) == ["unchanged"]


def test_an_edit_of_a_revision_that_is_gone_changes_nothing(store: Database) -> None:
    outcomes(store, DROP, [tea()])
    with pytest.raises(Changed):
        put(store, changed(lines=(Component(sku="TEA-1", quantity=2),)), revision=2)
    with pytest.raises(Faulty):
        put(store, changed(lines=(Component(sku="NO-1", quantity=2),)))
    assert (stands(store), free_tea(store)) == (("cleared", "reserved", None, 1), 1)


def test_once_the_drop_is_released_only_held_orders_can_be_cancelled(store: Database) -> None:
    outcomes(store, DROP, [tea(), tea(id="h", on_hold=True)])
    with store.write() as db:
        drops.turn(db, TENANT, DROP.id, "released", of=("open",), now=NOW)
    for act in ("hold", "release", "cancel"):
        with pytest.raises(DropNotOpen):
            happen(store, act)
    with pytest.raises(DropNotOpen):
        put(store, changed())
    assert happen(store, "cancel", "h") == [("order.cancelled", LATER)]


def test_an_order_that_is_not_there_is_not_found(store: Database) -> None:
    for act in ("hold", "release", "cancel"):
        with pytest.raises(NoOrder):
            happen(store, act, "nobody")
    with pytest.raises(NoOrder):
        put(store, changed(), name="nobody")


def test_a_list_can_be_narrowed(store: Database) -> None:
    outcomes(store, DROP, [*asked(DROP), tea(on_hold=True)])
    happen(store, "cancel", "o4")

    def ids(**how: str) -> list[str]:
        with store.read() as db:
            return sorted(row.id for row in db.execute(orders.listed(TENANT, DROP.id, **how)))

    assert ids() == ["o1", "o2", "o3", "o4", "t"]
    assert (ids(state="held"), ids(state="cancelled")) == (["t"], ["o4"])
    assert (ids(stock_state="short"), ids(tier="express", state="cleared")) == (["o1", "t"], ["o1", "o2"])
    with store.read() as db:
        told = drops.counts(db, TENANT, DROP.id)
    assert (told.held, told.cleared, told.cancelled, told.short) == (1, 3, 1, 2)


ACTS = st.one_of(
    st.tuples(st.just("post"), st.integers(0, 3), st.integers(1, 2), st.booleans()),
    st.tuples(st.sampled_from(["hold", "release", "cancel"]), st.integers(0, 3)),
    st.tuples(st.just("change"), st.integers(0, 3), st.sampled_from(["TEA-1", "MUG-1", "GIFT-1"]), st.integers(1, 2)),
)


@given(acts=st.lists(ACTS, max_size=12))
@settings(max_examples=60)
def test_after_whatever_happened_reservations_and_sums_are_those_of_the_orders(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[Any, ...]]
) -> None:
    with selling(f"sqlite:///{tmp_path_factory.mktemp('orders') / 'd.db'}", DROP) as store:
        for act, number, *how in acts:
            name = f"o{number}"
            try:
                with store.write() as db:
                    if act == "post":
                        lines = [{"sku": "TEA-1", "quantity": how[0]}, {"sku": "JAM-1", "quantity": 1}]
                        add(db, DROP, [tea(id=name, lines=lines, on_hold=how[1])])
                    elif act == "change":
                        revision = orders.get(db, TENANT, DROP.id, name)[1]
                        line = Component(sku=how[0], quantity=how[1])
                        made_of = articles.parts(db, TENANT, [how[0]])
                        how_ = {"hubs": HUBS, "made_of": made_of, "revision": revision}
                        asked_ = changed(lines=(line,), tier="express")
                        orders.change(db, TENANT, DROP.id, name, asked_, **how_, event_id=next(IDS), now=LATER)
                    else:
                        more = {"cleared_at": LATER} if act == "release" else {}
                        getattr(orders, act)(db, TENANT, DROP.id, name, event_id=next(IDS), now=LATER, **more)
            except (NoOrder, OrderCancelled):
                pass
        with store.read() as db:
            kept = {cell: units for cell, units in order_sums.get(db, TENANT, DROP.id).items() if units.parcels}
            assert kept == recounted(db, DROP)
            own = select(order_units.c.hub, order_units.c.sku, func.sum(order_units.c.units))
            own = own.group_by(order_units.c.hub, order_units.c.sku)
            reserved = select(stock.c.hub, stock.c.sku, stock.c.reserved).where(stock.c.reserved > 0)
            assert sorted(map(tuple, db.execute(own))) == sorted(map(tuple, db.execute(reserved)))
