"""A road drop becomes a matrix drop: measured on drawn towns, on a real server's answers, and by the real OSRM."""

import csv
import json
import socket
import sys
import tempfile
from dataclasses import replace

import numpy as np
import pytest

from router import codec, roads
from router.check import findings
from router.errors import Faulty, Unavailable
from router.model import Location, Profile, Travel
from router.osrm import PROFILES, OsrmMissing, RoadServerSilent
from router.roads import read_roads
from router.streets.costing import COSTINGS
from router.streets.extract import ExtractMissing
from router.travel import RoadServerProfiles, RoadsUnknown, prepare
from tests.drops import base_drop, base_plan, replan_drop
from tests.town import Town, at, places
from tests.unit.test_osrm import CENTRE, recorded, replayed, serving, where_osrm_is, whole

STEP_M = 1390
"""Two neighbours of ``tests.drops`` by the detour of that drop. A van needs 251 s, its bike 278 s."""


def road_drop(drop, hubs, orders, **costings):
    """``drop`` with hubs and orders at (lat, lon), on the roads of town.osm.pbf."""
    profiles = {name: Profile(costing=costing) for name, costing in costings.items()}

    def moved(records, points):
        return tuple(
            replace(record, location=Location(lat=float(lat), lon=float(lon)))
            for record, (lat, lon) in zip(records, points, strict=True)
        )

    return replace(
        drop,
        travel=Travel(kind="road", extract="town.osm.pbf", profiles=profiles),
        hubs=moved(drop.hubs, hubs),
        orders=moved(drop.orders, orders),
    )


def meridian(drop, **costings):
    """A drop of ``tests.drops`` whose steps are along one straight street."""
    steps = [at(0, STEP_M * i) for i in range(5)]
    return road_drop(drop, [steps[0], steps[2]], [steps[1], steps[3], steps[4], steps[4]], **costings)


def spread(points, **costings):
    """A drop with its first hub at the first point, its other one at the second, and an order at every further one."""
    drop = base_drop()
    orders = tuple(replace(drop.orders[0], id=f"o{i}") for i in range(len(points) - 2))
    return road_drop(replace(drop, orders=orders), points[:2], points[2:], **costings)


def at_once(case):
    """What the recorded server would answer to one request for the whole table."""
    snapped = {}
    for path, kept in case["answers"].items():
        spots = path.split("/")[4].split("?")[0].split(";")
        snapped |= dict(zip(spots, kept["body"]["sources"], strict=False))
    sources = [snapped[f"{lon:.6f},{lat:.6f}"] for lat, lon in case["points"]]
    return json.dumps({"code": "Ok", **case["whole"], "sources": sources})


def table(profile):
    """The matrices of a profile as lists, -1 where there is no way."""
    return [
        [[-1 if cell is None else cell for cell in row] for row in matrix]
        for matrix in (profile.metres, profile.seconds)
    ]


def faults(drop, folder, roads="built-in"):
    with pytest.raises(Faulty) as caught:
        prepare(drop, folder, roads)
    return caught.value.faults


@pytest.fixture
def straight(tmp_path):
    """A folder with the extract of one straight street."""
    town = Town(tmp_path, {name: (0, STEP_M * i) for i, name in enumerate("abcde")})
    town.street("a b c d e")
    town.drawn()
    return tmp_path


@pytest.fixture
def corner(tmp_path):
    """A folder with a street of 600 m, and a footway of 800 m that goes on northwards from its end."""
    town = Town(tmp_path, {"a": (0, 0), "b": (600, 0), "c": (600, 800)})
    town.street("a b")
    town.street("b c", highway="footway")
    town.drawn()
    return tmp_path


@pytest.mark.parametrize("kind", ["great_circle", "matrix"])
def test_a_drop_that_needs_no_roads_is_handed_back_as_it_is(kind, tmp_path):
    drop = base_drop(kind)
    assert prepare(drop, tmp_path) is drop
    assert prepare(drop, tmp_path, "osrm") is drop


