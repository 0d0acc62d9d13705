"""Metres and seconds from OSRM: from a running server by its address, or inside this process from its wheel.

OSRM snaps every point to some road, however far away, and answers null where there is no way. Here a far snap
is an error that lists every such point, and null is -1. Source: the table service of the OSRM HTTP API, v1.
"""

from __future__ import annotations

import http.client
import importlib
import importlib.util
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import numpy as np

from router.errors import Invalid, NotFound, Unavailable
from router.roads import CostingUnknown, RoadMatrix
from router.streets.extract import ExtractMissing, Float64
from router.streets.snap import MAX_SNAP_METRES, OffRoad
from router.streets.table import Table, assemble, checked, far, read_table, whole_metres

_T = TypeVar("_T")

PROFILES = {"foot": "foot", "bike": "bicycle", "cargo_bike": "bicycle", "car": "car", "van": "car"}
"""OSRM's own profile for each costing. It has none for cargo bikes and vans: those go as bikes and cars."""

SMALL_PART = 100
"""Fewer connected nodes than this are an island to snapping. OSRM's own 1 000 is more than a town centre."""

SERVER_BLOCK = 100
"""Places a side of one request to a server: what osrm-routed allows unless it is started with more."""

WHEEL_BLOCK = 500

ANSWER_BYTES = 32 * 2**20
"""A longer answer than this is not the table that was asked for."""


class OsrmMissing(Unavailable):
    """OSRM is asked for and its wheel is not installed."""

    code, title = "osrm-missing", "OSRM is not installed"

    def __init__(self) -> None:
        super().__init__(
            "the osrm-bindings wheel is not installed; on Python 3.12 or later install dropwright[osrm], "
            "or give the address of an OSRM server, or leave OSRM out: the built-in roads need nothing"
        )


class OsrmBuildFailed(Invalid):
    """OSRM's own tools refused the extract."""

    code, title = "osrm-build-failed", "OSRM cannot prepare the extract"

    def __init__(self, extract: Path, tool: str, said: str) -> None:
        super().__init__(f"{extract}: {tool} failed: {said}", extract=str(extract), tool=tool)


class RoadServerAddress(Invalid):
    """The address of the OSRM server is not one."""

    code, title = "road-server-address", "The address of the road server is not valid"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address!r} is not an address like http://127.0.0.1:5000", address=address)


class RoadServerSilent(Unavailable):
    """The OSRM server gave no answer in time."""

    code, title = "road-server-silent", "The road server does not answer"

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"{address}: no answer from the OSRM server ({why}); is it running?", address=address)


class RoadServerOdd(Unavailable):
    """The OSRM server answered something other than the table that was asked for."""

    code, title = "road-server-odd", "The road server gave no usable table"

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"{address}: not the table that was asked for: {why}", address=address)


class OsrmFilesMissing(NotFound):
    """The files that OSRM's tools make of an extract are not where they were said to be."""

    code, title = "osrm-files-missing", "The prepared OSRM files are not there"

    def __init__(self, base: Path) -> None:
        super().__init__(f"{base}.hsgr: no such file; prepare the extract first", base=str(base))


class _TooBig(Exception):
    """The server wants smaller tables."""


class _NoSegment(Exception):
    """Some point of the request is beyond the server's own radius."""


def available() -> bool:
    """Whether the osrm-bindings wheel is installed. Nothing is imported."""
    return importlib.util.find_spec("osrm") is not None


