"""A promise is an estimate, but in an empty drop it is held to what the planner then does with that one order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.db.articles import wants
from api.promise.ground import ground_of
from api.promise.offers import Cart, Offer, offers
from api.promise.picking import sources
from router.effort import Effort
from router.generate import make_drop
from router.model import Component, Drop, Order, Penalty, Step
from router.plan import Plan
from router.solve import plan
from tests.drops import base_drop

SEEDS = range(6)
DEAR = Penalty(steps=(Step(after=0, amount=10**6),))


def offered(drop: Drop, order: Order) -> Offer | None:
    """What the drop, without any order, offers to this one in its tier; ``None`` where there is no stock."""
    made_of = {sku.sku: {sku.sku: 1} for sku in drop.catalog}
    made_of |= {bundle.sku: {part.sku: part.quantity for part in bundle.components} for bundle in drop.bundles}
    units = wants(order.lines, made_of)
    free = {(row.hub, row.sku): row.quantity for row in drop.stock}
    found = sources(free, units, [hub.id for hub in drop.hubs if order.hubs is None or hub.id in order.hubs])
    if not found:
        return None
    skus = {sku.sku: sku for sku in drop.catalog}
    cart = Cart(skus=skus, door=order.location, service_seconds=order.service_seconds)
    tiers = [tier for tier in drop.tiers if tier.id == order.tier]
    return offers(ground_of(replace(drop, orders=())), {}, cart, found, tiers, drop.plan_at)[0]


def planned(drop: Drop, order: Order) -> Plan:
    """The best plan for the order alone, in time if it can be, late rather than not at all."""
    alone = replace(
        drop,
        orders=(order,),
        stock=tuple(replace(row, contingency=0) for row in drop.stock),
        tiers=tuple(replace(tier, unserved=10**9, late_shipping=DEAR, late_delivery=DEAR) for tier in drop.tiers),
    )
    return plan(alone, engine="joint", seed=1, effort=Effort(steps=50), workers=1)


def fresh(drop: Drop, order: Order) -> Order:
    """The order as if it were placed and cleared when the drop is planned, with its tier's promises."""
    bare = Order(id=order.id, placed_at=drop.plan_at, tier=order.tier, location=order.location, lines=order.lines)
    return replace(bare, service_seconds=order.service_seconds, hubs=order.hubs)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_planner_keeps_what_is_promised_to_an_order_alone(seed: int) -> None:
    drop = make_drop(orders=30, hubs=3, seed=seed)
    possible = 0
    for order in (fresh(drop, each) for each in drop.orders[:12]):
        offer, made = offered(drop, order), planned(drop, order)
        if offer is not None and offer.possible:
            possible += 1
            assert offer.estimate is not None
            assert made.unserved == ()
            assert (made.cost.late_shipping, made.cost.late_delivery) == (0, 0)
            rounded = 3 * len(offer.estimate.hubs)  # metres and seconds of each leg, kilometres and hours of each trip
            assert made.cost.total <= offer.estimate.cost + rounded
    assert possible


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_in_the_way_stands_in_the_planners_way_too(seed: int) -> None:
    drop = make_drop(orders=30, hubs=2, seed=seed)
    short = [replace(wave, lines=0) for wave in drop.hubs[0].waves]
    nowhere = {
        "no-wave": replace(drop, hubs=tuple(replace(hub, waves=tuple(short)) for hub in drop.hubs)),
        "no-way-out": replace(drop, couriers=(), carriers=()),
    }
    for reason, spoilt in nowhere.items():
        for order in (fresh(drop, each) for each in drop.orders[:4]):
            offer, made = offered(spoilt, order), planned(spoilt, order)
            assert [each.reason for each in made.unserved] == ["no-stock" if offer is None else reason]
            assert offer is None or (offer.possible, offer.reason) == (False, reason)


def test_a_promise_that_would_be_late_is_late_in_the_plan() -> None:
    drop = base_drop()
    tea = replace(fresh(drop, drop.orders[2]), tier="express", lines=(Component(sku="TEA-1", quantity=1),))
    tight = replace(drop, tiers=tuple(replace(tier, deliver_within=2900, ship_within=None) for tier in drop.tiers))
    offer, made = offered(tight, tea), planned(tight, tea)
    assert offer is not None
    assert (offer.possible, offer.reason) == (False, "too-late")
    assert made.cost.late_delivery > 0 or made.unserved
