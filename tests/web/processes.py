"""The service in a process of its own, to be told to end and to be killed."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2

from api.db import accounts, migrate
from api.db.connect import connect
from api.keys import new_key
from api.principal import Role

ROOT = Path(__file__).resolve().parents[2]
TENANT = "pop-up"
WITHIN_S = 120


@dataclass(kw_only=True)
class Process:
    """One running process; ``key`` is an engineer's."""

    database: str
    port: int
    key: str
    log: Path
    notice_s: float
    running: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, **given: Any) -> httpx2.Response:
        """Asks over a connection of its own, signed in."""
        headers = {"Authorization": f"Bearer {self.key}", **given.pop("headers", {})}
        return httpx2.request(method, self.address + path, headers=headers, timeout=WITHIN_S, **given)

    def start(self) -> None:
        self.running = started(self.database, self.port, self.log, self.notice_s)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        give_up_at = monotonic() + WITHIN_S
        while True:
            try:
                if self.ask("GET", "/readyz").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            assert self.running.poll() is None, self.log.read_text()
            assert monotonic() < give_up_at, self.log.read_text()
            sleep(0.02)


def started(database: str, port: int, log: Path, notice_s: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.web.stalls", database, str(port), str(notice_s)]
    with log.open("ab") as out:
        return subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@contextmanager
def process(database: str, log: Path, *, notice_s: float = 0) -> Iterator[Process]:
    """A process over ``database`` that answers; killed at the end if it still runs."""
    store = connect(database)
    migrate.upgrade(store)
    key = new_key()
    now = datetime.now(UTC)
    with store.write() as db:
        accounts.add_tenant(db, TENANT, name="Pop-up", now=now)
        accounts.add_key(db, TENANT, key, key_id="k", name="k", role=Role.ENGINEER, partner=None, now=now)
    store.close()
    port = free_port()
    running = started(database, port, log, notice_s)
    made = Process(database=database, port=port, key=key.text, log=log, notice_s=notice_s, running=running)
    try:
        made.wait_until_ready()
        yield made
    finally:
        made.running.kill()
        made.running.wait()
