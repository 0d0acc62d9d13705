"""Orders as they are posted: held to their drop, with every fault in one answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.drop_settings import DropSettings
from api.ordering import NewOrder, OrderChange, look, names_of
from router import codec
from router.errors import Faulty
from tests.drops import base_drop
from tests.market import orders_of, settings_of

DROP = base_drop()
NAMES = names_of(codec.read_as(DropSettings, json.dumps(settings_of(DROP)).encode(), "drop"))
SOLD = frozenset({"MUG-1", "GIFT-1"})
LOOK = look(NAMES, lambda skus: SOLD & skus)
GIFT = orders_of(DROP)[0]


def told(tree: Any, kind: type[Any] = NewOrder) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as refused:
        codec.read_as(kind, json.dumps(tree).encode(), "order", LOOK)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_an_order_of_the_drop_is_read() -> None:
    tree = GIFT | {"recipient": {"name": "Aino"}, "ship_by": None}
    read = codec.read_as(NewOrder, json.dumps(tree).encode(), "order", LOOK)
    assert (read.id, read.ship_by, read.recipient and read.recipient.name, read.on_hold) == ("o1", None, "Aino", False)


def test_every_fault_is_told_at_once() -> None:
    tree = GIFT | {
        "id": "",
        "tier": "drone",
        "location": {"lat": 60.2, "place": 1},
        "hubs": ["kallio", "kamppi"],
        "placed_at": "2026-11-20 18:00",
        "lines": [{"sku": "MUG-1", "quantity": -1}, {"sku": "NO-1", "quantity": True}],
        "recipient": {"name": "", "email": "a@b.example"},
        "on_hold": "no",
    }
    assert told(tree) == [
        ("/hubs/1", "unknown-hub"),
        ("/id", "bad-length"),
        ("/lines/0/quantity", "out-of-range"),
        ("/lines/1/quantity", "not-an-integer"),
        ("/lines/1/sku", "unknown-sku"),
        ("/location/lon", "missing-field"),
        ("/location/place", "unknown-field"),
        ("/on_hold", "wrong-type"),
        ("/placed_at", "bad-time"),
        ("/recipient/email", "unknown-field"),
        ("/recipient/name", "bad-length"),
        ("/tier", "unknown-tier"),
    ]


def test_an_order_cannot_be_held_and_cleared() -> None:
    at = "2026-11-20T18:10:00+02:00"
    assert told(GIFT | {"on_hold": True, "cleared_at": at}) == [("/cleared_at", "held-and-cleared")]
    codec.read_as(NewOrder, json.dumps(GIFT | {"on_hold": False, "cleared_at": at}).encode(), "order", LOOK)


def test_a_change_names_neither_the_order_nor_when_it_was_placed() -> None:
    assert told(GIFT, OrderChange) == [("/id", "unknown-field"), ("/placed_at", "unknown-field")]


@pytest.mark.parametrize("tree", [[], None, {}, {"lines": 3, "hubs": [1], "location": [], "recipient": 1}])
def test_an_order_of_any_shape_has_faults_and_no_other_end(tree: Any) -> None:
    assert told(tree)
