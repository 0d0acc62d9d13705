"""OSRM: the answers of a real server played back over the loopback, and the real one where its wheel is."""

import contextlib
import csv
import http.client
import json
import math
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from router import osrm
from router.osrm import (
    OsrmBuildFailed,
    OsrmFilesMissing,
    OsrmMissing,
    RoadServerAddress,
    RoadServerOdd,
    RoadServerSilent,
)
from router.roads import CostingUnknown, read_roads
from router.streets.extract import ExtractMissing
from router.streets.snap import OffRoad

RECORDED = Path(__file__).parents[1] / "golden" / "osrm"
CENTRE = Path(__file__).parents[2] / "fixtures" / "centre"
TWO = np.array([(60.17, 24.94), (60.172, 24.945)])

where_osrm_is = pytest.mark.skipif(not osrm.available(), reason="the osrm-bindings wheel needs Python 3.12")


@contextlib.contextmanager
def serving(answer):
    """A server whose ``answer(path)`` is (status, body); gives its address and the paths asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, body = answer(self.path)
            self.send_response(status)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@contextlib.contextmanager
def replayed(case):
    def answer(path):
        if path not in case["answers"]:
            return 404, json.dumps({"code": "NotRecorded", "message": path})
        kept = case["answers"][path]
        return kept["status"], json.dumps(kept["body"])

    with serving(answer) as server:
        yield server


def whole(case):
    """Metres and seconds from the one table that was asked for whole, cell by cell."""
    metres, seconds = [], []
    for distances, durations in zip(case["whole"]["distances"], case["whole"]["durations"], strict=True):
        metres.append([-1 if cell is None else math.floor(cell + 0.5) for cell in distances])
        seconds.append([-1 if cell is None else math.ceil(cell) for cell in durations])
    return metres, seconds


@pytest.mark.parametrize("name", ["blocks", "small-tables"])
def test_blocks_add_up_to_the_whole_table(name):
    case = recorded(name)
    with replayed(case) as (address, asked):
        matrix = osrm.server_matrix(address, np.array(case["points"]), block=case["block"])
    metres, seconds = whole(case)
    assert matrix.metres.tolist() == metres
    assert matrix.seconds.tolist() == seconds
    assert set(asked) == set(case["answers"])


def test_a_pair_without_a_way_is_minus_one_in_both_and_never_zero():
    case = recorded("blocks")
    with replayed(case) as (address, _):
        matrix = osrm.server_matrix(address, np.array(case["points"]), block=case["block"])
    nulls = [cell is None for row in case["whole"]["durations"] for cell in row]
    assert sum(nulls) == 102
    assert ((matrix.seconds == -1).ravel() == nulls).all()
    assert ((matrix.metres == -1) == (matrix.seconds == -1)).all()
    assert (np.diag(matrix.seconds) == 0).all()


def test_every_point_that_osrm_snapped_too_far_is_listed_before_the_long_part():
    case = recorded("far")
    points = np.array(case["points"])
    with replayed(case) as (address, asked), pytest.raises(OffRoad) as caught:
        osrm.server_matrix(address, points, block=case["block"], costing="van")
    listed = caught.value.context["points"]
    assert [point["point"] for point in listed] == [len(points) - 2, len(points) - 1]
    assert listed[0]["metres"] > 7_000_000
    assert 30_000 < listed[1]["metres"] < 40_000
    assert len(asked) == math.ceil(len(points) / case["block"])


def test_a_point_may_be_as_far_as_the_caller_allows():
    case = recorded("far")
    with replayed(case) as (address, _), pytest.raises(OffRoad) as caught:
        osrm.server_matrix(address, np.array(case["points"]), block=case["block"], max_metres=100_000)
    assert [point["point"] for point in caught.value.context["points"]] == [len(case["points"]) - 2]


def test_points_that_the_server_itself_refuses_are_listed():
    case = recorded("own-radius")
    with replayed(case) as (address, _), pytest.raises(OffRoad, match="none found") as caught:
        osrm.server_matrix(address, np.array(case["points"]), block=case["block"])
    listed = [point["point"] for point in caught.value.context["points"]]
    lost = [
        path.split("/")[4].split("?")[0]
        for path, kept in case["answers"].items()
        if path.startswith("/nearest") and kept["body"]["code"] == "NoSegment"
    ]
    assert [f"{lon:.6f},{lat:.6f}" for lat, lon in np.array(case["points"])[listed]] == lost
    assert len(lost) >= 2


def test_a_distance_with_the_wrong_sign_is_asked_for_again():
    case = recorded("wrong-sign")
    assert min(min(row) for row in case["whole"]["distances"]) < 0
    with replayed(case) as (address, asked):
        matrix = osrm.server_matrix(address, np.array(case["points"]), block=case["block"])
    assert matrix.metres.tolist() == [[0, 0], [0, 0]]
    assert [path.split("/")[1] for path in asked] == ["table", "route"]


def test_coordinates_go_out_as_longitude_then_latitude():
    case = recorded("blocks")
    with replayed(case) as (address, asked):
        osrm.server_matrix(address, np.array(case["points"]), block=case["block"])
    lat, lon = case["points"][0]
    assert asked[0].startswith(f"/table/v1/driving/{lon:.6f},{lat:.6f};")


def test_a_server_may_live_below_a_path():
    case = recorded("wrong-sign")
    with serving(lambda path: (200, json.dumps(case["answers"][path.removeprefix("/osrm/bike")]["body"]))) as served:
        matrix = osrm.server_matrix(f"{served[0]}/osrm/bike/", np.array(case["points"]), block=case["block"])
    assert matrix.seconds.tolist() == [[0, 0], [0, 0]]


def test_a_server_that_is_not_there_is_silent():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RoadServerSilent, match="is it running"):
        osrm.server_matrix(address, TWO)


def test_a_server_that_never_answers_is_given_up_on():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        with pytest.raises(RoadServerSilent):
            osrm.server_matrix(f"http://127.0.0.1:{mute.getsockname()[1]}", TWO, timeout_s=0.2)
        assert time.monotonic() - began < 5


GOOD = {
    "code": "Ok",
    "durations": [[0, 60.1], [None, 0]],
    "distances": [[0, 500.4], [None, 0]],
    "sources": [{"distance": 3.2}, {"distance": 0}],
}


@pytest.mark.parametrize(
    "body",
    [
        "<html>bad gateway</html>",
        "",
        "[1, 2]",
        "[" * 100_000,
        json.dumps({"code": "InvalidQuery", "message": "Query string malformed"}),
        json.dumps({"message": "no code"}),
        json.dumps(GOOD | {"durations": None}),
        json.dumps({key: value for key, value in GOOD.items() if key != "distances"}),
        json.dumps(GOOD | {"durations": [[0, 1, 2], [1, 0, 2]]}),
        json.dumps(GOOD | {"durations": [[0, 1], [1]]}),
        json.dumps(GOOD | {"durations": [[0, "soon"], [1, 0]]}),
        json.dumps(GOOD | {"durations": [[0, -1], [1, 0]]}),
        json.dumps(GOOD | {"distances": [[0, math.inf], [1, 0]]}),
        json.dumps(GOOD | {"sources": []}),
        json.dumps(GOOD | {"sources": [{"distance": None}, {"distance": 1}]}),
        json.dumps(GOOD | {"sources": [{}, {}]}),
    ],
)
def test_an_answer_that_is_no_table_is_told_from_one(body):
    with serving(lambda _: (200, body)) as (address, _), pytest.raises(RoadServerOdd, match=address):
        osrm.server_matrix(address, TWO)


def test_the_answer_that_those_were_made_from_is_a_table():
    with serving(lambda _: (200, json.dumps(GOOD))) as (address, _):
        matrix = osrm.server_matrix(address, TWO)
    assert matrix.seconds.tolist() == [[0, 61], [-1, 0]]
    assert matrix.metres.tolist() == [[0, 500], [-1, 0]]


def test_a_server_that_allows_no_table_at_all_is_odd():
    with serving(lambda _: (400, '{"code": "TooBig"}')) as (address, asked), pytest.raises(RoadServerOdd):
        osrm.server_matrix(address, TWO, block=4)
    assert len(asked) == 3


@pytest.mark.parametrize(
    "address",
    [
        "",
        "localhost:5000",
        "ftp://127.0.0.1",
        "file:///etc/hosts",
        "http://",
        "http://127.0.0.1:port",
        "http://a b/",
    ],
)
def test_an_address_that_is_none_is_named(address):
    with pytest.raises(RoadServerAddress):
        osrm.server_matrix(address, TWO)


@pytest.mark.parametrize("place", [(math.nan, 0), (91, 0), (0, 181), (math.inf, 0)])
def test_a_place_that_is_not_on_earth_is_refused(place):
    with pytest.raises(ValueError, match="degrees"):
        osrm.server_matrix("http://127.0.0.1:9", np.array([place]))


def test_without_the_wheel_its_lack_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "osrm", None)
    assert not osrm.available()
    with pytest.raises(OsrmMissing, match="built-in roads"):
        osrm.wheel_matrix(tmp_path / "car.osrm", TWO)
    with pytest.raises(OsrmMissing):
        osrm.build(CENTRE / "roads.osm.pbf", "car", tmp_path)


def test_nothing_is_built_from_what_is_not_there(tmp_path):
    with pytest.raises(ExtractMissing):
        osrm.build(tmp_path / "nowhere.osm.pbf", "car", tmp_path)
    with pytest.raises(CostingUnknown):
        osrm.build(CENTRE / "roads.osm.pbf", "horse", tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return osrm.build(CENTRE / "roads.osm.pbf", "foot", tmp_path_factory.mktemp("osrm"))


@pytest.fixture(scope="module")
def doors():
    with (CENTRE / "addresses.csv").open(encoding="utf-8", newline="") as text:
        return np.array([(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(text)])[::10]


@where_osrm_is
def test_the_real_wheel_and_the_built_in_roads_agree_on_walks(built, doors):
    real, own = osrm.wheel_matrix(built, doors), read_roads(CENTRE / "roads.osm.pbf", "foot").matrix(doors)
    assert (real.seconds >= 0).all()
    assert np.corrcoef(real.seconds.ravel(), own.seconds.ravel())[0, 1] > 0.9965
    assert 0.98 < own.seconds.sum() / real.seconds.sum() < 1.02


@where_osrm_is
def test_the_real_server_gives_what_the_real_wheel_gives(built, doors):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    routed = Path(find_spec("osrm").origin).parent / "bin" / "osrm-routed"
    server = subprocess.Popen([str(routed), "-l", "ERROR", "-i", "127.0.0.1", "-p", str(port), str(built)])
    try:
        for _ in range(100):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            with contextlib.suppress(OSError):
                connection.connect()
                break
            time.sleep(0.1)
        over_http = osrm.server_matrix(f"http://127.0.0.1:{port}", doors, costing="foot", block=64)
        with pytest.raises(OffRoad):
            osrm.server_matrix(f"http://127.0.0.1:{port}", np.array([(0.0, 0.0), *TWO]))
    finally:
        server.terminate()
        server.wait()
    in_process = osrm.wheel_matrix(built, doors)
    # Over HTTP a place is rounded to a millionth of a degree.
    assert abs(over_http.metres - in_process.metres).max() <= 2
    assert abs(over_http.seconds - in_process.seconds).max() <= 2


@where_osrm_is
def test_the_real_wheel_lists_points_far_from_any_road(built):
    with pytest.raises(OffRoad) as caught:
        osrm.wheel_matrix(built, np.array([TWO[0], (0.0, 0.0), TWO[1], (61.0, 25.0)]))
    assert [point["point"] for point in caught.value.context["points"]] == [1, 3]


@where_osrm_is
def test_the_real_tools_say_what_they_cannot_read(tmp_path):
    (tmp_path / "junk.osm.pbf").write_bytes(b"not an extract" * 99)
    with pytest.raises(OsrmBuildFailed, match="osrm-extract"):
        osrm.build(tmp_path / "junk.osm.pbf", "car", tmp_path)
    with pytest.raises(OsrmFilesMissing):
        osrm.wheel_matrix(tmp_path / "junk-car.osrm", TWO)
