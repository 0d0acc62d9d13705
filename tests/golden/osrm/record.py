"""Records what a real OSRM server answers to router/osrm.py, for tests where OSRM cannot run (README.md).

python tests/golden/osrm/record.py        (Python 3.12 or later, with dropwright[osrm] installed)
"""

from __future__ import annotations

import csv
import http.client
import importlib.metadata
import json
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from router import osrm
from router.streets.snap import OffRoad

HERE = Path(__file__).parent
CENTRE = HERE.parents[2] / "fixtures" / "centre"
WHEEL = Path(find_spec("osrm").origin).parent
FAR = [(0.0, 0.0), (60.5, 24.9)]

CASES = {
    # name: profile, options of osrm-routed, places a side, which addresses of the centre, further points
    "blocks": ("car", [], 6, slice(0, None, 80), []),
    "far": ("car", [], 3, slice(0, None, 400), FAR),
    "small-tables": ("car", ["--max-table-size", "3"], 8, slice(0, None, 200), []),
    "own-radius": ("car", ["--default-radius", "60"], 10, slice(0, None, 300), FAR),
    "wrong-sign": ("bicycle", [], 10, slice(0, 0), [(60.1650796, 24.939914), (60.1650893, 24.9398986)]),
}


def main() -> None:
    """Runs every case against a server of its own and writes one JSON file for each."""
    with (CENTRE / "addresses.csv").open(encoding="utf-8", newline="") as text:
        addresses = [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(text)]
    with tempfile.TemporaryDirectory() as folder:
        for name, (profile, options, block, some, more) in CASES.items():
            points = addresses[some] + more
            base = prepared(profile, Path(folder))
            with served(base, options) as port, recorder(port) as (address, answers), suppress(OffRoad):
                osrm.server_matrix(address, np.array(points), block=block)
            with served(base, []) as port:
                whole = asked(port, table_path(points))[1]
            case = {
                "server": f"osrm-routed {importlib.metadata.version('osrm-bindings')}, {profile}.lua",
                "options": options,
                "points": points,
                "block": block,
                "whole": {key: whole.get(key) for key in ("durations", "distances")},
                "answers": {path: {"status": status, "body": body} for path, (status, body) in answers.items()},
            }
            (HERE / f"{name}.json").write_text(json.dumps(case, indent=1) + "\n", encoding="utf-8")


def prepared(profile: str, folder: Path) -> Path:
    """The roads of the centre, made ready. Every part counts as large, so that some pairs have no way."""
    base = folder / f"{profile}.osrm"
    lua = WHEEL / "share" / "profiles" / f"{profile}.lua"
    extract = ["-p", str(lua), "--small-component-size", "1", "-o", str(base), str(CENTRE / "roads.osm.pbf")]
    for tool, arguments in (("osrm-extract", extract), ("osrm-contract", [str(base)])):
        subprocess.run([str(WHEEL / "bin" / tool), "-l", "ERROR", *arguments], check=True)
    return base


@contextmanager
def served(base: Path, options: list[str]) -> Iterator[int]:
    """A real osrm-routed on the loopback; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    routed = [str(WHEEL / "bin" / "osrm-routed"), "-l", "ERROR", "-i", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen([*routed, *options, str(base)])
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


@contextmanager
def recorder(port: int) -> Iterator[tuple[str, dict[str, tuple[int, object]]]]:
    """A server before the server that keeps every answer by its path."""
    answers: dict[str, tuple[int, object]] = {}

    class Through(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers[self.path] = asked(port, self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Through)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", answers
    finally:
        server.shutdown()
        server.server_close()


def asked(port: int, path: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def table_path(points: list[tuple[float, float]]) -> str:
    places = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in points)
    return f"/table/v1/driving/{places}?annotations=duration,distance&generate_hints=false"


if __name__ == "__main__":
    main()
