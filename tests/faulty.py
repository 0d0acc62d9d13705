"""Documents that are wrong in one way each: what to change in a sound one, and the faults that it then has."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from router import codec
from tests.drops import base_drop, base_plan, replan_drop

GONE = object()
DROP, MATRIX, REPLAN, PLAN = "drop", "matrix", "replan", "plan"
TREES = {
    DROP: codec.plain(base_drop()),
    MATRIX: codec.plain(base_drop("matrix")),
    REPLAN: codec.plain(replan_drop()),
    PLAN: codec.plain(base_plan()),
}
ROAD = {"kind": "road", "extract": "city.osm.pbf", "profiles": {"bike": {"costing": "bike"}}}
WAY = "/travel/profiles/bike"
POINT = "/orders/0/location"
P3 = "/committed/parcels/2"
STOP = "/committed/trips/0/stops/1"


def document(kind: str, *edits: tuple[str, Any]) -> Any:
    """JSON values of a sound document with some places set, appended to (``-``) or removed (``GONE``)."""
    tree = copy.deepcopy(TREES[kind])
    for pointer, value in edits:
        *path, last = pointer.split("/")[1:]
        parent, value = tree, value if value is GONE else copy.deepcopy(value)
        for step in path:
            parent = parent[int(step) if isinstance(parent, list) else step]
        if isinstance(parent, list):
            if last == "-":
                parent.append(value)
            else:
                parent[int(last)] = value
        elif value is GONE:
            del parent[last]
        else:
            parent[last] = value
    return tree


def at(pointer: str, code: str, value: Any, kind: str = DROP) -> Any:
    """A case: one place set to ``value`` gives one fault, just there."""
    return pytest.param(kind, [(pointer, value)], {(pointer, code)}, id=f"{code} {kind}{pointer}")


def case(kind: str, edits: list[tuple[str, Any]], *expected: tuple[str, str]) -> Any:
    """A case whose faults lie elsewhere, or are several."""
    return pytest.param(kind, edits, set(expected), id=" ".join(f"{code} {place}" for place, code in expected))


def again(name: str, place: str) -> Any:
    """A case: the first row of a list stands in it a second time."""
    return case(DROP, [(f"/{name}/-", TREES[DROP][name][0])], (place, "duplicate-id"))


FORM = [
    at("/colour", "unknown-field", "red"),
    at("/orders/0/colour", "unknown-field", "red"),
    at("/orders/0/location/alt", "unknown-field", 1),
    at(f"{WAY}/metres_per_hour", "unknown-field", 1),
    at("/committed/colour", "unknown-field", 1, REPLAN),
    at("/parcels/0/lines/0/colour", "unknown-field", 1, PLAN),
    at("/certificate/colour", "unknown-field", 1, PLAN),
    case(DROP, [("/a~b", 1)], ("/a~0b", "unknown-field")),
    at("/id", "missing-field", GONE),
    at("/orders", "missing-field", GONE),
    at("/hubs/1/waves", "missing-field", GONE),
    at("/couriers/0/shift/end", "missing-field", GONE),
    at("/carriers/0/tariff/1/amount", "missing-field", GONE),
    at("/lower_bound", "missing-field", GONE, PLAN),
    at("/parcels/0/trip", "missing-field", GONE, PLAN),
    at("/parcels/3/collection", "missing-field", GONE, PLAN),
    at("/parcels/1/shipped_at", "missing-field", GONE, PLAN),
    at("/parcels/1/delivered_at", "missing-field", GONE, PLAN),
    at("/parcels/1/lines/0/contingency", "missing-field", GONE, PLAN),
    at("/orders", "wrong-type", {}),
    at("/orders/0", "wrong-type", "o1"),
    at("/orders/0/location", "wrong-type", [60.1, 24.9]),
    at("/orders/0/lines", "wrong-type", None),
    at("/orders/0/id", "wrong-type", 7),
    at("/orders/0/hubs", "wrong-type", None),
    at("/orders/0/hubs/0", "wrong-type", ["kallio"]),
    at("/couriers/0/hubs", "wrong-type", None),
    at("/couriers/0/handling", "wrong-type", None),
    at("/couriers/0/capacity", "wrong-type", None),
    at("/committed", "wrong-type", None),
    at("/travel", "wrong-type", None),
    at("/travel/profiles", "wrong-type", []),
    at(f"{WAY}/detour", "wrong-type", None),
    at(f"{WAY}/detour", "wrong-type", "1.25"),
    at(f"{POINT}/lat", "wrong-type", None),
    at(f"{POINT}/lat", "wrong-type", True),
    at(f"{POINT}/lat", "wrong-type", None, MATRIX),
    at(f"{WAY}/metres/0", "wrong-type", 7, MATRIX),
    at("/travel/places", "not-an-integer", None, MATRIX),
    at("/tiers/0/unserved", "not-an-integer", None),
    at("/certificate", "wrong-type", None, PLAN),
    at("/certificate/effort", "wrong-type", None, PLAN),
    at("/unserved/0/detail", "wrong-type", None, PLAN),
    at("/orders/0/lines", "empty-list", []),
    at("/bundles/0/components", "empty-list", []),
    at("/carriers/0/tariff", "empty-list", []),
    at("/id", "bad-length", ""),
    at("/id", "bad-length", "é" * 201),
    at("/hubs/0/waves/1/id", "bad-length", ""),
    at("/currency", "bad-length", "EURO"),
    case(DROP, [("/travel/profiles/", {"detour": 1, "metres_per_second": 1})], ("/travel/profiles/", "bad-length")),
    at("/format", "bad-value", "dropwright.drop/2"),
    at("/format", "bad-value", "dropwright.drop/1", PLAN),
    at("/unserved/0/reason", "bad-value", "bad-luck", PLAN),
    case(DROP, [("/travel/kind", "teleport")], ("/travel/kind", "bad-value")),
]
NUMBERS = [
    *[at("/tiers/0/unserved", "not-an-integer", value) for value in (1.0, 2.5, 1e3, True, "1", float("nan"))],
    *[at("/orders/0/lines/0/quantity", "not-an-integer", value) for value in (1.0, "1", None, float("inf"))],
    at("/cost/total", "not-an-integer", 1.5, PLAN),
    at("/certificate/seed", "not-an-integer", 1.5, PLAN),
    at("/orders/0/lines/0/quantity", "out-of-range", 0),
    at("/orders/0/lines/0/quantity", "out-of-range", -1),
    at("/bundles/0/components/0/quantity", "out-of-range", 0),
    at("/stock/0/quantity", "out-of-range", -1),
    at("/split_cost", "out-of-range", -1),
    at("/split_cost", "out-of-range", 2**53),
    at("/split_cost", "out-of-range", 10**30),
    at("/hubs/0/waves/0/lines", "out-of-range", -1),
    at(f"{WAY}/seconds/1/2", "out-of-range", -1, MATRIX),
    at(f"{WAY}/detour", "out-of-range", 0),
    at(f"{WAY}/metres_per_second", "out-of-range", -4.2),
    at(f"{WAY}/metres_per_second", "out-of-range", 1e7),
    *[at(f"{POINT}/lat", "out-of-range", value) for value in (90.001, -91, 10**30)],
    *[at(f"{POINT}/lon", "out-of-range", value) for value in (180.5, -181)],
    *[at(f"{POINT}/{name}", "not-finite", float(text)) for name in ("lat", "lon") for text in ("nan", "inf", "-inf")],
    at(f"{WAY}/detour", "not-finite", float("inf")),
    at("/certificate/effort/steps", "not-finite", float("nan"), PLAN),
    at("/certificate/seconds", "not-finite", float("inf"), PLAN),
    case(
        MATRIX,
        [(f"{WAY}/metres/1", [-1, 0.5, "2", True, 4])],
        *[(f"{WAY}/metres/1/{column}", code) for column, code in enumerate(["out-of-range", *["not-an-integer"] * 2])],
        (f"{WAY}/metres/1", "and-more"),
    ),
]
TIMES = [
    *[
        at(pointer, "naive-time", "2026-11-20T18:15:00")
        for pointer in ("/plan_at", "/orders/0/placed_at", "/hubs/0/waves/0/start", "/couriers/0/shift/end")
    ],
    *[
        at("/orders/0/not_before", "bad-time", text)
        for text in (
            *("noon", "", "2026-11-20", "18:15", "1763662500", "2026-11-20 18:15:00Z", "2026-11-20T18:15Z"),
            *("2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T18:60:00Z", "2026-11-20T18:15:60Z"),
            *(
                "2026-11-20T18:15:00+24:00",
                "2026-11-20T18:15:00+02:60",
                "2026-11-20T18:15:00+0200",
                "0000-01-01T00:00:00Z",
            ),
            *(
                "٢٠٢٦-11-20T18:15:00Z",
                "2026-11-20T18:15:00Z\n",
                "0001-01-01T00:00:00+00:01",
                "9999-12-31T23:59:59-00:01",
            ),
        )
    ],
    *[at("/orders/0/placed_at", "bad-time", value) for value in (1763662500, None, True, [])],
    at("/trips/0/stops/0/arrive_at", "bad-time", "noon", PLAN),
    at("/parcels/0/delivered_at", "bad-time", None, PLAN),
    at("/parcels/0/ready_at", "naive-time", "2026-11-20T18:15:00", PLAN),
    at("/committed/parcels/2/ready_at", "naive-time", "2026-11-20T18:15:00", REPLAN),
    at("/orders/0/deliver_by", "fractional-second", "2026-11-20T18:15:00.5Z"),
    at("/orders/0/deliver_by", "fractional-second", "2026-11-20T18:15:00.0000000001Z"),
    at("/hubs/0/waves/0/end", "ends-before-start", "2026-11-20T18:14:59+02:00"),
    at("/couriers/0/shift/end", "ends-before-start", "2026-11-20T00:00:00Z"),
    at("/carriers/0/collections/0/delivered_at", "ends-before-start", "2026-11-20T17:59:59Z"),
    *[
        at("/timezone", "unknown-timezone", name)
        for name in ("Helsinki", "", "../etc/passwd", "/etc/passwd", "Europe", "Europe//Helsinki", "a" * 5000, "\0")
    ],
    *[
        at("/timezone", "unknown-timezone", name)
        for name in ("right/UTC", "posix/UTC", "localtime", "tzdata.zi", "+02:00")
    ],
    at("/timezone", "wrong-type", None),
    *[at("/currency", "bad-currency", text) for text in ("eur", "E R", "€€€")],
]
DOUBLES = [
    again("catalog", "/catalog/4/sku"),
    again("tiers", "/tiers/2/id"),
    again("hubs", "/hubs/2/id"),
    again("couriers", "/couriers/2/id"),
    again("bundles", "/bundles/1/sku"),
    again("orders", "/orders/4/id"),
    again("stock", "/stock/4"),
    at("/hubs/0/waves/1/id", "duplicate-id", "w1"),
    case(
        DROP,
        [("/bundles/-", {"sku": "TEA-1", "components": [{"sku": "MUG-1", "quantity": 1}]})],
        ("/bundles/1/sku", "duplicate-id"),
    ),
    case(
        DROP,
        [("/carriers/-", {**TREES[DROP]["carriers"][0], "id": "other"})],
        ("/carriers/1/collections/0/id", "duplicate-id"),
    ),
    case(
        DROP,
        [("/carriers/-", {**TREES[DROP]["carriers"][0], "collections": []})],
        ("/carriers/1/id", "duplicate-id"),
    ),
    at("/parcels/1/id", "duplicate-id", "p1", PLAN),
    at("/trips/1/id", "duplicate-id", "t1", PLAN),
    at("/tiers/0/late_delivery/steps/1/after", "duplicate-step", 600),
    at("/carriers/0/tariff/1/up_to_grams", "not-ascending", 2000),
    at("/carriers/0/tariff/1/up_to_grams", "not-ascending", 1999),
]
REFERENCES = [
    at("/stock/0/hub", "unknown-hub", "vantaa"),
    at("/stock/0/sku", "unknown-sku", "CUP"),
    at("/stock/0/sku", "bundle-in-stock", "GIFT-1"),
    at("/orders/0/lines/0/sku", "unknown-sku", "CUP"),
    at("/orders/0/tier", "unknown-tier", "gold"),
    at("/orders/0/hubs/0", "unknown-hub", "vantaa"),
    at("/bundles/0/components/0/sku", "unknown-sku", "CUP"),
    at("/bundles/0/components/0/sku", "nested-bundle", "GIFT-1"),
    at("/couriers/0/home", "unknown-hub", "vantaa"),
    at("/couriers/0/hubs/1", "unknown-hub", "vantaa"),
    at("/couriers/0/profile", "unknown-profile", "tram"),
    at("/carriers/0/collections/0/hub", "unknown-hub", "vantaa"),
    at(f"{P3}/order", "unknown-order", "o9", REPLAN),
    at(f"{P3}/hub", "unknown-hub", "vantaa", REPLAN),
    at(f"{P3}/wave", "unknown-wave", "w2", REPLAN),
    at(f"{P3}/lines/0/sku", "unknown-sku", "GIFT-1", REPLAN),
    at("/committed/parcels/3/collection", "unknown-collection", "post-9", REPLAN),
    at("/committed/trips/0/courier", "unknown-courier", "bike-9", REPLAN),
    at("/committed/trips/0/return_to", "unknown-hub", "vantaa", REPLAN),
    case(
        REPLAN,
        [("/committed/parcels/0/trip", "t9")],
        ("/committed/parcels/0/trip", "unknown-trip"),
        ("/committed/trips/0/stops/0/parcels/0", "misplaced-parcel"),
    ),
    case(
        REPLAN,
        [(f"{STOP}/order", "o9")],
        (f"{STOP}/order", "unknown-order"),
        (f"{STOP}/parcels/0", "misplaced-parcel"),
    ),
    case(
        REPLAN,
        [(f"{STOP}/parcels/0", "p9")],
        (f"{STOP}/parcels/0", "unknown-parcel"),
        ("/committed/parcels/1/trip", "misplaced-parcel"),
    ),
    case(REPLAN, [(f"{STOP}/parcels/-", "p2")], (f"{STOP}/parcels/1", "misplaced-parcel")),
    case(REPLAN, [(f"{STOP}/parcels", [])], ("/committed/parcels/1/trip", "misplaced-parcel")),
    at("/committed/parcels/1/collection", "two-ways-out", "post-kallio-20", REPLAN),
    at(f"{P3}/shipped_at", "unknown-field", "2026-11-20T17:16:00Z", REPLAN),
    at("/committed/parcels/3/shipped_at", "missing-field", GONE, REPLAN),
    at("/committed/parcels/3/delivered_at", "missing-field", None, REPLAN),
]
TRAVEL = [
    *[at(f"{WAY}/{name}", "missing-field", GONE) for name in ("detour", "metres_per_second")],
    *[at(f"{WAY}/{name}", "missing-field", GONE, MATRIX) for name in ("metres", "seconds")],
    at("/travel/places", "missing-field", GONE, MATRIX),
    case(DROP, [("/travel", {**ROAD, "profiles": {"bike": {}}})], (f"{WAY}/costing", "missing-field")),
    case(DROP, [("/travel", ROAD), ("/travel/extract", GONE)], ("/travel/extract", "missing-field")),
    at(f"{WAY}/metres", "unknown-field", []),
    at(f"{WAY}/costing", "unknown-field", "bike"),
    at(f"{WAY}/detour", "unknown-field", 1.2, MATRIX),
    at("/travel/places", "unknown-field", 5),
    at("/travel/extract", "unknown-field", "city.osm.pbf", MATRIX),
    *[at(f"{POINT}/{name}", "missing-field", GONE) for name in ("lat", "lon")],
    at(f"{POINT}/place", "unknown-field", 0),
    at(f"{POINT}/place", "missing-field", GONE, MATRIX),
    at(f"{POINT}/place", "unknown-place", 5, MATRIX),
    at(f"{POINT}/place", "out-of-range", -1, MATRIX),
    case(MATRIX, [(f"{POINT}/lat", 60.1)], (f"{POINT}/lon", "missing-field")),
    at("/hubs/0/location/place", "unknown-place", 99, MATRIX),
    at(f"{WAY}/metres", "not-square", [[0] * 5] * 4, MATRIX),
    at(f"{WAY}/seconds", "not-square", [[0] * 5] * 6, MATRIX),
    at(f"{WAY}/seconds/2", "not-square", [0] * 4, MATRIX),
    at(f"{WAY}/seconds/2", "not-square", [], MATRIX),
    at(f"{WAY}/seconds/2/1", "half-a-way", None, MATRIX),
    case(MATRIX, [(f"{WAY}/metres/2/1", None)], (f"{WAY}/seconds/2/1", "half-a-way")),
    case(MATRIX, [(f"{WAY}/metres/2", [None] * 5)], (f"{WAY}/seconds/2/0", "half-a-way")),
]

CASES = [*FORM, *NUMBERS, *TIMES, *DOUBLES, *REFERENCES, *TRAVEL]
