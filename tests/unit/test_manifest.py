"""Manifests of the plan in tests/drops.py: what a courier reads, sees on a map, and does not learn."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from api.documents import manifest_csv, manifest_geojson, manifest_json
from api.documents.manifests import Manifest, manifests
from api.ordering import Recipient
from router.model import Drop, Location
from tests.drops import base_drop, base_plan, replan_drop

AINO = Recipient(name="Aino A.", phone="+358 40 1234567", address="Testikatu 1", note="=1+1")


def first(drop: Drop | None = None) -> Manifest:
    """The manifest of trip t1: o1 (three mugs), then o2 (one tea), then on to pasila."""
    return manifests(drop or base_drop(), base_plan(), plan_version=3, recipients={"o1": AINO})[0]


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def features(manifest: Manifest) -> list[dict[str, Any]]:
    collection = json.loads(manifest_geojson.render(manifest))
    assert sorted(collection) == ["features", "type"]
    assert collection["type"] == "FeatureCollection"
    return list(collection["features"])


def between(*ends: tuple[float, float]) -> Any:
    """The geometry of the first leg where the hub and o1 lie there (longitude, latitude)."""
    places = [Location(lat=lat, lon=lon) for lon, lat in ends]
    drop = base_drop()
    hubs = tuple(replace(hub, location=places[0]) for hub in drop.hubs)
    orders = tuple(replace(order, location=places[1]) for order in drop.orders)
    legs = [each for each in features(first(replace(drop, hubs=hubs, orders=orders))) if each["id"].startswith("leg")]
    return legs[0]["geometry"]


def test_every_trip_has_a_manifest_the_committed_ones_too() -> None:
    assert [each.trip for each in manifests(base_drop(), base_plan())] == ["t1", "t2"]
    assert [each.trip for each in manifests(replan_drop(), base_plan())] == ["t1", "t2"]


def test_a_manifest_counts_and_weighs_what_is_loaded_and_handed_over() -> None:
    t1, t2 = manifests(base_drop(), base_plan())
    assert (t1.count, t1.grams, t1.handling) == (2, 3 * 350 + 100, ())
    assert [(stop.order, stop.count, stop.grams) for stop in t1.stops] == [("o1", 1, 1050), ("o2", 1, 100)]
    assert (t2.count, t2.grams, t2.handling) == (1, 900, ("chilled",))


def test_the_sheet_leads_from_loading_through_the_stops_to_the_return_in_local_time() -> None:
    read = rows(manifest_csv.render(first()))
    assert [(row["stop"], row["what"], row["hub"] or row["order"]) for row in read] == [
        ("0", "load", "kallio"),
        ("1", "deliver", "o1"),
        ("2", "deliver", "o2"),
        ("3", "return", "pasila"),
    ]
    times = ("arrive_at", "start_at", "leave_at")
    assert [[row[name][-8:] for name in times] for row in read] == [
        ["18:45:00", "", "18:49:00"],
        ["18:53:38", "18:53:38", "18:55:38"],
        ["19:04:54", "19:05:00", "19:07:00"],
        ["19:11:38", "", ""],
    ]
    assert read[2]["not_before"] == "2026-11-20 19:05:00"
    assert read[2]["deliver_by"] == "2026-11-20 19:10:00"
    assert [(row["parcels"], row["count"], row["grams"]) for row in read] == [
        ("", "2", "1150"),
        ("p1", "1", "1050"),
        ("p2", "1", "100"),
        ("", "0", "0"),
    ]


def test_coordinates_are_numbers_and_contacts_can_be_no_formula() -> None:
    drop = base_drop()
    south = tuple(replace(order, location=Location(lat=-33.9, lon=-70.6)) for order in drop.orders)
    row = rows(manifest_csv.render(first(replace(drop, orders=south))))[1]
    assert (row["latitude"], row["longitude"]) == ("-33.9", "-70.6")
    assert (row["recipient"], row["phone"], row["note"]) == ("Aino A.", "'+358 40 1234567", "'=1+1")


def test_the_json_says_the_same_as_the_record_in_utc() -> None:
    told = json.loads(manifest_json.render(first()))
    assert (told["trip"], told["courier"], told["partner"], told["plan_version"]) == ("t1", "bike-1", "pedal", 3)
    assert told["hub"]["id"] == "kallio"
    assert told["return_to"]["id"] == "pasila"
    assert (told["load_at"], told["return_at"], told["metres"]) == (
        "2026-11-20T16:45:00Z",
        "2026-11-20T17:11:38Z",
        5560,
    )
    stop, _ = told["stops"]
    assert stop["recipient"]["phone"] == "+358 40 1234567"
    assert stop["parcels"] == [{"parcel": "p1", "grams": 1050, "handling": []}]


def test_the_map_shows_hub_stops_hub_and_a_straight_leg_to_each_with_longitude_first() -> None:
    shown = features(first())
    assert [each["id"] for each in shown] == ["load", "stop-1", "stop-2", "return", "leg-1", "leg-2", "leg-3"]
    assert all(sorted(each) == ["geometry", "id", "properties", "type"] for each in shown)
    ends = [base_drop().hubs[0], base_drop().orders[0], base_drop().orders[1], base_drop().hubs[1]]
    path = [[each.location.lon, each.location.lat] for each in ends]
    assert [each["geometry"] for each in shown[:4]] == [{"type": "Point", "coordinates": at} for at in path]
    assert [each["geometry"]["coordinates"] for each in shown[4:]] == [path[:2], path[1:3], path[2:]]
    stop = shown[1]["properties"]
    assert (stop["kind"], stop["order"], stop["count"], stop["arrive_at"]) == ("stop", "o1", 1, "2026-11-20T16:53:38Z")


def test_what_has_no_coordinates_keeps_its_place_without_a_geometry() -> None:
    drop = base_drop()
    orders = tuple(replace(order, location=Location(place=1)) if order.id == "o1" else order for order in drop.orders)
    shown = {each["id"]: each["geometry"] for each in features(first(replace(drop, orders=orders)))}
    assert [name for name, geometry in shown.items() if geometry is None] == ["stop-1", "leg-1", "leg-2"]
    assert rows(manifest_csv.render(first(replace(drop, orders=orders))))[1]["latitude"] == ""


def test_a_leg_over_the_antimeridian_is_cut_there() -> None:
    assert between((179.0, 10.0), (-178.0, 13.0)) == {
        "type": "MultiLineString",
        "coordinates": [[[179.0, 10.0], [180.0, 11.0]], [[-180.0, 11.0], [-178.0, 13.0]]],
    }
    assert between((-178.0, 13.0), (179.0, 10.0)) == {
        "type": "MultiLineString",
        "coordinates": [[[-178.0, 13.0], [-180.0, 11.0]], [[180.0, 11.0], [179.0, 10.0]]],
    }


@pytest.mark.parametrize(
    ("ends", "line"),
    [
        (((180.0, 1.0), (-179.0, 2.0)), [[-180.0, 1.0], [-179.0, 2.0]]),
        (((-179.0, 2.0), (180.0, 1.0)), [[-179.0, 2.0], [-180.0, 1.0]]),
        (((180.0, 1.0), (-180.0, 2.0)), [[-180.0, 1.0], [-180.0, 2.0]]),
    ],
)
def test_an_end_on_the_antimeridian_is_taken_for_the_nearer_side(ends: Any, line: Any) -> None:
    assert between(*ends) == {"type": "LineString", "coordinates": line}


def test_a_manifest_tells_neither_goods_nor_sellers_nor_prices() -> None:
    drop = base_drop()
    secrets = [article.sku for article in drop.catalog] + [article.seller for article in drop.catalog]
    secrets += [hub.partner for hub in drop.hubs] + ["GIFT-1", "express", "cost", "per_km", "post"]
    for manifest in manifests(drop, base_plan()):
        for content in (
            manifest_csv.render(manifest),
            manifest_json.render(manifest),
            manifest_geojson.render(manifest),
        ):
            assert [word for word in secrets if word.encode() in content] == []
