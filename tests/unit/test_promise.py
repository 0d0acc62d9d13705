"""What can be promised in a drop that has orders already. Every number was worked out on paper.

The drop is ``base_drop``: at kallio wave w1 (18:15 to 18:45, 3 lines) and w2 (18:45 to 19:15, 4 lines); bike-1 takes
240 s to load and 1 112 s to the door of the cart. It is 18:10.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.db.order_sums import PER_DEGREE, Key, Sums
from api.promise.ground import ground_of
from api.promise.offers import Cart, Offer, offers
from api.promise.picking import sources
from router.model import Carrier, Collection, Drop, Location, Shift, TariffStep, Tier, Wave
from tests.drops import base_drop, clock

DROP = base_drop()
NOW = clock("18:10")
DOOR = DROP.orders[2].location
TEA = {"kallio": {"TEA-1": 1}}


def one(drop: Drop = DROP, tier: str = "express", sums: dict[Key, Sums] | None = None, **cart: object) -> Offer:
    """The offer of one tier for one tea from kallio."""
    skus = {sku.sku: sku for sku in drop.catalog}
    asked = Cart(**{"skus": skus, "door": DOOR, "service_seconds": 120} | {n: v for n, v in cart.items() if n != "of"})
    tiers = [each for each in drop.tiers if each.id == tier]
    return offers(ground_of(drop), sums or {}, asked, [cart.get("of", TEA)], tiers, NOW)[0]


def lines(number: int, tier: str = "express", hub: str = "kallio") -> dict[Key, Sums]:
    return {(hub, tier): Sums(lines=number)}


def doors(number: int, tier: str = "express", service_s: int = 120) -> dict[Key, Sums]:
    """Orders whose doors all lie at the cart's, so that nothing but loading and waiting takes time beside the way."""
    lat, lon = round((DOOR.lat or 0) * PER_DEGREE), round((DOOR.lon or 0) * PER_DEGREE)
    sums = Sums(parcels=number, service_seconds=number * service_s, lat=number * lat, lon=number * lon)
    return {("kallio", tier): replace(sums, lat_squared=number * lat**2, lon_squared=number * lon**2)}


def with_waves(*waves: Wave) -> Drop:
    return replace(DROP, hubs=(replace(DROP.hubs[0], waves=waves), DROP.hubs[1]))


def with_tiers(**changes: object) -> Drop:
    return replace(DROP, tiers=tuple(replace(tier, **changes) for tier in DROP.tiers))


def test_an_empty_drop_promises_the_first_wave_and_the_way() -> None:
    offer = one()
    assert (offer.possible, offer.reason, offer.ship_by, offer.deliver_by) == (
        True,
        None,
        clock("19:10"),
        clock("19:10"),
    )
    assert offer.estimate is not None
    assert (offer.estimate.ready_at, offer.estimate.ship_at) == (clock("18:45"), clock("18:49"))
    assert offer.estimate.deliver_at == clock("19:07:32")
    assert (offer.estimate.hubs, offer.estimate.by) == (("kallio",), ("bike-1",))


def test_a_tier_without_a_promise_takes_what_is_cheapest() -> None:
    offer = one(tier="standard")
    assert (offer.possible, offer.ship_by, offer.deliver_by) == (True, None, None)
    assert offer.estimate is not None
    assert (offer.estimate.by, offer.estimate.cost) == (("post",), 45 + 20 + 590)
    assert offer.estimate.deliver_at == clock("+1 10:00")


def test_lines_that_are_needed_already_push_the_cart_into_a_later_wave() -> None:
    ready = [one(tier="standard", sums=lines(number)).estimate for number in (0, 2, 3, 6)]
    assert [each and each.ready_at for each in ready] == [
        clock("18:45"),
        clock("18:45"),
        clock("19:15"),
        clock("19:15"),
    ]
    full = one(tier="standard", sums=lines(7))
    assert (full.possible, full.reason, full.estimate) == (False, "waves-full", None)


