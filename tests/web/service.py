"""The service over a fresh database, with a key for each role."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.db import accounts
from api.db.connect import Database, connect
from api.keys import new_key
from api.principal import OPERATORS, Role
from api.settings import Settings

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
TENANT, OTHER = "pop-up", "elsewhere"
PARTNERS = {Role.HUB: "northdock", Role.COURIER: "pedal"}


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service. ``keys``: of each marketplace (``TENANT``, ``OTHER``) and role."""

    app: FastAPI
    store: Database
    client: TestClient
    keys: Mapping[tuple[str, Role], str]

    def key(self, role: Role = Role.ENGINEER, tenant: str = TENANT) -> dict[str, str]:
        """The header that signs in as this role."""
        return {"Authorization": f"Bearer {self.keys[tenant, role]}"}

    def get(self, path: str, role: Role = Role.ENGINEER, tenant: str = TENANT, **given: Any) -> Any:
        return self.send("GET", path, role, tenant, **given)

    def post(self, path: str, role: Role = Role.ENGINEER, tenant: str = TENANT, **given: Any) -> Any:
        return self.send("POST", path, role, tenant, **given)

    def send(self, method: str, path: str, role: Role = Role.ENGINEER, tenant: str = TENANT, **given: Any) -> Any:
        """Asks as this role; ``headers`` come on top."""
        headers = {**self.key(role, tenant), **given.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **given)


def ticking(first: datetime) -> Callable[[], datetime]:
    """A clock that goes on by a second whenever it is read: no day of these tests is that of their run."""
    seconds = count()
    return lambda: first + timedelta(seconds=next(seconds))


@contextmanager
def asking(address: str, **settings: Any) -> Iterator[TestClient]:
    """Asks a service over a database as it is."""
    app = create_app(Settings(database=address, workers=0, **settings))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@contextmanager
def serving(address: str, **settings: Any) -> Iterator[Service]:
    """A service over the empty database at ``address``, with two marketplaces and five keys to each."""
    store = connect(address, pool_size=5)
    quiet = {"workers": 0, "webhooks": False, "purges": False, "secret": "0123456789abcdef" * 2}
    app = create_app(Settings(database=address, **{**quiet, **settings}), store)
    with TestClient(app, raise_server_exceptions=False) as client:
        keys = {}
        with store.write() as db:
            for tenant in (TENANT, OTHER):
                accounts.add_tenant(db, tenant, name=tenant.title(), now=NOW)
                for role in Role:
                    key = new_key()
                    keys[tenant, role] = key.text
                    accounts.add_key(
                        db,
                        tenant,
                        key,
                        key_id=f"{tenant}-{role}",
                        name=f"of {role}",
                        role=role,
                        partner=PARTNERS[role] if role in OPERATORS else None,
                        now=NOW,
                    )
        yield Service(app=app, store=store, client=client, keys=keys)
    store.close()
