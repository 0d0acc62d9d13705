"""Settings of a drop: read over the registry, and every fault of them told at once and in its own place."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from api.drop_settings import DropSettings, Registered, document, read
from router import codec
from router.errors import Faulty
from router.model import Drop
from tests.drops import base_drop
from tests.market import DATED, settings_of

DROP = base_drop()


def registered(drop: Drop = DROP, **changes: Any) -> Registered:
    tree = codec.plain(drop)
    known = {
        part: {row["id"]: {name: value for name, value in row.items() if name != DATED[part]} for row in tree[part]}
        for part in DATED
    }
    return Registered(**known | changes)


def settings(**changes: Any) -> dict[str, Any]:
    return deepcopy(settings_of(DROP)) | changes


def told(tree: Any, known: Registered | None = None) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as refused:
        read(json.dumps(tree).encode(), lambda names: known or registered())
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_a_drop_taken_apart_is_put_together_again() -> None:
    whole = document(settings(), registered(), plan_at=DROP.plan_at)
    parts = {name: codec.plain(DROP)[name] for name in ("catalog", "bundles", "stock", "orders")}
    assert codec.read_drop(json.dumps(whole | parts).encode()) == DROP


def test_sound_settings_are_read() -> None:
    read_back = read(json.dumps(settings()).encode(), lambda names: registered())
    assert isinstance(read_back, DropSettings)
    assert (read_back.id, read_back.plan_at, [hub.id for hub in read_back.hubs]) == (
        "meridian",
        DROP.plan_at,
        ["kallio", "pasila"],
    )


def test_every_fault_is_told_at_once() -> None:
    tree = settings(currency="eur", plan_at="2026-11-20T18:15:00", colour=1)
    tree["tiers"][1]["id"] = "express"
    tree["hubs"][0]["waves"][1]["start"] = "2026-11-20T18:44:59+02:00"
    tree["hubs"][0]["waves"].append({"id": "w3", "start": "noon", "end": "2026-11-20T20:00:00Z", "lines": -1})
    tree["hubs"].append({"id": "nowhere", "waves": []})
    tree["couriers"][0]["profile"] = "rocket"
    tree["couriers"][1] |= {"id": "nobody", "shift": {"start": "2026-11-20T18:00:00Z"}}
    tree["carriers"][0]["collections"][0]["hub"] = "kamppi"
    tree["carriers"].append({"id": "pigeon", "collections": []})
    assert told(tree) == [
        ("/carriers/0/collections/0/hub", "unknown-hub"),
        ("/carriers/1/id", "unknown-carrier"),
        ("/colour", "unknown-field"),
        ("/couriers/0/profile", "unknown-profile"),
        ("/couriers/1/id", "unknown-courier"),
        ("/couriers/1/shift/end", "missing-field"),
        ("/currency", "bad-currency"),
        ("/hubs/0/waves/1/start", "overlapping-waves"),
        ("/hubs/0/waves/2/lines", "out-of-range"),
        ("/hubs/0/waves/2/start", "bad-time"),
        ("/hubs/2/id", "unknown-hub"),
        ("/plan_at", "naive-time"),
        ("/tiers/1/id", "duplicate-id"),
    ]


def test_waves_that_touch_do_not_overlap_and_those_within_a_longer_one_do() -> None:
    tree = settings()
    first = tree["hubs"][0]["waves"][0]
    first["end"] = "2026-11-20T21:00:00+02:00"
    later = {"start": "2026-11-20T19:20:00+02:00", "end": "2026-11-20T19:30:00+02:00", "lines": 1}
    tree["hubs"][0]["waves"].append({"id": "w3", **later})
    tree["hubs"][0]["waves"].append({"id": "w4", "start": first["end"], "end": first["end"], "lines": 1})
    assert told(tree) == [
        ("/hubs/0/waves/1/start", "overlapping-waves"),
        ("/hubs/0/waves/2/start", "overlapping-waves"),
    ]


def test_what_does_not_fit_in_the_registry_is_told_where_the_drop_names_it() -> None:
    tree = settings(hubs=settings()["hubs"][:1], travel={"kind": "matrix", "places": 0, "profiles": {}})
    tree["couriers"] = tree["couriers"][1:]
    assert told(tree) == [
        ("/couriers/0/id", "unknown-hub"),
        ("/couriers/0/id", "unknown-profile"),
        ("/hubs/0/id", "missing-field"),
    ]


def test_the_id_of_a_drop_has_no_slash() -> None:
    assert told(settings(id="2026/48")) == [("/id", "drop-id")]


def test_a_courier_loads_at_the_hubs_of_the_drop_alone() -> None:
    tree = settings(hubs=settings()["hubs"][:1], couriers=settings()["couriers"][:1])
    whole = document(tree, registered(), plan_at=DROP.plan_at)
    assert whole["couriers"][0]["hubs"] == ["kallio"]


def test_what_a_drop_says_of_a_courier_goes_before_the_registry() -> None:
    tree = settings()
    tree["couriers"][0] |= {"max_trips": 1, "capacity": {"parcels": 2}, "handling": None}
    courier = document(tree, registered(), plan_at=DROP.plan_at)["couriers"][0]
    assert (courier["max_trips"], courier["capacity"], courier["handling"]) == (1, {"parcels": 2}, ["chilled"])


@pytest.mark.parametrize("extract", ["../city.osm.pbf", "/etc/passwd", "a/b", "", ".hidden", "a\\b"])
def test_an_extract_is_a_plain_file_name(extract: str) -> None:
    tree = settings(travel={"kind": "road", "extract": extract, "profiles": {"bike": {"costing": "bike"}}})
    assert ("/travel/extract", "bad-extract") in told(tree)


@pytest.mark.parametrize(
    "tree", [[], None, {}, {"hubs": 3, "couriers": [1, None], "carriers": [{"id": []}], "travel": []}]
)
def test_settings_of_any_shape_have_faults_and_no_other_end(tree: Any) -> None:
    assert told(tree)