def server_matrix(
    address: str,
    points: Float64,
    *,
    costing: str = "car",
    max_metres: int = MAX_SNAP_METRES,
    timeout_s: float = 30.0,
    block: int = SERVER_BLOCK,
) -> RoadMatrix:
    """Travel between points (shape (n, 2): latitude, longitude) as the OSRM server at ``address`` has it.

    A server serves one profile, chosen when it was built; ``costing`` is only named in errors. Tables are
    asked for in blocks of ``block`` x ``block``, smaller where the server wants them so; ``timeout_s`` is for
    each step of each request. Seconds are rounded up, metres to the nearest.
    Raises RoadServerAddress, RoadServerSilent, RoadServerOdd, OffRoad.
    """
    points = checked(points)
    server = _Server(address=address, timeout_s=timeout_s)

    def ask(rows: range, columns: range) -> Table:
        return server.table(points, rows, columns)

    def route(start: int, end: int) -> int:
        return server.route_metres(points[start], points[end])

    while True:
        try:
            return assemble(points, ask, route, costing=costing, max_metres=max_metres, block=block)
        except _TooBig:
            if block == 1:
                raise RoadServerOdd(address, "it allows no table at all; start it with --max-table-size") from None
            block = max(1, block // 2)
        except _NoSegment:
            lost = [i for i in range(len(points)) if not server.finds(points[i])]
            if not lost:
                raise RoadServerOdd(address, "it finds a road for each point, but none for the table") from None
            raise OffRoad(costing, max_metres, [far(points, i, None) for i in lost]) from None


def wheel_matrix(base: Path, points: Float64, *, costing: str = "car", max_metres: int = MAX_SNAP_METRES) -> RoadMatrix:
    """The same from files that ``build`` made, inside this process.

    Raises OsrmMissing, OsrmFilesMissing, OffRoad.
    """
    if not available():
        raise OsrmMissing
    if not base.with_name(base.name + ".hsgr").is_file():
        raise OsrmFilesMissing(base)
    points = checked(points)
    places = [(float(lon), float(lat)) for lat, lon in points]
    osrm = importlib.import_module("osrm")
    engine = osrm.OSRM(storage_config=str(base), algorithm="CH", use_shared_memory=False)

    def ask(rows: range, columns: range) -> Table:
        wanted = osrm.TableParameters(
            coordinates=[places[i] for i in (*rows, *columns)],
            sources=list(range(len(rows))),
            destinations=list(range(len(rows), len(rows) + len(columns))),
            annotations=["duration", "distance"],
            generate_hints=False,
        )
        return read_table(engine.Table(wanted), len(rows), len(columns))

    def route(start: int, end: int) -> int:
        wanted = osrm.RouteParameters(coordinates=[places[start], places[end]], generate_hints=False)
        return whole_metres(engine.Route(wanted)["routes"][0]["distance"])

    return assemble(points, ask, route, costing=costing, max_metres=max_metres, block=WHEEL_BLOCK)


def build(extract: Path, costing: str, folder: Path) -> Path:
    """Prepares an OpenStreetMap extract for ``wheel_matrix`` with the wheel's own tools; gives the base path.

    Writes some twenty files named after the extract and the profile into ``folder``. Seconds for a town,
    minutes for a country. Raises OsrmMissing, CostingUnknown, ExtractMissing, OsrmBuildFailed.
    """
    if costing not in PROFILES:
        raise CostingUnknown(costing)
    if not extract.is_file():
        raise ExtractMissing(extract)
    spec = importlib.util.find_spec("osrm")
    if spec is None or spec.origin is None:
        raise OsrmMissing
    wheel = Path(spec.origin).parent
    profile = PROFILES[costing]
    base = folder / f"{extract.name.split('.')[0]}-{profile}.osrm"
    lua = wheel / "share" / "profiles" / f"{profile}.lua"
    part = ["--small-component-size", str(SMALL_PART)]
    for tool, arguments in (
        ("osrm-extract", [*part, "-p", str(lua), "-o", str(base), str(extract.resolve())]),
        ("osrm-contract", [str(base)]),
    ):
        done = subprocess.run(
            [str(wheel / "bin" / tool), "-l", "ERROR", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise OsrmBuildFailed(extract, tool, said[-1] if said else f"exit status {done.returncode}")
    return base


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """One OSRM server. No proxy, no redirect, one connection for each request."""

    address: str
    timeout_s: float

    def table(self, points: Float64, rows: range, columns: range) -> Table:
        ends = len(rows) + len(columns)
        query = (
            f"annotations=duration,distance&generate_hints=false"
            f"&sources={_listed(range(len(rows)))}&destinations={_listed(range(len(rows), ends))}"
        )
        return self._read(
            self._get("table", _lon_lat(points[[*rows, *columns]]), query),
            lambda answer: read_table(answer, len(rows), len(columns)),
        )

    def route_metres(self, start: Float64, end: Float64) -> int:
        """Metres of the one way from start to end."""
        return self._read(
            self._get("route", _lon_lat(np.stack((start, end))), "overview=false&generate_hints=false"),
            lambda answer: whole_metres(answer["routes"][0]["distance"]),
        )

    def finds(self, point: Float64) -> bool:
        """Whether the server has any road for a point within its own radius."""
        return self._get("nearest", _lon_lat(point[None]), "generate_hints=false").get("code") == "Ok"

    def _read(self, answer: dict[str, Any], reader: Callable[[Any], _T]) -> _T:
        code = answer.get("code")
        if code == "TooBig":
            raise _TooBig
        if code == "NoSegment":
            raise _NoSegment
        if code != "Ok":
            raise RoadServerOdd(self.address, f"{code}: {answer.get('message', 'no message')}")
        try:
            return reader(answer)
        except (LookupError, TypeError, ValueError) as fault:
            raise RoadServerOdd(self.address, f"{type(fault).__name__}: {fault}") from fault

    def _get(self, service: str, coordinates: str, query: str) -> dict[str, Any]:
        try:
            url = urlsplit(self.address)
            host, port = url.hostname, url.port
        except ValueError:
            raise RoadServerAddress(self.address) from None
        if url.scheme not in ("http", "https") or not host:
            raise RoadServerAddress(self.address)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        try:
            connection = kind(host, port, timeout=self.timeout_s)
        except http.client.InvalidURL:
            raise RoadServerAddress(self.address) from None
        # The name of the profile is part of the path, but a server of one profile does not look at it.
        path = f"{quote(url.path.rstrip('/'))}/{service}/v1/driving/{coordinates}?{query}"
        try:
            connection.request("GET", path, headers={"Accept": "application/json"})
            response = connection.getresponse()
            body = response.read(ANSWER_BYTES + 1)
        except UnicodeError:
            raise RoadServerAddress(self.address) from None
        except (OSError, http.client.HTTPException) as fault:
            raise RoadServerSilent(self.address, str(fault) or type(fault).__name__) from fault
        finally:
            connection.close()
        if len(body) > ANSWER_BYTES:
            raise RoadServerOdd(self.address, f"more than {ANSWER_BYTES} bytes")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as fault:
            raise RoadServerOdd(self.address, f"status {response.status}, and the answer is not JSON") from fault
        if not isinstance(answer, dict):
            raise RoadServerOdd(self.address, "the answer is not a JSON object")
        return answer


def _lon_lat(points: Float64) -> str:
    return ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in points)


def _listed(numbers: range) -> str:
    return ";".join(str(number) for number in numbers)
