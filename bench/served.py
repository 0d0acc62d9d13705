"""A service as it runs in production, for benches that ask it: its process, what it starts with, and those who ask."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

from api.db import accounts, migrate
from api.db.connect import Database, connect
from api.keys import new_key
from api.principal import Role
from bench import measure
from router.errors import Unavailable
from router.model import Drop
from tests.db.postgres import Server, serving
from tests.db.shelves import TENANT
from tests.market import register, settings_of

READY_WITHIN_S = 120
ANSWER_WITHIN_S = 60
Gone = (OSError, HTTPException)
"""What a request meets where the process behind the address was killed."""


@dataclass(kw_only=True)
class Client:
    """One who asks over a connection that is kept, signed in as an engineer."""

    port: int
    key: str
    _open: HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and body of the answer. ``body``: bytes as they are, else JSON. Raises one of ``Gone``."""
        if self._open is None:
            self._open = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_WITHIN_S)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._open.request(method, path, data, {"Authorization": f"Bearer {self.key}", **said})
            answer = self._open.getresponse()
            told = answer.read()
        except Gone:
            self.close()
            raise
        if answer.getheader("Connection") == "close":
            self.close()
        return answer.status, json.loads(told) if told.startswith((b"{", b"[")) else None

    def ask_until_answered(self, method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        """Asks with that Idempotency-Key until there is an answer that is not "again": 503 and no answer at all are."""
        give_up_at = monotonic() + READY_WITHIN_S
        while monotonic() < give_up_at:
            try:
                status, told = self.ask(method, path, body, Idempotency_Key=key)
            except Gone:
                status, told = 503, None
            if status not in (429, 503):
                return status, told
            sleep(0.02)
        raise Unavailable(f"{method} {path} was not answered within {READY_WITHIN_S} s")

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        if self._open is not None:
            self._open.close()
            self._open = None


@dataclass(kw_only=True)
class Process:
    """``dropwright serve`` over a database, at a port that it keeps when it is started again."""

    database: str
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Starts it and gives the seconds until it was ready. Raises ``Unavailable``."""
        self.port = self.port or _free_port()
        began = monotonic()
        given = {"DATABASE": self.database, "NOTICE_SECONDS": "0", "WORKERS": "0", **self.settings}
        environment = os.environ | {f"DROPWRIGHT_{name}": value for name, value in given.items()}
        with self.log.open("ab") as log:
            command = [measure.dropwright(), "serve", "--port", str(self.port)]
            self._running = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.wait_until_ready(began)
        return monotonic() - began

    def wait_until_ready(self, since: float) -> None:
        """Asks until it is ready, for so long after an instant as it may take. Raises ``Unavailable``."""
        anybody = Client(port=self.port, key="")
        while True:
            try:
                if anybody.ask("GET", "/readyz")[0] == 200:
                    anybody.close()
                    return
            except Gone:
                pass
            if self._running is None or self._running.poll() is not None or monotonic() - since > READY_WITHIN_S:
                raise Unavailable(f"the service is not ready: {self.log.read_text(errors='replace')[-2000:]}")
            sleep(0.02)

    def kill(self) -> None:
        """kill -9."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()


class Place(NamedTuple):
    """A database to measure on; ``server`` where it is ours to restart."""

    name: str
    address: str
    server: Server | None = None


def databases(given: str | None) -> Iterator[Place]:
    """The databases to measure on, each new and empty: the one given, or SQLite and a PostgreSQL of our own."""
    if given is not None:
        yield Place(given.partition(":")[0], given)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Place("sqlite", f"sqlite:///{folder}/dropwright.db")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), durable=True) as server:
        yield Place("postgresql", server.create(), server)


@contextmanager
def market(address: str, *drops: Drop) -> Iterator[tuple[Database, str]]:
    """A marketplace that sells these drops, of which no order has come: its database, and an engineer's key.

    The first drop's catalog, hubs and stock are those of all.
    """
    store, key, now = connect(address), new_key(), datetime.now(UTC)
    migrate.upgrade(store)
    with store.write() as db:
        accounts.add_tenant(db, TENANT, name="Bench", now=now)
        accounts.add_key(db, TENANT, key, key_id="bench", name="bench", role=Role.ENGINEER, partner=None, now=now)
        register(db, drops[0])
    yield store, key.text
    store.close()


@contextmanager
def served(address: str, *drops: Drop, **settings: str) -> Iterator[tuple[Database, Process, str]]:
    """A process that is ready, over a marketplace that sells these drops."""
    with market(address, *drops) as (store, key), tempfile.TemporaryDirectory() as folder:
        process = Process(database=address, log=Path(folder) / "log", settings=settings)
        try:
            process.start()
            client = Client(port=process.port, key=key)
            for drop in drops:
                status, told = client.ask("POST", "/v1/drops", settings_of(drop))
                if status != 201:
                    raise Unavailable(f"the drop was not taken: {told}")
            yield store, process, key
        finally:
            process.kill()


def percentile(values: list[float], share: float) -> float:
    """The smallest of the values that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


def two_cores() -> None:
    """Binds all to two cores, and says what else keeps the machine busy, since figures depend on it."""
    measure.use_two_cores()
    if hasattr(os, "getloadavg"):
        print(f"load before: {os.getloadavg()[0]:.1f} on two cores", file=sys.stderr)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port
