"""``dropwright serve --demo`` on a fresh machine: one command, and every role can look at a planned drop."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from api.service_cli import listening
from tests.architecture.sources import ROOT

WITHIN_S = 120
COMMAND = (sys.executable, "-c", "from api.cli import main; main()")


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A serving process, what it said until it was ready, and its address; ended as an operator ends it."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DROPWRIGHT_NOTICE_SECONDS": "0"}
    running = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("a"),
        text=True,
    )
    said = ""
    try:
        assert running.stdout is not None
        for line in running.stdout:
            said += line
            if found := re.match(r"(http://\S+) answers", line):
                yield running, said, found[1]
                break
        else:
            raise AssertionError((folder / "log").read_text())
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(WITHIN_S) == 0


def test_the_demo_is_loaded_planned_and_can_be_released(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo") as (_, said, address):
        assert "400 orders are loaded and planned" in said
        told = json.loads((tmp_path / "demo-keys.json").read_text())
        assert stat.S_IMODE((tmp_path / "demo-keys.json").stat().st_mode) == 0o600
        assert set(told["keys"]) == {"engineer", "hub", "courier", "manager", "auditor"}

        def ask(method: str, path: str, role: str) -> httpx2.Response:
            headers = {"Authorization": f"Bearer {told['keys'][role]}"}
            return httpx2.request(method, address + path, headers=headers, timeout=WITHIN_S)

        plans = f"/v1/drops/{told['drop']}/plans"
        (plan,) = ask("GET", plans, "manager").json()["items"]
        assert (plan["version"], plan["state"], plan["engine"], plan["orders"]) == (1, "draft", "joint", 400)
        assert ask("POST", f"{plans}/1/release", "engineer").json()["state"] == "released"
        lists = ask("GET", "/v1/pick-lists", "hub").json()["items"]
        assert ask("GET", f"/v1/pick-lists/{lists[0]['id']}.csv", "hub").content.startswith(b"line,hub,wave,")
        assert ask("GET", "/v1/trips", "courier").json()["items"]
    with serving(tmp_path, "--demo") as (_, said, address):
        assert "already" in said
        assert json.loads((tmp_path / "demo-keys.json").read_text()) == told
        assert httpx2.get(f"{address}/readyz").status_code == 200


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, _, address):
        port = address.rpartition(":")[2]
        second = subprocess.run(
            [*COMMAND, "serve", "--port", port], cwd=tmp_path, capture_output=True, text=True, timeout=WITHIN_S
        )
    assert second.returncode == 2
    assert second.stderr.startswith(f"dropwright: cannot listen on 127.0.0.1:{port}")


def test_a_connection_sends_what_it_has_without_waiting_for_acknowledgements() -> None:
    with (
        listening("127.0.0.1", 0) as open_at,
        socket.create_connection(open_at.getsockname()),
        open_at.accept()[0] as taken,
    ):
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