def test_a_more_urgent_cart_goes_first_as_long_as_all_of_it_fits() -> None:
    assert one(sums=lines(6, "standard")).possible
    assert one(sums=lines(7, "standard")).reason == "waves-full"
    late = one(sums=lines(3, "express"))
    assert (late.possible, late.reason) == (False, "too-late")
    assert late.estimate is not None
    assert (late.estimate.deliver_at, late.detail) == (
        clock("19:37:32"),
        "would leave about 540 s after it is promised to",
    )


def test_lines_of_other_hubs_are_in_nobodys_way() -> None:
    assert one(sums=lines(99, hub="pasila")).possible


def test_a_wave_that_has_begun_before_the_drop_can_be_planned_takes_nothing() -> None:
    early = Wave(id="w0", start=clock("18:12"), end=clock("18:20"), lines=9)
    assert one(with_waves(early)).reason == "no-wave"
    assert one(with_waves(replace(early, start=clock("18:15")))).possible
    four = {"kallio": dict.fromkeys(["TEA-1", "MUG-1", "JAM-1", "LAMP-1"], 1)}
    assert one(with_waves(replace(early, start=clock("18:15"), lines=3)), of=four).reason == "no-wave"


@pytest.mark.parametrize(
    "cart",
    [
        {"of": {"kallio": {"LAMP-1": 13}}},
        {"of": {"pasila": {"TEA-1": 1, "LAMP-1": 12}}, "service_seconds": 5 * 3600},
        {"door": Location(lat=62.0, lon=24.94)},
    ],
)
def test_what_nobody_can_carry_is_not_promised(cart: dict[str, object]) -> None:
    plain = replace(DROP, carriers=())
    hub = replace(plain.hubs[1], waves=(replace(plain.hubs[1].waves[0], lines=9),))
    assert one(replace(plain, hubs=(plain.hubs[0], hub)), **cart).reason == "no-way-out"


def test_a_carrier_has_a_limit_of_weight_and_handling() -> None:
    only = replace(DROP, couriers=())
    assert one(only, tier="standard", of={"kallio": {"LAMP-1": 8}}).estimate is not None
    assert one(only, tier="standard", of={"kallio": {"LAMP-1": 9}}).reason == "no-way-out"
    assert one(only, tier="standard", of={"kallio": {"JAM-1": 1}}).reason == "no-way-out"


def wide(**changes: object) -> Drop:
    """A drop with room in its waves, one courier until 20:00, and no carrier."""
    courier = replace(
        DROP.couriers[0], hubs=None, shift=Shift(start=clock("18:00"), end=clock("20:00")), max_trips=None
    )
    waves = (Wave(id="w1", start=clock("18:15"), end=clock("18:45"), lines=9_999),)
    loose = with_tiers(ship_within=None)
    given = {"couriers": (courier,), "carriers": (), "hubs": (replace(DROP.hubs[0], waves=waves), DROP.hubs[1])}
    return replace(loose, **given | changes)


def test_couriers_are_full_once_orders_need_their_shifts() -> None:
    """From 18:45 to 20:00 are 4 500 s. A trip of up to 15 stops takes 2 x 1 112 + 240, a stop 120: 9 fit, and no 22."""
    assert one(wide(), tier="standard", sums=doors(9)).possible
    full = one(wide(), tier="standard", sums=doors(22))
    assert (full.possible, full.reason) == (False, "couriers-full")
    assert full.detail is not None
    assert full.detail.startswith("couriers of kallio have 4500 s left in their shifts, and orders need ")


def test_until_a_promise_is_due_only_what_is_as_urgent_counts() -> None:
    drop = replace(wide(), tiers=(Tier(id="express", deliver_within=4000), Tier(id="standard", deliver_within=9000)))
    assert one(drop, sums=doors(9, "standard")).possible
    full = one(drop, sums=doors(9, "express"))
    assert (full.reason, "before it is due" in (full.detail or "")) == ("couriers-full", True)


