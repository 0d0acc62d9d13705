"""The parts of the map: projection, lanes, colours, and a page that cannot be broken out of."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from itertools import combinations

import pytest

from api.documents import map as page
from api.documents.colours import colours
from api.documents.flat import Flat
from api.documents.lanes import beside
from api.documents.routes import Line, addresses, lines, spread
from router.model import Location
from router.travel import great_circle_m
from tests.drops import base_drop, base_plan

PLACES = [(60.16, 24.93), (60.18, 24.93), (60.16, 24.97), (60.171, 24.951)]


class OneStreet:
    """A road graph in which every way leads through one corner, and some lead nowhere."""

    corner = (60.2, 24.9)

    def __init__(self, closed: tuple[int, int] | None = None) -> None:
        self.asked: list[tuple[int, int]] = []
        self.closed = closed

    def paths(self, points: object, legs: object) -> list[Line | None]:
        assert isinstance(legs, list)
        self.asked += legs
        return [None if leg == self.closed else [self.corner] for leg in legs]

    def streets(self) -> list[Line]:
        return [[self.corner, (60.21, 24.9)]]


def test_lengths_on_the_map_are_those_on_the_ground() -> None:
    flat = Flat.around(PLACES)
    for start, end in combinations(PLACES, 2):
        drawn = math.dist(flat.xy(start), flat.xy(end))
        ground = great_circle_m(Location(lat=start[0], lon=start[1]), Location(lat=end[0], lon=end[1]))
        assert drawn == pytest.approx(ground, rel=1e-3)


@pytest.mark.parametrize("place", [(90.0, 0.0), (-90.0, 180.0), (0.0, -180.0)])
def test_the_ends_of_the_world_can_be_drawn(place: tuple[float, float]) -> None:
    assert all(map(math.isfinite, Flat.around([place, (0.0, 0.0)]).xy(place)))


def test_what_shares_an_address_is_drawn_apart_and_the_first_stays() -> None:
    nodes = {("order", f"o{number}"): (60.17, 24.94) for number in range(30)}
    drawn = spread(nodes)
    flat = Flat.around([(60.17, 24.94)])
    spots = [flat.xy(place) for place in drawn.values()]
    assert drawn["order", "o0"] == (60.17, 24.94)
    assert min(math.dist(a, b) for a, b in combinations(spots, 2)) > 4
    assert max(math.dist(spots[0], spot) for spot in spots) < 40


def test_a_lane_keeps_its_distance_to_the_right_and_its_ends() -> None:
    line = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (200.0, 100.0)]
    assert beside(line, 5) == [(0.0, 0.0), (105.0, -5.0), (105.0, 95.0), (200.0, 100.0)]


def test_a_lane_that_turns_back_runs_on_the_other_side() -> None:
    line = [(0.0, 0.0), (50.0, 0.0), (100.0, 0.0), (50.0, 0.0), (0.0, 0.0)]
    assert beside(line, 5) == [(0.0, 0.0), (50.0, -5.0), (100.0, -5.0), (100.0, 5.0), (50.0, 5.0), (0.0, 0.0)]


@pytest.mark.parametrize("line", [[(1.0, 2.0)], [(1.0, 2.0)] * 4, [(0.0, 0.0), (0.1, 0.0), (9.0, 0.0)]])
def test_a_lane_of_next_to_nothing_is_no_trouble(line: list[tuple[float, float]]) -> None:
    moved = beside(line, 5)
    assert (moved[0], moved[-1]) == (line[0], line[-1])


def test_a_hundred_couriers_have_a_hundred_colours_dark_enough_to_read() -> None:
    made = colours(100)
    assert len(set(made)) == 100
    for colour in made:
        assert re.fullmatch("#[0-9a-f]{6}", colour)
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        assert 0.2126 * red + 0.7152 * green + 0.0722 * blue < 200


def test_routes_follow_the_streets_of_their_profile_and_end_where_the_orders_are_drawn() -> None:
    drop, plan = base_drop(), base_plan()
    streets = OneStreet()
    drawn = lines(drop, plan, {"bike": streets})
    where = spread(addresses(drop))
    kallio, o1 = where["hub", "kallio"], where["order", "o1"]
    assert len(drawn["t1"]) == 3
    assert drawn["t1"][0] == [kallio, OneStreet.corner, o1]
    assert len(streets.asked) == 5


def test_a_leg_without_streets_is_straight() -> None:
    drop, plan = base_drop(), base_plan()
    assert all(len(leg) == 2 for legs in lines(drop, plan, {}).values() for leg in legs)
    closed = lines(drop, plan, {"bike": OneStreet(closed=(0, 2))})
    assert sorted(len(leg) for legs in closed.values() for leg in legs) == [2, 3, 3, 3, 3]


def test_a_page_holds_its_data_in_a_form_that_cannot_end_the_script() -> None:
    hostile = "</script><script>alert(1)</script><!--"
    drop = replace(base_drop(), id=hostile)
    orders = tuple(replace(each, id=f"{each.id}{hostile}") for each in drop.orders)
    plan = replace(base_plan(), unserved=(replace(base_plan().unserved[0], order=orders[3].id),))
    parcels = tuple(replace(each, order=f"{each.order}{hostile}") for each in plan.parcels)
    trips = tuple(
        replace(trip, stops=tuple(replace(stop, order=f"{stop.order}{hostile}") for stop in trip.stops))
        for trip in plan.trips
    )
    drawn = page.render(replace(drop, orders=orders), replace(plan, parcels=parcels, trips=trips)).decode()
    assert "<script>alert" not in drawn
    assert drawn.count("<script") == 3
    found = re.search(r'id="figure">(.*?)</script>', drawn, flags=re.DOTALL)
    assert found
    texts = [text for trace in json.loads(found[1])["data"] for text in trace.get("hovertext", ())]
    assert any("&lt;/script&gt;" in text for text in texts)


def test_the_same_plan_gives_the_same_page() -> None:
    drawn = page.render(base_drop(), base_plan(), {"bike": OneStreet()})
    assert drawn == page.render(base_drop(), base_plan(), {"bike": OneStreet()})
    assert page.ATTRIBUTION.encode() in drawn


def test_a_drop_without_coordinates_has_no_map() -> None:
    drop = base_drop("matrix")
    bare = Location(place=0)
    hubs = tuple(replace(hub, location=bare) for hub in drop.hubs)
    orders = tuple(replace(order, location=bare) for order in drop.orders)
    with pytest.raises(page.NoCoordinates):
        page.render(replace(drop, hubs=hubs, orders=orders), base_plan("matrix"))


def test_an_order_without_coordinates_is_left_out_and_the_rest_is_drawn() -> None:
    drop = base_drop("matrix")
    hubs = tuple(replace(hub, location=Location(place=0, lat=60.18, lon=24.9)) for hub in drop.hubs)
    orders = tuple(
        replace(order, location=Location(place=None if order.id == "o1" else 1, lat=lat, lon=24.9))
        for order in drop.orders
        for lat in (None if order.id == "o1" else 60.2,)
    )
    drawn = page.render(replace(drop, hubs=hubs, orders=orders), base_plan("matrix"))
    assert rb"\u003eo2\u003c" in drawn
    assert rb"\u003eo1\u003c" not in drawn
