"""Orders come in on both databases: stock for all of an order or none of it, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from api.db import drops, holds, order_sums, orders
from api.db.connect import Database
from api.db.drops import DropNotOpen, NoDrop
from api.db.tables.orders import order_lines, order_units
from api.db.tables.orders import orders as order_rows
from api.holding import HoldLine, NewHold
from api.ordering import NewOrder
from router.model import Component
from tests.db.selling import add, asked, order, outcomes, recounted, selling
from tests.db.shelves import MINUTE, NOW, TENANT, counted
from tests.drops import base_drop

DROP = base_drop()
TEA = {"id": "t", "placed_at": "2026-11-20T16:00:00Z", "tier": "standard", "location": {"lat": 60.2, "lon": 24.9}}
TEA |= {"lines": [{"sku": "TEA-1", "quantity": 1}]}


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    with selling(database, DROP) as store:
        yield store


def tea(name: str, quantity: int = 1) -> NewOrder:
    return order(TEA | {"id": name, "lines": [{"sku": "TEA-1", "quantity": quantity}]})


def test_each_order_reserves_all_its_lines_or_none_in_the_order_in_which_it_came(store: Database) -> None:
    gift, both, one_tea, lamps = asked(DROP)
    assert outcomes(store, DROP, [gift, both, one_tea, lamps]) == ["short", "reserved", "reserved", "short"]
    with store.read() as db:
        assert [counted(db, cell) for cell in (("kallio", "MUG-1"), ("kallio", "TEA-1"), ("pasila", "JAM-1"))] == [
            (2, 0),
            (2, 2),
            (2, 2),
        ]


def test_bundles_are_taken_apart_and_lines_of_one_sku_added_up(store: Database) -> None:
    lines = [{"sku": "GIFT-1", "quantity": 1}]
    assert outcomes(store, DROP, [order(TEA | {"lines": lines})]) == ["reserved"]
    with store.read() as db:
        assert counted(db, ("kallio", "MUG-1")) == (2, 2)
    twice = [{"sku": "TEA-1", "quantity": 1}, {"sku": "TEA-1", "quantity": 2}]
    assert outcomes(store, DROP, [order(TEA | {"id": "twice", "lines": twice})]) == ["short"]


def test_an_order_takes_stock_at_its_own_hubs_alone(store: Database) -> None:
    elsewhere = order(TEA | {"hubs": ["pasila"]})
    assert outcomes(store, DROP, [elsewhere, tea("here")]) == ["short", "reserved"]


def test_the_same_order_again_changes_nothing_and_another_of_its_id_is_refused(store: Database) -> None:
    first = asked(DROP, recipient={"name": "Aino", "phone": "+358"})
    assert outcomes(store, DROP, first) == ["short", "reserved", "reserved", "short"]
    with store.write() as db:
        again = add(db, DROP, first)
        assert ({fate.outcome for fate in again.fates}, again.happened) == ({"unchanged"}, ())
        others = [
            replace(first[0], tier="standard"),
            replace(first[1], recipient=None),
            replace(first[2], lines=(Component(sku="TEA-1", quantity=2),)),
            replace(first[3], cleared_at=NOW),
        ]
        refused = add(db, DROP, [*others, tea("new", 9)])
    assert [fate.outcome for fate in refused.fates] == ["refused"] * 4 + ["short"]
    assert {(fault.pointer, fault.code) for fate in refused.fates for fault in fate.faults} == {
        ("/id", "order-differs")
    }
    assert all(order.id in fate.faults[0].message for order, fate in zip(others, refused.fates, strict=False))


def test_an_id_that_stands_twice_in_one_batch_counts_once(store: Database) -> None:
    assert outcomes(store, DROP, [tea("a"), tea("a"), tea("a", 2), tea("b")]) == [
        "reserved",
        "unchanged",
        "refused",
        "reserved",
    ]


def test_every_line_of_an_unknown_sku_is_a_fault_and_the_others_come_in(store: Database) -> None:
    lines = [{"sku": name, "quantity": 1} for name in ("TEA-1", "NO-1", "NO-2")]
    with store.write() as db:
        bad, good = add(db, DROP, [order(TEA | {"lines": lines}), tea("good")]).fates
    assert [(fault.pointer, fault.code) for fault in bad.faults] == [
        ("/lines/1/sku", "unknown-sku"),
        ("/lines/2/sku", "unknown-sku"),
    ]
    assert good.outcome == "reserved"


def test_what_happened_says_nothing_about_the_recipient(store: Database) -> None:
    held, cleared = order(TEA | {"id": "h", "on_hold": True}), asked(DROP, recipient={"name": "Aino"})[1]
    with store.write() as db:
        happened = add(db, DROP, [held, cleared]).happened
    assert [(each.type, each.subject, each.time) for each in happened] == [
        ("order.placed", "order/h", held.placed_at),
        ("order.held", "order/h", NOW),
        ("order.placed", "order/o2", cleared.placed_at),
        ("order.cleared", "order/o2", cleared.cleared_at),
    ]
    assert happened[0].data == {"order": "h", "drop": "meridian", "tier": "standard"}


def test_a_closed_drop_takes_no_new_order_but_knows_the_old_ones(store: Database) -> None:
    assert outcomes(store, DROP, [tea("a")]) == ["reserved"]
    with store.write() as db:
        drops.turn(db, TENANT, DROP.id, "closed", of=("open",), now=NOW)
    assert outcomes(store, DROP, [tea("a")]) == ["unchanged"]
    with pytest.raises(DropNotOpen):
        outcomes(store, DROP, [tea("a"), tea("b")])
    with pytest.raises(NoDrop), store.write() as db:
        add(db, replace(DROP, id="nowhere"), [tea("a")])


def test_the_database_itself_refuses_lines_and_units_below_one(store: Database) -> None:
    outcomes(store, DROP, [tea("a")])
    for table, column in ((order_lines, "quantity"), (order_units, "units")):
        for number in (0, -1):
            with pytest.raises(IntegrityError), store.write() as db:
                db.execute(update(table).values({column: number}))


def test_of_many_clients_at_once_each_order_comes_in_once_and_no_stock_twice(store: Database) -> None:
    wanted = [tea(f"o{number}") for number in range(12)]

    def post(client: int) -> list[str]:
        turned = wanted[client:] + wanted[:client]
        return [each for batch in (turned[:5], turned[5:]) for each in outcomes(store, DROP, batch)]

    with ThreadPoolExecutor(4) as pool:
        said = [each for answers in pool.map(post, range(4)) for each in answers]
    assert (said.count("reserved"), said.count("short"), said.count("unchanged")) == (2, 10, 36)
    with store.read() as db:
        assert counted(db, ("kallio", "TEA-1")) == (2, 2)
        assert db.execute(select(func.count()).select_from(order_rows)).scalar_one() == 12
        assert order_sums.get(db, TENANT, DROP.id) == recounted(db, DROP)


def held(store: Database, name: str, quantity: int, sku: str = "TEA-1", hub: str | None = None) -> None:
    with store.write() as db:
        line = HoldLine(sku=sku, quantity=quantity, hub=hub)
        holds.place(db, TENANT, name, NewHold(checkout="c", lines=(line,)), NOW + MINUTE, NOW)


def test_what_a_hold_kept_becomes_the_orders_own(store: Database) -> None:
    held(store, "h", 2)
    assert outcomes(store, DROP, [tea("a")]) == ["short"]
    mine = order(TEA | {"id": "b", "hold": "h", "lines": [{"sku": "TEA-1", "quantity": 2}]})
    assert outcomes(store, DROP, [mine]) == ["reserved"]
    assert outcomes(store, DROP, [mine]) == ["unchanged"]
    with store.read() as db:
        assert counted(db, ("kallio", "TEA-1")) == (2, 2)
        assert holds.read(db, TENANT, "h", NOW).state == "converted"


@pytest.mark.parametrize(
    ("kept", "sku", "lines", "outcome", "reserved"),
    [
        (2, "TEA-1", {"TEA-1": 1}, "reserved", {"TEA-1": 1}),
        (1, "TEA-1", {"TEA-1": 2}, "reserved", {"TEA-1": 2}),
        (1, "TEA-1", {"TEA-1": 3}, "short", {}),
        (1, "MUG-1", {"TEA-1": 1}, "reserved", {"TEA-1": 1}),
        (1, "MUG-1", {"GIFT-1": 1, "TEA-1": 1}, "reserved", {"MUG-1": 2, "TEA-1": 1}),
    ],
)
def test_a_hold_that_does_not_fit_its_order_is_filled_up_or_given_back(
    store: Database, kept: int, sku: str, lines: dict[str, int], outcome: str, reserved: dict[str, int]
) -> None:
    held(store, "h", kept, sku)
    wanted = [{"sku": name, "quantity": quantity} for name, quantity in lines.items()]
    assert outcomes(store, DROP, [order(TEA | {"hold": "h", "lines": wanted})]) == [outcome]
    with store.read() as db:
        found = {name: counted(db, ("kallio", name))[1] for name in ("TEA-1", "MUG-1")}
        assert {name: units for name, units in found.items() if units} == reserved


def test_a_hold_at_a_hub_where_the_order_may_not_come_from_is_given_back(store: Database) -> None:
    held(store, "h", 1, hub="kallio")
    assert outcomes(store, DROP, [order(TEA | {"hold": "h", "hubs": ["pasila"]})]) == ["short"]
    with store.read() as db:
        assert counted(db, ("kallio", "TEA-1")) == (2, 0)


def test_a_hold_that_is_over_or_none_refuses_its_order_alone(store: Database) -> None:
    held(store, "gone", 1)
    with store.write() as db:
        holds.release(db, TENANT, "gone", NOW)
    asked = [order(TEA | {"id": name, "hold": hold}) for name, hold in (("a", "gone"), ("b", "none"), ("c", None))]
    with store.write() as db:
        fates = add(db, DROP, asked).fates
    assert [fate.outcome for fate in fates] == ["refused", "refused", "reserved"]
    told = [[(fault.pointer, fault.code) for fault in fate.faults] for fate in fates]
    assert told == [[("/hold", "hold-over")], [("/hold", "no-hold")], []]
    with store.read() as db:
        assert db.execute(select(order_rows.c.id)).scalars().all() == ["c"]


def test_an_order_comes_back_as_it_was_posted(store: Database) -> None:
    posted = asked(DROP, recipient={"name": "Aino", "note": "ring twice"})
    outcomes(store, DROP, posted)
    with store.read() as db:
        for each in posted:
            found, revision = orders.get(db, TENANT, DROP.id, each.id)
            same = ("id", "placed_at", "cleared_at", "lines", "location", "ship_by", "deliver_by", "hubs", "recipient")
            assert [getattr(found, name) for name in same] == [getattr(each, name) for name in same]
            assert (found.state, revision) == ("cleared", 1)