def test_orders_that_a_carrier_would_bring_in_time_leave_couriers_to_others() -> None:
    collection = Collection(id="c", hub="kallio", at=clock("19:30"), delivered_at=clock("20:30"), parcels=30)
    carrier = Carrier(
        id="van", partner="van", collections=(collection,), tariff=(TariffStep(up_to_grams=9999, amount=1),)
    )
    tiers = (Tier(id="express", deliver_within=4000), Tier(id="standard", deliver_within=9000))
    drop = replace(wide(), tiers=tiers, carriers=(carrier,))
    offer = one(drop, sums=doors(29, "standard"))
    assert offer.estimate is not None
    assert (offer.possible, offer.estimate.by) == (True, ("bike-1",))
    assert one(drop, tier="standard", sums=doors(29, "standard")).estimate is not None
    assert one(drop, tier="standard", sums=doors(60, "standard")).reason == "couriers-full"


def test_a_cart_from_two_hubs_waits_for_its_last_parcel() -> None:
    skus = {"TEA-1": 1, "JAM-1": 1}
    (found,) = sources({("kallio", "TEA-1"): 1, ("pasila", "JAM-1"): 1}, skus, ["kallio", "pasila"])
    assert found == {"kallio": {"TEA-1": 1}, "pasila": {"JAM-1": 1}}
    offer = one(wide(couriers=DROP.couriers), of=found, tier="standard")
    assert offer.estimate is not None
    assert (offer.estimate.hubs, offer.estimate.ready_at) == (("kallio", "pasila"), clock("19:00"))
    alone = one(wide(couriers=DROP.couriers), tier="standard").estimate
    assert alone is not None
    assert offer.estimate.cost > alone.cost + DROP.split_cost


def test_a_cart_that_one_hub_has_is_not_parted() -> None:
    free = {("kallio", "TEA-1"): 1, ("pasila", "TEA-1"): 2}
    assert sources(free, {"TEA-1": 1}, ["kallio", "pasila"]) == [{"kallio": {"TEA-1": 1}}, {"pasila": {"TEA-1": 1}}]
    assert sources(free, {"TEA-1": 2}, ["kallio", "pasila"]) == [{"pasila": {"TEA-1": 2}}]
    assert sources(free, {"TEA-1": 4}, ["kallio", "pasila"]) == []
    assert sources(free, {"TEA-1": 2}, ["kallio"]) == []


def test_matrix_and_sphere_promise_the_same() -> None:
    matrix = base_drop("matrix")
    there = one(matrix, door=Location(place=4), tier="express")
    assert there.estimate is not None
    assert there.estimate.deliver_at == clock("19:07:32")


def test_roads_are_taken_for_a_longer_sphere() -> None:
    profiles = {"bike": replace(DROP.travel.profiles["bike"], detour=None, metres_per_second=None, costing="bike")}
    road = replace(DROP, travel=replace(DROP.travel, kind="road", extract="x.osm.pbf", profiles=profiles))
    offer = one(road)
    assert offer.estimate is not None
    assert clock("19:00") < offer.estimate.deliver_at < clock("19:20")


@given(
    first=st.dictionaries(st.sampled_from(["express", "standard"]), st.integers(0, 9)),
    more=st.dictionaries(st.sampled_from(["express", "standard"]), st.integers(0, 9)),
    tier=st.sampled_from(["express", "standard"]),
)
def test_more_orders_never_bring_a_cart_into_an_earlier_wave(
    first: dict[str, int], more: dict[str, int], tier: str
) -> None:
    def ready(*sums: dict[str, int]) -> object:
        needed = {
            ("kallio", name): Sums(lines=sum(each.get(name, 0) for each in sums)) for name in ("express", "standard")
        }
        offer = one(tier=tier, sums=needed)
        return offer.estimate.ready_at if offer.estimate else NOW + timedelta(days=9)

    assert ready(first) <= ready(first, more)
