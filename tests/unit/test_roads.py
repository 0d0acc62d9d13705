"""Roads on little towns drawn by hand, where every answer can be worked out, and on real streets."""

import csv
import heapq
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fixtures.centre import make_roads
from router import roads
from router.roads import CostingUnknown, read_roads
from router.streets.costing import COSTINGS, TOP_KMH
from router.streets.extract import (
    EARTH_METRES,
    ExtractMissing,
    ExtractUnreadable,
    ExtractWithoutRoads,
    great_circle_m,
    read_stretches,
)
from router.streets.snap import OffRoad
from tests.town import Town, at, places, ways

CENTRE = Path(make_roads.__file__).parent


@pytest.fixture
def square(tmp_path):
    """Four corners, 300 m apart: a south west, b south east, c north east, d north west."""
    return Town(tmp_path, {"a": (0, 0), "b": (300, 0), "c": (300, 300), "d": (0, 300)})


@pytest.fixture(scope="module")
def addresses():
    with (CENTRE / "addresses.csv").open(encoding="utf-8", newline="") as text:
        return np.array([(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(text)])


def test_a_walk_down_a_street_takes_its_length_at_five_kilometres_an_hour(square):
    square.street("a b")
    assert ways(square.drawn(), "foot", (0, 0), (300, 0)) == [[(0, 0), (300, 216)], [(300, 216), (0, 0)]]


def test_seconds_are_rounded_up(square):
    square.street("a b")
    # 299.5 m at 5 km/h are 215.64 s.
    assert ways(square.drawn(), "foot", (0, 0), (299.5, 0))[0][1] == (300, 216)
    assert ways(square.drawn(), "foot", (0, 0), (1, 0))[0][1] == (1, 1)


def test_a_stretch_is_never_quicker_than_its_speed(square):
    square.street("a b")
    stretches = read_stretches(square.drawn(), COSTINGS["bike"])
    # 300 m at 14 km/h are 77 142.86 ms.
    assert (stretches.length_cm.tolist(), stretches.forward_ms.tolist()) == ([30_000], [77_143])


def test_points_meet_the_street_between_its_corners(square):
    square.street("a b")
    assert ways(square.drawn(), "foot", (100, 30), (220, -40))[0][1] == (120, 87)


def test_two_points_at_one_spot_are_no_way_apart_but_not_without_a_way(square):
    square.street("a b")
    assert ways(square.drawn(), "foot", (100, 30), (100, -30))[0][1] == (0, 0)


def test_pieces_of_a_street_add_up_to_the_street(square):
    square.street("a b c")
    spots = [(0, 0), (61.7, 0), (61.9, 5), (188.3, 0), (300, 123.4), (300, 300)]
    matrix = read_roads(square.drawn(), "bike").matrix(places(*spots))
    assert matrix.metres[0, -1] == 600
    legs = [matrix.metres[i, i + 1] for i in range(5)]
    assert abs(sum(legs) - 600) <= 3


def test_a_point_behind_on_a_one_way_street_is_a_drive_round_the_block(square):
    square.street("a b", oneway="yes")
    square.street("b c d a")
    there, back = ways(square.drawn(), "van", (100, 0), (200, 0))
    assert (there[1][0], back[0][0]) == (100, 1100)


def test_metres_are_those_of_the_quickest_way_not_of_the_shortest(square):
    square.street("a b", highway="footway")
    square.street("b c d a", highway="secondary")
    # 300 m pushed are 270 s, 900 m ridden 232 s.
    assert ways(square.drawn(), "bike", (0, 0), (300, 0))[0][1] == (900, 232)


def test_of_two_streets_between_the_same_corners_the_quicker_counts(square):
    square.corners["e"] = (150, 120)
    square.names["e"] = 5
    square.street("a b", surface="unhewn_cobblestone")
    square.street("a e b")
    assert ways(square.drawn(), "bike", (0, 0), (300, 0))[0][1][0] == 384


def test_no_way_is_minus_one_in_both_and_nothing_is_zero_but_the_diagonal(square):
    square.street("a b", oneway="yes")
    matrix = read_roads(square.drawn(), "car").matrix(places((10, 0), (290, 0)))
    assert matrix.metres.tolist() == [[0, 280], [-1, 0]]
    assert matrix.seconds[1, 0] == -1
    assert read_roads(square.path, "car").path(at(290, 0), at(10, 0)) is None


def test_a_way_of_more_than_twelve_hours_is_none(tmp_path):
    town = Town(tmp_path, {"a": (0, 0), "b": (0, 59_000), "c": (0, 61_000)})
    town.street("a b c")
    walk = ways(town.drawn(), "foot", (0, 0), (0, 59_000), (0, 61_000))
    assert [metres for metres, _ in walk[0]] == [0, 59_000, -1]


def test_sums_of_time_and_length_stay_exact():
    """The bound that router/roads.py states: the longest leg allowed fits a float64 without rounding."""
    assert roads.LONGEST_MS * roads.SPREAD < 2**53
    assert roads.LONGEST_MS / 3_600_000 * TOP_KMH * 100_000 < roads.SPREAD
    assert all(
        max(table.values()) <= TOP_KMH for costing in COSTINGS.values() for table in (costing.kmh, costing.by_leave_kmh)
    )


def test_a_point_goes_to_the_main_network_rather_than_to_a_nearer_islet(square):
    square.street("a b")
    square.street("d c", oneway="yes")
    graph = read_roads(square.drawn(), "car")
    near_islet = places((150, 200))
    assert graph.snap(near_islet).metres.tolist() == [200]
    assert graph.snap(near_islet, max_metres=150).metres.tolist() == [100]


def test_every_point_too_far_from_a_road_is_listed_with_its_distance(square):
    square.street("a b")
    graph = read_roads(square.drawn(), "cargo_bike")
    points = np.concatenate((places((150, 20), (150, 251)), [(0.0, 0.0)], places((300, 0), (699.5, 0))))
    with pytest.raises(OffRoad) as caught:
        graph.matrix(points)
    assert caught.value.code == "off-road"
    listed = caught.value.context["points"]
    assert [point["point"] for point in listed] == [1, 2, 4]
    assert listed[0]["metres"] == 251
    assert listed[2]["metres"] == 400
    to_null_island = great_circle_m(np.zeros(2), np.array(at(0, 0)))
    assert abs(listed[1]["metres"] - to_null_island) <= 1
    assert all(f"point {i} at" in str(caught.value) for i in (1, 2, 4))
    assert graph.matrix(points[[1, 4]], max_metres=500).metres.tolist() == [[0, 150], [150, 0]]


def test_a_coordinate_that_is_no_number_is_refused(square):
    square.street("a b")
    with pytest.raises(ValueError, match="numbers"):
        read_roads(square.drawn(), "foot").matrix(np.array([[60.0, math.nan]]))


def test_no_points_give_an_empty_matrix(square):
    square.street("a b")
    assert read_roads(square.drawn(), "foot").matrix(np.zeros((0, 2))).metres.shape == (0, 0)


def test_a_street_is_parted_where_the_extract_lacks_its_node(tmp_path):
    town = Town(tmp_path, {"a": (0, 0), "b": (100, 0), "gone": (200, 0), "c": (300, 0), "d": (400, 0)})
    town.street("a b gone c d")
    path = town.drawn(without={"gone"})
    assert len(read_roads(path, "foot").streets()) == 2
    assert ways(path, "foot", (0, 0), (400, 0), max_metres=90)[0][1] == (-1, -1)


def test_a_path_follows_the_streets_in_the_direction_of_travel(square):
    square.street("a b", oneway="yes")
    square.street("b c d a")
    graph = read_roads(square.drawn(), "van")
    there = graph.path(at(100, 10), at(200, -10))
    back = graph.path(at(200, -10), at(100, 10))
    assert np.allclose(there, [at(100, 0), at(200, 0)], atol=1e-6)
    assert np.allclose(back, [at(200, 0), at(300, 0), at(300, 300), at(0, 300), at(0, 0), at(100, 0)], atol=1e-6)


def test_the_streets_are_there_to_be_drawn(square):
    square.street("a b c")
    square.street("c d", highway="proposed")
    assert np.allclose(read_roads(square.drawn(), "foot").streets(), [[at(0, 0), at(300, 0), at(300, 300)]], atol=1e-6)


def test_a_missing_extract_is_named(tmp_path):
    with pytest.raises(ExtractMissing, match="nowhere"):
        read_roads(tmp_path / "nowhere.osm.pbf", "foot")


@pytest.mark.parametrize("name", ["town.osm.pbf", "town.txt", "town.osm"])
def test_a_file_that_is_no_extract_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"not an extract at all" * 50)
    with pytest.raises(ExtractUnreadable, match=name) as caught:
        read_roads(tmp_path / name, "foot")
    assert caught.value.code == "extract-unreadable"


