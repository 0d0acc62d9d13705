"""A drop by hand: one hub, one bike and mugs, places in a row; a test changes what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from router.model import (
    Carrier,
    Collection,
    Component,
    Courier,
    CourierCost,
    Drop,
    Hub,
    Location,
    Order,
    Profile,
    Shift,
    Sku,
    Stock,
    TariffStep,
    Tier,
    Travel,
    Wave,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEAVING = 5000
"""What every order costs that is left over, unless a test says otherwise."""


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def drop(**fields: Any) -> Drop:
    """Hub mid with bike-1, and ten mugs; places 0 to 9 lie in a row, 200 m and 60 s apart. No orders yet."""
    given: dict[str, Any] = {
        "format": "dropwright.drop/1",
        "id": "by-hand",
        "currency": "EUR",
        "timezone": "UTC",
        "plan_at": NOON,
        "travel": in_a_row(10),
        "catalog": (Sku(sku="MUG", seller="kiln", grams=400, millilitres=900),),
        "tiers": (Tier(id="plain", unserved=LEAVING),),
        "hubs": (hub("mid", 0),),
        "stock": (Stock(hub="mid", sku="MUG", quantity=10),),
        "couriers": (bike("bike-1"),),
        "orders": (),
    }
    return Drop(**(given | fields))


def in_a_row(places: int) -> Travel:
    return matrix([[60 * abs(a - b) for b in range(places)] for a in range(places)])


def matrix(seconds: list[list[int | None]] | list[list[int]]) -> Travel:
    """A matrix by seconds; ten metres take three."""
    metres = tuple(tuple(None if cell is None else cell * 10 // 3 for cell in row) for row in seconds)
    profile = Profile(metres=metres, seconds=tuple(tuple(row) for row in seconds))
    return Travel(kind="matrix", places=len(seconds), profiles={"bike": profile})


def hub(name: str, place: int, lines: int = 20) -> Hub:
    """A hub whose only wave ends after ten minutes."""
    waves = (Wave(id="w1", start=NOON, end=minute(10), lines=lines),)
    return Hub(id=name, partner=name, location=Location(place=place), waves=waves, cost_per_parcel=10)


def bike(name: str, home: str = "mid", **fields: Any) -> Courier:
    given: dict[str, Any] = {
        "shift": Shift(start=NOON, end=minute(300)),
        "load_seconds": 60,
        "cost": CourierCost(fixed=100, per_km=10, per_hour=1800),
    }
    return Courier(id=name, partner="pedal", profile="bike", home=home, **(given | fields))


def order(name: str, place: int, *skus: str, tier: str = "plain", **fields: Any) -> Order:
    lines = tuple(Component(sku=sku, quantity=1) for sku in skus or ("MUG",))
    return Order(id=name, placed_at=NOON, tier=tier, location=Location(place=place), lines=lines, **fields)


def orders(number: int) -> tuple[Order, ...]:
    return tuple(order(f"o{place}", place) for place in range(1, number + 1))


def post(amount: int, at: str = "mid", grams: int = 20_000, **fields: Any) -> Carrier:
    by = Collection(id=f"post-{at}", hub=at, at=minute(60), delivered_at=minute(1200), **fields)
    return Carrier(
        id=f"post-{at}", partner="post", collections=(by,), tariff=(TariffStep(up_to_grams=grams, amount=amount),)
    )