def test_a_matrix_drop_says_what_the_streets_say_and_keeps_the_coordinates(straight):
    asked = meridian(base_drop(), bike="van")
    drop = prepare(asked, straight)
    road = read_roads(straight / "town.osm.pbf", "van").matrix(places(*((0, STEP_M * i) for i in (0, 2, 1, 3, 4))))
    assert drop.travel.kind == "matrix"
    assert drop.travel.places == 5
    assert table(drop.travel.profiles["bike"]) == [road.metres.tolist(), road.seconds.tolist()]
    assert [hub.location.place for hub in drop.hubs] == [0, 1]
    assert [order.location.place for order in drop.orders] == [2, 3, 4, 4]
    for before, after in zip((*asked.hubs, *asked.orders), (*drop.hubs, *drop.orders), strict=True):
        assert replace(after.location, place=None) == before.location


def test_nothing_but_travel_and_places_changes_when_trips_are_under_way(straight):
    asked = meridian(replan_drop(), bike="van")
    drop = prepare(asked, straight)
    assert drop.committed == asked.committed != base_drop().committed
    assert replace(drop, travel=asked.travel, hubs=asked.hubs, orders=asked.orders) == asked
    for before, after in zip((*asked.hubs, *asked.orders), (*drop.hubs, *drop.orders), strict=True):
        assert replace(after, location=before.location) == before
    assert codec.read_drop(codec.write(drop)) == drop
    assert findings(drop, base_plan()) == ()


def test_the_extract_is_read_once_for_each_costing(straight, monkeypatch):
    read = []

    def counted(extract, costing):
        read.append(costing)
        return read_roads(extract, costing)

    monkeypatch.setattr(roads, "read_roads", counted)
    drop = prepare(meridian(base_drop(), bike="van", truck="van", walker="foot", lorry="van"), straight)
    assert sorted(read) == ["foot", "van"]
    profiles = drop.travel.profiles
    assert list(profiles) == ["bike", "truck", "walker", "lorry"]
    assert profiles["bike"] == profiles["truck"] == profiles["lorry"] != profiles["walker"]


def test_every_hub_and_order_too_far_from_a_road_is_named_with_all_its_distances(corner):
    lost, walk = at(0, 499.5), at(600, 799.5)
    drop = road_drop(base_drop(), [at(0, 0), lost], [lost, at(300, 0), walk, walk], bike="foot", truck="van")
    found = faults(drop, corner)
    cure = "and at most 250 m is bridged; check lat and lon, and that town.osm.pbf covers them"
    everybody = f"is 500 m from any road for foot, 500 m from any road for van, {cure}"
    assert [(fault.pointer, fault.code, fault.message) for fault in found] == [
        ("/hubs/1/location", "off-road", f"hub 'pasila' {everybody}"),
        ("/orders/0/location", "off-road", f"order 'o1' {everybody}"),
        ("/orders/2/location", "off-road", f"order 'o3' is 800 m from any road for van, {cure}"),
        ("/orders/3/location", "off-road", f"order 'o4' is 800 m from any road for van, {cure}"),
    ]


@pytest.mark.parametrize("roads", ["built-in", "osrm", "http://127.0.0.1:9"])
def test_every_costing_that_is_not_there_is_named_before_anything_is_read(roads, tmp_path):
    found = faults(meridian(base_drop(), **{"bike": "horse", "a/b": "Foot", "truck": "van"}), tmp_path, roads)
    assert [(fault.pointer, fault.code) for fault in found] == [
        ("/travel/profiles/a~1b/costing", "costing-unknown"),
        ("/travel/profiles/bike/costing", "costing-unknown"),
    ]
    assert found[1].message == "there is no costing 'horse'; choose one of foot, bike, cargo_bike, car, van"


def test_osrm_knows_every_costing_of_the_built_in_roads_and_no_other():
    assert set(PROFILES) == set(COSTINGS)


def test_an_extract_that_is_not_there_is_told(straight):
    with pytest.raises(ExtractMissing):
        prepare(meridian(base_drop(), bike="van"), straight / "elsewhere")


@pytest.mark.parametrize("name", ["", "built_in", "OSRM", "localhost:5000", "file:///etc/hosts"])
def test_roads_that_there_are_not_are_refused_whatever_the_drop(name, tmp_path):
    with pytest.raises(RoadsUnknown, match=r"built-in, osrm.* http://"):
        prepare(base_drop(), tmp_path, name)


