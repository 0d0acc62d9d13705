"""Who may use which street, which way, how fast, and where no turn is allowed."""

import math

import numpy as np
import pytest

from router.roads import read_roads
from router.streets.costing import COSTINGS
from router.streets.snap import OffRoad
from tests.town import Town, places, ways


@pytest.fixture
def square(tmp_path):
    """Four corners, 300 m apart: a south west, b south east, c north east, d north west."""
    return Town(tmp_path, {"a": (0, 0), "b": (300, 0), "c": (300, 300), "d": (0, 300)})


def test_vehicles_keep_to_a_one_way_street_and_walkers_need_not(square):
    square.street("a b", oneway="yes")
    square.street("b c d a")
    path = square.drawn()
    for costing in ("bike", "cargo_bike", "car", "van"):
        there, back = ways(path, costing, (0, 0), (300, 0))
        assert (there[1][0], back[0][0]) == (300, 900)
    assert ways(path, "foot", (0, 0), (300, 0))[1][0][0] == 300


@pytest.mark.parametrize(
    "tags",
    [
        {"oneway": "yes", "oneway__bicycle": "no"},
        {"oneway": "yes", "cycleway": "opposite_lane"},
        {"oneway": "yes", "cycleway__left": "opposite"},
        {"oneway": "yes", "cycleway__left": "lane", "cycleway__left__oneway": "-1"},
        {"oneway": "-1", "cycleway": "opposite"},
        {"junction": "roundabout", "oneway__bicycle": "no"},
    ],
)
def test_bikes_ride_against_a_one_way_street_where_a_sign_lets_them(square, tags):
    square.street("a b", **tags)
    square.street("b c d a")
    path = square.drawn()
    there, back = ways(path, "cargo_bike", (0, 0), (300, 0))
    assert (there[1][0], back[0][0]) == (300, 300)
    there, back = ways(path, "van", (0, 0), (300, 0))
    assert sorted((there[1][0], back[0][0])) == [300, 900]


def test_a_road_whose_direction_changes_with_the_hour_is_not_counted_on(square):
    square.street("a b", oneway="reversible")
    square.street("b c d a")
    assert ways(square.drawn(), "car", (0, 0), (300, 0))[0][1][0] == 900


def test_steps_are_for_walkers_alone_and_slower(square):
    square.street("a b", highway="steps")
    square.street("b c d a")
    path = square.drawn()
    assert ways(path, "foot", (0, 0), (300, 0))[0][1] == (300, 360)
    assert [ways(path, costing, (0, 0), (300, 0))[0][1][0] for costing in ("bike", "cargo_bike", "van")] == [900] * 3


def test_a_bike_is_pushed_where_only_walkers_may_go_and_ridden_where_a_sign_says_so(square):
    square.street("a b", highway="footway")
    square.street("c d", highway="footway", bicycle="yes")
    square.street("b c")
    path = square.drawn()
    assert ways(path, "bike", (0, 0), (300, 0))[0][1] == (300, 270)
    assert ways(path, "bike", (0, 300), (300, 300))[0][1] == (300, 99)
    with pytest.raises(OffRoad):
        ways(path, "car", (0, 300), (0, 0), max_metres=50)


@pytest.mark.parametrize(
    ("tags", "open_to"),
    [
        ({"highway": "residential"}, "foot bike cargo_bike car van"),
        ({"highway": "motorway"}, "car van"),
        ({"highway": "primary", "motorroad": "yes"}, "car van"),
        ({"highway": "cycleway"}, "bike cargo_bike"),
        ({"highway": "cycleway", "foot": "designated"}, "foot bike cargo_bike"),
        ({"highway": "track", "motor_vehicle": "yes"}, "foot bike cargo_bike car van"),
        ({"highway": "service", "access": "private"}, ""),
        ({"highway": "service", "access": "private", "foot": "yes"}, "foot"),
        ({"highway": "service", "access": "no", "goods": "delivery"}, "van"),
        ({"highway": "service", "access": "delivery"}, "foot bike cargo_bike car van"),
        ({"highway": "residential", "vehicle": "no"}, "foot"),
        ({"highway": "residential", "vehicle": "no", "bicycle": "yes"}, "foot bike cargo_bike"),
        ({"highway": "residential", "motor_vehicle": "destination"}, "foot bike cargo_bike car van"),
        ({"highway": "residential", "bicycle": "use_sidepath"}, "foot car van"),
        ({"highway": "pedestrian", "area": "yes", "motor_vehicle": "yes"}, "foot bike cargo_bike"),
        ({"highway": "pedestrian", "motorcar": "no", "goods": "yes"}, "foot bike cargo_bike van"),
        ({"highway": "service", "service": "emergency_access"}, "foot bike cargo_bike"),
        ({"highway": "construction"}, ""),
        ({"railway": "platform", "highway": None}, "foot bike cargo_bike"),
        ({"railway": "rail", "highway": None}, ""),
    ],
)
def test_who_may_use_a_street(square, tags, open_to):
    square.street("a b", **tags)
    square.street("c d", highway="trunk", foot="yes", bicycle="yes")
    path = square.drawn()
    allowed = {costing for costing in COSTINGS if len(read_roads(path, costing).streets()) == 2}
    assert allowed == set(open_to.split())


