"""A registry to post: a SKU or two, a bundle, hubs, couriers and a carrier."""

from __future__ import annotations

from typing import Any

from tests.web.service import Service

MUG = {"sku": "MUG-1", "seller": "kiln", "grams": 350, "millilitres": 900}
TEA = {"sku": "TEA-1", "seller": "leaf", "grams": 80, "millilitres": 200, "handling": ["dry"], "title": "Green tea"}
GIFT = {"sku": "GIFT-1", "components": [{"sku": "MUG-1", "quantity": 2}, {"sku": "TEA-1", "quantity": 1}]}
KALLIO = {"id": "kallio", "partner": "northdock", "location": {"lat": 60.184, "lon": 24.95}, "cost_per_parcel": 45}
PASILA = {"id": "pasila", "partner": "southdock", "location": {"lat": 60.199, "lon": 24.93}, "name": "Pasila yard"}
BIKE = {"id": "bike-1", "partner": "pedal", "profile": "bike", "home": "kallio", "hubs": ["kallio", "pasila"]}
VAN = {"id": "van-1", "partner": "motor", "profile": "van", "home": "pasila", "capacity": {"parcels": 60}}
POST = {"id": "post", "partner": "post", "tariff": [{"up_to_grams": 2000, "amount": 590}]}

ALL = {
    "skus": (MUG, TEA),
    "bundles": (GIFT,),
    "hubs": (KALLIO, PASILA),
    "couriers": (BIKE, VAN),
    "carriers": (POST,),
}


def id_of(record: dict[str, Any]) -> str:
    """The id of a record, whatever its kind calls it."""
    found: str = record.get("sku") or record["id"]
    return found


def register(service: Service, *kinds: str, tenant: str = "pop-up") -> None:
    """Posts the records of these kinds, of all where none is named."""
    for kind in kinds or ALL:
        for record in ALL[kind]:
            answer = service.post(f"/v1/{kind}", tenant=tenant, json=record)
            assert answer.status_code == 201, answer.text
