"""One small drop from registry to release, request by request: the examples of the OpenAPI description.

A test sends the whole story to a service and holds every answer against the description, so the examples work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from api.contract_examples import CASE, CONTRACT, DELIVERED, PACKED, RELEASED, STRICTER, SUCCESSOR, YEAR

JSON = "application/json"
NDJSON = "application/x-ndjson"

EVENING = {"start": "2026-11-20T18:00:00+02:00", "end": "2026-11-20T23:00:00+02:00"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request. ``path`` is the template of the route; ``values`` fill it, with what earlier steps kept.

    ``keeps``: the name under which the id of the answer, or of the first item in it, fills later paths. ``status``:
    what is answered.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    body: Any = None
    media: str = JSON
    values: Mapping[str, str] = field(default_factory=dict)
    keeps: str | None = None
    status: int = 200
    role: str = "engineer"

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if self.body is None:
            return b""
        if self.media == NDJSON:
            return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in self.body).encode()
        return json.dumps(self.body, ensure_ascii=False).encode()


VALUES = {
    "sku": "MUG-1",
    "bundle": "GIFT-1",
    "hub": "kallio",
    "courier": "bike-1",
    "carrier": "post",
    "drop": "friday",
    "order": "o-1",
    "version": "1",
    "service": "aftership",
    "contract": "northdock-2026",
    "term": "pick",
}
"""What fills the paths of the story, unless a step says otherwise."""

HOOK = {"url": "https://hooks.example/dropwright", "types": ["plan.released", "order.cancelled"]}

MUG = {"sku": "MUG-1", "seller": "kiln", "grams": 350, "millilitres": 900, "title": "Mug, blue"}
TEA = {"sku": "TEA-1", "seller": "leaf", "grams": 100, "millilitres": 400}
JAM = {"sku": "JAM-1", "seller": "berry", "grams": 450, "millilitres": 500, "handling": ["chilled"]}
GIFT = {"sku": "GIFT-1", "components": [{"sku": "MUG-1", "quantity": 2}, {"sku": "TEA-1", "quantity": 1}]}
KALLIO = {
    "id": "kallio",
    "partner": "northdock",
    "location": {"lat": 60.184, "lon": 24.95},
    "cost_per_parcel": 45,
    "cost_per_line": 20,
    "name": "Kallio, Porthaninkatu",
}
PASILA = {"id": "pasila", "partner": "southdock", "location": {"lat": 60.199, "lon": 24.933}}
BIKE = {
    "id": "bike-1",
    "partner": "pedal",
    "profile": "bike",
    "home": "kallio",
    "capacity": {"grams": 30000, "millilitres": 120000, "parcels": 15},
    "handling": ["chilled"],
    "load_seconds": 240,
    "cost": {"fixed": 500, "per_km": 8, "per_hour": 1900},
}
VAN = {"id": "van-1", "partner": "roll", "profile": "van", "home": "pasila", "cost": {"per_km": 30, "per_hour": 2600}}
POST = {
    "id": "post",
    "partner": "post",
    "tariff": [{"up_to_grams": 2000, "amount": 590}, {"up_to_grams": 10000, "amount": 890}],
}
DROP = {
    "id": "friday",
    "title": "Friday night drop",
    "plan_at": "2026-11-20T18:15:00+02:00",
    "currency": "EUR",
    "timezone": "Europe/Helsinki",
    "travel": {
        "kind": "great_circle",
        "profiles": {
            "bike": {"detour": 1.25, "metres_per_second": 4.2},
            "van": {"detour": 1.35, "metres_per_second": 7.5},
        },
    },
    "tiers": [
        {
            "id": "express",
            "deliver_within": 7200,
            "late_delivery": {"steps": [{"after": 0, "amount": 300}], "per_minute": 5, "cap": 900},
            "unserved": 2500,
        },
        {"id": "standard", "unserved": 700},
    ],
    "hubs": [
        {
            "id": hub,
            "waves": [
                {
                    "id": "w1",
                    "start": "2026-11-20T18:15:00+02:00",
                    "end": "2026-11-20T18:45:00+02:00",
                    "lines": 60,
                }
            ],
        }
        for hub in ("kallio", "pasila")
    ],
    "couriers": [{"id": "bike-1", "shift": EVENING}, {"id": "van-1", "shift": EVENING}],
    "carriers": [
        {
            "id": "post",
            "collections": [
                {
                    "id": "post-kallio-20",
                    "hub": "kallio",
                    "at": "2026-11-20T20:00:00+02:00",
                    "delivered_at": "2026-11-21T10:00:00+02:00",
                    "parcels": 50,
                }
            ],
        }
    ],
}


def order(name: str, lat: float, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    """An order as it is posted."""
    return {
        "id": name,
        "tier": "express",
        "placed_at": "2026-11-20T18:05:00+02:00",
        "location": {"lat": lat, "lon": 24.95},
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
    } | more


FIRST = order(
    "o-1",
    60.187,
    ("GIFT-1", 1),
    cleared_at="2026-11-20T18:06:00+02:00",
    recipient={"name": "Aino Example", "phone": "+358 40 000000", "address": "Esimerkkikatu 1 A 2"},
)
SECOND = order("o-2", 60.19, ("JAM-1", 1), cleared_at="2026-11-20T18:07:00+02:00")
THIRD = order("o-3", 60.195, ("TEA-1", 1), tier="standard", on_hold=True)
FOURTH = order("o-4", 60.196, ("TEA-1", 1))
LINES = [{"hub": "kallio", "sku": "MUG-1", "quantity": 2}]
HELD = [{"sku": "MUG-1", "quantity": 1}]

_CHANGED = ("tier", "location", "lines")

STORY: tuple[Step, ...] = (
    Step(method="POST", path="/v1/skus", body=MUG, status=201),
    Step(method="POST", path="/v1/skus/bulk", body=[TEA, JAM], media=NDJSON),
    Step(method="PUT", path="/v1/skus/{sku}", body={**MUG, "grams": 360}),
    Step(method="GET", path="/v1/skus"),
    Step(method="POST", path="/v1/bundles", body=GIFT, status=201),
    Step(method="PUT", path="/v1/bundles/{bundle}", body={**GIFT, "title": "Tea for two"}),
    Step(method="POST", path="/v1/bundles/bulk", body=[GIFT], media=NDJSON),
    Step(method="POST", path="/v1/hubs", body=KALLIO, status=201),
    Step(method="PUT", path="/v1/hubs/{hub}", body={**KALLIO, "cost_per_line": 18}),
    Step(method="POST", path="/v1/hubs/bulk", body=[PASILA], media=NDJSON),
    Step(method="POST", path="/v1/couriers", body=BIKE, status=201),
    Step(method="PUT", path="/v1/couriers/{courier}", body={**BIKE, "max_trips": 6}),
    Step(method="POST", path="/v1/couriers/bulk", body=[VAN], media=NDJSON),
    Step(method="POST", path="/v1/carriers", body=POST, status=201),
    Step(method="PUT", path="/v1/carriers/{carrier}", body={**POST, "handling": ["chilled"]}),
    Step(method="POST", path="/v1/carriers/bulk", body=[POST], media=NDJSON),
    Step(
        method="POST",
        path="/v1/stock/bulk",
        body=[
            {"hub": "kallio", "sku": "MUG-1", "quantity": 20, "contingency": 2, "contingency_cost": 60, "bin": "A-01"},
            {"hub": "kallio", "sku": "TEA-1", "quantity": 30, "bin": "A-02"},
            {"hub": "pasila", "sku": "TEA-1", "quantity": 10},
            {"hub": "kallio", "sku": "JAM-1", "quantity": 8},
        ],
        media=NDJSON,
    ),
    Step(method="POST", path="/v1/stock/movements", body={"reason": "received", "lines": LINES}, status=201),
    Step(method="GET", path="/v1/stock"),
    Step(method="POST", path="/v1/drops", body=DROP, status=201),
    Step(method="PUT", path="/v1/drops/{drop}", body={**DROP, "split_cost": 40}),
    Step(
        method="POST",
        path="/v1/loans",
        body={"drop": "friday", "hub": "kallio", "sku": "MUG-1", "limit": 2, "quantity": 1},
        status=201,
        keeps="loan",
    ),
    Step(method="POST", path="/v1/loans/{loan}/lend", body={"quantity": 1}),
    Step(method="POST", path="/v1/loans/{loan}/return", body={"quantity": 1}),
    Step(method="PUT", path="/v1/loans/{loan}", body={"limit": 2, "unit_cost": 55}),
    Step(
        method="POST",
        path="/v1/holds",
        body={"checkout": "c-77", "lines": HELD, "seconds": 600},
        status=201,
        keeps="hold",
    ),
    Step(method="POST", path="/v1/holds/{hold}/extend", body={"seconds": 900}),
    Step(method="POST", path="/v1/holds/{hold}/release"),
    Step(
        method="POST",
        path="/v1/promises",
        body={"drop": "friday", "lines": [{"sku": "GIFT-1", "quantity": 1}], "location": {"lat": 60.187, "lon": 24.95}},
    ),
    Step(method="POST", path="/v1/drops/{drop}/orders", body=FIRST, status=201),
    Step(method="POST", path="/v1/drops/{drop}/orders/bulk", body=[SECOND, THIRD, FOURTH], media=NDJSON),
    Step(
        method="PUT",
        path="/v1/drops/{drop}/orders/{order}",
        values={"order": "o-2"},
        body={name: SECOND[name] for name in _CHANGED} | {"service_seconds": 120},
    ),
    Step(method="POST", path="/v1/drops/{drop}/orders/{order}/hold", values={"order": "o-2"}),
    Step(
        method="POST",
        path="/v1/drops/{drop}/orders/{order}/release",
        values={"order": "o-2"},
        body={"cleared_at": "2026-11-20T18:10:00+02:00"},
    ),
    Step(method="POST", path="/v1/drops/{drop}/orders/{order}/cancel", values={"order": "o-4"}),
    Step(method="GET", path="/v1/drops/{drop}/orders"),
    Step(method="POST", path="/v1/drops/{drop}/close"),
    Step(method="GET", path="/v1/drops/{drop}"),
    Step(
        method="POST",
        path="/v1/drops/{drop}/overrides",
        body={"kind": "forbid-courier", "courier": "van-1", "reason": "in the garage"},
        status=201,
        keeps="override",
    ),
    Step(method="DELETE", path="/v1/drops/{drop}/overrides/{override}", status=204),
    Step(
        method="POST",
        path="/v1/drops/{drop}/overrides",
        body={"kind": "pin-order", "order": "o-1", "hub": "kallio"},
        status=201,
        keeps="override",
    ),
    Step(method="GET", path="/v1/drops/{drop}/overrides"),
    Step(method="POST", path="/v1/drops/{drop}/plans", body={"seconds": 1, "seed": 7}, keeps="job"),
    Step(method="GET", path="/v1/jobs/{job}"),
    Step(method="GET", path="/v1/jobs"),
    Step(method="GET", path="/v1/drops/{drop}/plans"),
    Step(method="GET", path="/v1/drops/{drop}/plans/{version}"),
    Step(method="GET", path="/v1/drops/{drop}/plans/{version}/plan.json"),
    Step(method="GET", path="/v1/drops/{drop}/plans/{version}/drop.json"),
    Step(method="POST", path="/v1/drops/{drop}/plans/{version}/release"),
    Step(method="GET", path="/v1/pick-lists", role="hub", keeps="pick_list"),
    Step(method="GET", path="/v1/pick-lists/{pick_list}.csv", role="hub"),
    Step(method="GET", path="/v1/trips", role="courier", keeps="trip"),
    Step(method="GET", path="/v1/trips/{trip}/manifest.geojson", role="courier"),
    Step(
        method="POST",
        path="/v1/keys",
        body={"name": "Checkout", "role": "engineer", "expires_at": "2199-01-01T00:00:00Z"},
        status=201,
        keeps="key",
    ),
    Step(method="GET", path="/v1/keys"),
    Step(method="GET", path="/v1/keys/{key}"),
    Step(method="DELETE", path="/v1/keys/{key}", status=204),
    Step(
        method="POST",
        path="/v1/people",
        body={
            "email": "ada@example.com",
            "name": "Ada",
            "role": "hub",
            "partner": "northdock",
            "password": "four cold mugs of tea",
        },
        status=201,
        keeps="person",
    ),
    Step(method="GET", path="/v1/people"),
    Step(method="GET", path="/v1/people/{person}"),
    Step(method="PUT", path="/v1/people/{person}/role", body={"role": "manager"}),
    Step(method="PUT", path="/v1/people/{person}/password", body={"password": "three warm mugs of tea"}, status=204),
    Step(method="POST", path="/v1/people/{person}/disable"),
    Step(method="POST", path="/v1/people/{person}/enable"),
    Step(method="GET", path="/v1/audit", role="auditor"),
    Step(method="GET", path="/v1/events"),
    Step(method="POST", path="/v1/webhooks", body=HOOK, status=201, keeps="webhook"),
    Step(method="GET", path="/v1/webhooks"),
    Step(method="PUT", path="/v1/webhooks/{webhook}", body={"url": HOOK["url"], "types": ["plan.released"]}),
    Step(method="POST", path="/v1/webhooks/{webhook}/rotate"),
    Step(method="POST", path="/v1/webhooks/{webhook}/test", status=202),
    Step(method="GET", path="/v1/webhooks/{webhook}"),
    Step(method="GET", path="/v1/webhooks/{webhook}/deliveries"),
    Step(method="POST", path="/v1/events", body=PACKED, role="hub"),
    Step(method="POST", path="/v1/events", body=[RELEASED]),
    Step(method="POST", path="/v1/events/{service}", body=DELIVERED),
    Step(method="GET", path="/v1/log"),
    Step(method="POST", path="/v1/contracts", body=CONTRACT, status=201),
    Step(method="GET", path="/v1/contracts"),
    Step(method="GET", path="/v1/contracts/{contract}/{version}"),
    Step(method="GET", path="/v1/contracts/{contract}/{version}/clone"),
    Step(method="POST", path="/v1/contracts", body=YEAR, status=201),
    Step(
        method="POST",
        path="/v1/contracts/{contract}/{version}/succeed",
        body=SUCCESSOR,
        values={"contract": "northdock-year"},
        status=201,
    ),
    Step(
        method="POST",
        path=f"{CASE}/excuse",
        body={"code": "power_cut", "reason": "no light until six", "evidence": [{"kind": "photo"}]},
        status=201,
        role="hub",
    ),
    Step(
        method="POST", path=f"{CASE}/reject", body={"reason": "the photo shows a lit hall"}, status=201, role="manager"
    ),
    Step(method="POST", path=f"{CASE}/accept", body={"reason": "the meter says so too"}, status=201, role="manager"),
    Step(method="POST", path=f"{CASE}/reject", body={"reason": "it was another hall"}, status=201, role="manager"),
    Step(method="POST", path=f"{CASE}/dispute", body={"reason": "it was this hall"}, status=201, role="hub"),
    Step(method="POST", path=f"{CASE}/respond", body={"reason": "we look into it"}, status=201, role="manager"),
    Step(
        method="POST",
        path=f"{CASE}/resolve",
        body={"outcome": "upheld", "reason": "it was another hall"},
        status=201,
        role="manager",
    ),
    Step(method="POST", path=f"{CASE}/waive", body={"reason": "the first one this year"}, status=201, role="manager"),
    Step(method="GET", path=CASE, role="hub"),
    Step(
        method="POST",
        path="/v1/sla/windows/{contract}/settle",
        body={"from": "2026-10-01"},
        status=201,
        role="manager",
    ),
    Step(method="POST", path="/v1/sla/what-if/{contract}/{version}", body=STRICTER, role="manager"),
)


def bodies(method: str, path: str) -> dict[str, Any]:
    """By media type the example of a route's body, the first one of the story; ``path`` as the description has it."""
    found: dict[str, Any] = {}
    for step in STORY:
        if (step.method, step.path) == (method, path) and step.body is not None:
            found.setdefault(step.media, step.body[0] if step.media == NDJSON else step.body)
    return found