def test_a_posted_speed_slows_a_van_and_cobbles_slow_a_bike(square):
    square.street("a b", highway="primary", maxspeed="20")
    square.street("b c", highway="primary", maxspeed="20 mph")
    square.street("c d", surface="cobblestone")
    path = square.drawn()
    assert ways(path, "van", (0, 0), (300, 0))[0][1] == (300, 84)
    assert ways(path, "van", (300, 0), (300, 300))[0][1] == (300, 54)
    assert ways(path, "bike", (300, 300), (0, 300))[0][1] == (300, 135)


def crossing(tmp_path):
    """A cross with arms of 200 m, and a street round it, from the northern end by east and south to west."""
    town = Town(tmp_path, {"x": (0, 0), "n": (0, 200), "s": (0, -200), "w": (-200, 0), "e": (200, 0)})
    arms = {name: town.street(f"{name} x") for name in "nswe"}
    town.street("n e s w")
    return town, arms


@pytest.mark.parametrize(
    ("kind", "to", "metres"),
    [
        ("no_left_turn", "w", 100 + round(200 * math.sqrt(2)) + 100),
        ("only_straight_on", "n", 100 + round(200 * math.sqrt(2)) + 100),
        ("no_right_turn", "e", 200),
        ("no_straight_on", "n", 200),
    ],
)
def test_a_forbidden_turn_is_not_made_by_vehicles(tmp_path, kind, to, metres):
    town, arms = crossing(tmp_path)
    town.turn(kind, arms["s"], "x", arms[to])
    path = town.drawn()
    for costing in ("bike", "cargo_bike", "car", "van"):
        assert ways(path, costing, (0, -100), (-100, 0))[0][1][0] == metres
    assert ways(path, "foot", (0, -100), (-100, 0))[0][1][0] == 200


def test_other_turns_at_the_same_corner_stay_free(tmp_path):
    town, arms = crossing(tmp_path)
    free = read_roads(town.drawn(), "van").matrix(places((0, -100), (100, 0), (0, 100), (-100, 0), (0, 0)))
    town.turn("no_left_turn", arms["s"], "x", arms["w"])
    bound = read_roads(town.drawn(), "van").matrix(places((0, -100), (100, 0), (0, 100), (-100, 0), (0, 0)))
    changed = np.argwhere(free.seconds != bound.seconds).tolist()
    assert changed == [[0, 3]]


def test_a_forbidden_turn_spares_whom_it_excepts(tmp_path):
    town, arms = crossing(tmp_path)
    town.turn("no_left_turn", arms["s"], "x", arms["w"], **{"except": "psv;bicycle"})
    path = town.drawn()
    assert ways(path, "bike", (0, -100), (-100, 0))[0][1][0] == 200
    assert ways(path, "car", (0, -100), (-100, 0))[0][1][0] > 400


def test_where_turning_back_is_forbidden_going_straight_on_is_not(tmp_path):
    town = Town(tmp_path, {"a": (0, 0), "b": (300, 0), "c": (400, 0), "e": (300, 100)})
    through = town.street("a b c")
    town.street("b e")
    town.turn("no_u_turn", through, "b", through)
    graph = read_roads(town.drawn(), "van")
    assert len(graph.arms.joins) > 0
    assert graph.matrix(places((100, 0), (400, 0), (300, 100))).metres[0].tolist() == [0, 300, 300]


def test_a_street_is_not_closed_by_a_turn_into_one_that_is_not_there(tmp_path):
    town = Town(tmp_path, {"a": (0, 0), "b": (300, 0), "c": (400, 0), "e": (300, 100)})
    first = town.street("a b")
    town.street("b c")
    footway = town.street("b e", highway="footway")
    town.turn("only_left_turn", first, "b", footway)
    assert ways(town.drawn(), "van", (100, 0), (400, 0))[0][1][0] == 300


def test_a_bollard_stops_a_van_but_not_a_bike(square):
    square.street("a b")
    square.street("b c d a")
    square.barrier("b", barrier="bollard")
    path = square.drawn()
    assert ways(path, "bike", (250, 0), (300, 50))[0][1][0] == 100
    assert ways(path, "van", (250, 0), (300, 50))[0][1][0] == 250 + 300 + 300 + 250


@pytest.mark.parametrize(
    ("tags", "through"),
    [
        ({"barrier": "gate"}, "foot bike cargo_bike car van"),
        ({"barrier": "gate", "locked": "yes"}, ""),
        ({"barrier": "gate", "access": "private"}, ""),
        ({"barrier": "gate", "access": "no", "foot": "yes"}, "foot"),
        ({"barrier": "cycle_barrier"}, "foot bike"),
        ({"barrier": "stile"}, "foot"),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, "foot bike cargo_bike car van"),
        ({"access": "no"}, "foot bike cargo_bike car van"),
    ],
)
def test_who_gets_through_a_barrier(tmp_path, tags, through):
    town = Town(tmp_path, {"a": (0, 0), "b": (100, 0), "c": (200, 0)})
    town.street("a b c")
    town.barrier("b", **tags)
    path = town.drawn()
    passed = {costing for costing in COSTINGS if ways(path, costing, (0, 0), (200, 0), max_metres=90)[0][1][0] == 200}
    assert passed == set(through.split())