def test_half_an_extract_is_refused(tmp_path):
    whole = (CENTRE / "roads.osm.pbf").read_bytes()
    (tmp_path / "half.osm.pbf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ExtractUnreadable):
        read_roads(tmp_path / "half.osm.pbf", "foot")


def test_an_extract_without_a_usable_road_is_named(square):
    square.street("a b", highway="footway")
    with pytest.raises(ExtractWithoutRoads, match="van"):
        read_roads(square.drawn(), "van")


def test_an_unknown_costing_is_named_with_those_there_are(square):
    square.street("a b")
    with pytest.raises(CostingUnknown, match="cargo_bike") as caught:
        read_roads(square.drawn(), "horse")
    assert caught.value.context == {"costing": "horse"}


@pytest.mark.parametrize("costing", list(COSTINGS))
def test_real_streets_agree_with_a_plain_dijkstra_over_pairs(costing):
    """Milliseconds and centimetres as an ordinary pair, compared in that order, on the same junctions."""
    graph = read_roads(CENTRE / "roads.osm.pbf", costing)
    s, arms = graph.stretches, graph.arms
    leads = {}
    for e in range(len(s.tail)):
        for ends, ms in ((arms.forward[e], s.forward_ms[e]), (arms.backward[e], s.backward_ms[e])):
            if ms >= 0:
                leads.setdefault(int(ends[0]), []).append((int(ends[1]), int(ms), int(s.length_cm[e])))
    for start, end in arms.joins.tolist():
        leads.setdefault(start, []).append((end, 0, 0))

    rng = np.random.default_rng(3)
    chosen = rng.choice(len(s.tail), 12, replace=False)
    points = s.shape[s.shape_from[chosen]]
    snap = graph.snap(points)
    matrix = graph.matrix(points)
    on_corner = (snap.at_cm == 0) | (snap.at_cm == s.length_cm[snap.stretch])
    corner = np.where(snap.at_cm == 0, s.tail[snap.stretch], s.head[snap.stretch])
    assert on_corner.sum() >= 8
    for i in np.flatnonzero(on_corner):
        best, queue = {}, [(0, 0, int(corner[i]))]
        while queue:
            ms, cm, node = heapq.heappop(queue)
            if node not in best:
                best[node] = (ms, cm)
                for end, more_ms, more_cm in leads.get(node, ()):
                    heapq.heappush(queue, (ms + more_ms, cm + more_cm, end))
        for j in np.flatnonzero(on_corner):
            ms, cm = best.get(int(arms.arrival[corner[j]]), (-1000, -100))
            if i != j:
                assert (matrix.seconds[i, j], matrix.metres[i, j]) == (
                    math.ceil(ms / 1000),
                    math.floor(cm / 100 + 0.5),
                )


@pytest.mark.parametrize("costing", ["cargo_bike", "van"])
def test_no_spot_on_the_main_network_is_nearer_than_the_one_a_point_goes_to(costing):
    """Against every straight bit of street, in a flat plane; a centimetre is what flatness and rounding cost."""
    graph = read_roads(CENTRE / "roads.osm.pbf", costing)
    points = np.random.default_rng(5).uniform((60.163, 24.934), (60.180, 24.955), (300, 2))
    snap = graph.snap(points, max_metres=2_000)
    found_m = great_circle_m(points, np.stack((snap.lat, snap.lon), axis=1))

    shape, first = graph.stretches.shape, graph.stretches.shape_from
    metres_a_degree = math.radians(EARTH_METRES) * np.array([1, math.cos(math.radians(60.1715))])
    rows = np.concatenate([np.arange(a, b - 1) for a, b in pairwise(first)])
    rows = rows[np.repeat(graph.main, np.diff(first) - 1)]
    start = shape[rows] * metres_a_degree
    step = shape[rows + 1] * metres_a_degree - start
    for point, metres in zip(points * metres_a_degree, found_m, strict=True):
        away = point - start
        share = np.clip((away * step).sum(axis=1) / np.maximum((step * step).sum(axis=1), 1e-9), 0, 1)
        nearest_m = np.sqrt(((away - share[:, None] * step) ** 2).sum(axis=1)).min()
        assert abs(metres - nearest_m) < 0.01 + nearest_m / 2_000


@pytest.mark.parametrize("costing", ["foot", "van"])
def test_the_path_is_as_long_as_the_matrix_says(addresses, costing):
    graph = read_roads(CENTRE / "roads.osm.pbf", costing)
    points = addresses[::50]
    matrix, snap = graph.matrix(points), graph.snap(points)
    legs = [(i, (i * 7 + 3) % len(points)) for i in range(len(points))]
    for (i, j), line in zip(legs, graph.paths(points, legs), strict=True):
        line = np.array(line)
        assert np.allclose(line[0], (snap.lat[i], snap.lon[i]), atol=1e-7)
        assert np.allclose(line[-1], (snap.lat[j], snap.lon[j]), atol=1e-7)
        assert abs(great_circle_m(line[:-1], line[1:]).sum() - matrix.metres[i, j]) < 1.5


@pytest.mark.parametrize("costing", list(COSTINGS))
def test_every_address_of_the_centre_can_reach_every_other(addresses, costing):
    matrix = read_roads(CENTRE / "roads.osm.pbf", costing).matrix(addresses[::6])
    assert (matrix.seconds >= 0).all()
    assert (matrix.metres >= 0).all()


def test_a_matrix_does_not_depend_on_how_many_sources_fit_into_memory(addresses, monkeypatch):
    graph = read_roads(CENTRE / "roads.osm.pbf", "cargo_bike")
    whole = graph.matrix(addresses[::40])
    monkeypatch.setattr(roads, "BYTES_AT_ONCE", 1)
    one_by_one = graph.matrix(addresses[::40])
    assert (whole.seconds == one_by_one.seconds).all()
    assert (whole.metres == one_by_one.metres).all()


def test_the_extract_of_the_centre_is_small_and_has_nothing_left_to_trim(tmp_path):
    stored = CENTRE / "roads.osm.pbf"
    assert stored.stat().st_size < 200_000
    make_roads.trim(stored, tmp_path / "again.osm.pbf")
    assert (tmp_path / "again.osm.pbf").read_bytes() == stored.read_bytes()


def test_the_addresses_of_the_centre_are_all_there(addresses):
    assert addresses.shape == (1464, 2)
    assert (addresses.min(axis=0) > (60.16, 24.93)).all()
    assert (addresses.max(axis=0) < (60.18, 24.96)).all()