def test_without_its_wheel_osrm_is_missed_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "osrm", None)
    with pytest.raises(OsrmMissing, match="built-in roads") as caught:
        prepare(meridian(base_drop(), bike="van"), tmp_path, "osrm")
    assert isinstance(caught.value, Unavailable)


def test_a_server_is_asked_once_for_costings_that_it_cannot_tell_apart(tmp_path):
    case = recorded("blocks")
    metres, seconds = whole(case)
    with serving(lambda _: (200, at_once(case))) as (address, asked):
        drop = prepare(spread(case["points"], bike="van", truck="car"), tmp_path, address)
    assert len(asked) == 1
    spots = asked[0].split("/")[4].split("?")[0].split(";")
    assert spots == 2 * [f"{lon:.6f},{lat:.6f}" for lat, lon in case["points"]]
    assert drop.travel.profiles.keys() == {"bike", "truck"}
    for profile in drop.travel.profiles.values():
        assert table(profile) == [metres, seconds]
    assert sum(row.count(None) for row in drop.travel.profiles["bike"].metres) == 102
    assert codec.read_drop(codec.write(drop)) == drop


def test_whoever_the_server_snapped_too_far_is_named(tmp_path):
    case = recorded("far")
    with serving(lambda _: (200, at_once(case))) as (address, _):
        found = faults(spread(case["points"], bike="van"), tmp_path, address)
    last = len(case["points"]) - 3
    assert [fault.pointer for fault in found] == [f"/orders/{last - 1}/location", f"/orders/{last}/location"]
    assert found[0].message.startswith(f"order 'o{last - 1}' is 7")
    assert f"that the map of {address} covers them" in found[0].message


def test_whoever_the_server_itself_finds_no_road_for_is_named(tmp_path):
    case = recorded("own-radius")
    with replayed(case) as (address, _):
        found = faults(spread(case["points"], bike="van"), tmp_path, address)
    lost = [
        path.split("/")[4].split("?")[0]
        for path, kept in case["answers"].items()
        if path.startswith("/nearest") and kept["body"]["code"] == "NoSegment"
    ]
    spots = [f"{lon:.6f},{lat:.6f}" for lat, lon in case["points"]]
    pointers = ["/hubs/0", "/hubs/1", *(f"/orders/{i}" for i in range(len(spots) - 2))]
    assert [fault.pointer for fault in found] == [f"{pointers[spots.index(spot)]}/location" for spot in lost]
    assert all("with no road in reach for van" in fault.message for fault in found)


def test_one_server_is_not_asked_for_walkers_and_vans(tmp_path):
    with serving(lambda _: (500, "")) as (address, asked), pytest.raises(RoadServerProfiles, match="foot") as caught:
        prepare(meridian(base_drop(), bike="foot", truck="van"), tmp_path, address)
    assert asked == []
    assert caught.value.context["needed"] == {"foot": "foot", "van": "car"}


def test_a_server_that_is_not_there_is_silent(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RoadServerSilent, match="is it running"):
        prepare(meridian(base_drop(), bike="van"), tmp_path, address)


@where_osrm_is
def test_the_real_wheel_measures_a_drop_and_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (CENTRE / "addresses.csv").open(encoding="utf-8", newline="") as text:
        doors = [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(text)][::20]
    asked = spread(doors, bike="bike", cargo="cargo_bike", walker="foot")
    asked = replace(asked, travel=replace(asked.travel, extract="roads.osm.pbf"))
    real, own = prepare(asked, CENTRE, "osrm"), prepare(asked, CENTRE)
    assert list(tmp_path.iterdir()) == []
    assert (real.hubs, real.orders, real.travel.places) == (own.hubs, own.orders, own.travel.places)
    walked = [np.array(drop.travel.profiles["walker"].seconds).ravel() for drop in (real, own)]
    assert np.corrcoef(*walked)[0, 1] > 0.99
    assert real.travel.profiles["bike"] == real.travel.profiles["cargo"] != real.travel.profiles["walker"]
    nowhere = replace(asked.orders[0], id="nowhere", location=Location(lat=0.0, lon=0.0))
    walkers = replace(asked.travel, profiles={"bike": asked.travel.profiles["walker"]})
    found = faults(replace(asked, travel=walkers, orders=(*asked.orders, nowhere)), CENTRE, "osrm")
    assert [fault.pointer for fault in found] == [f"/orders/{len(asked.orders)}/location"]
