"""Webhooks to local sinks, and a dispatcher whose clock the test sets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

from api import hook_flows
from api.db import accounts, deliveries, events, migrate, webhooks
from api.db.connect import Database, connect
from api.db.events import Event
from api.db.tables.webhooks import deliveries as rows
from api.dispatch import Dispatcher
from api.drain import Drain
from api.hooks import Delivery, NewWebhook, Webhook, WebhookChange
from api.lookup import addresses
from api.outbound import Reach
from api.principal import Principal, Role
from api.sealing import Sealer
from api.sending import Line
from tests.web.sink import Sink

LOOPBACK = (ip_network("127.0.0.0/8"),)
KEY = "0123456789abcdef" * 2
TENANT = "pop-up"
ENGINEER = Principal(tenant=TENANT, role=Role.ENGINEER, partner=None, actor="key/k")


@dataclass(kw_only=True)
class Hooked:
    """A marketplace, its webhooks, and the clock. ``chance``: what the dispatcher takes for a random number."""

    store: Database
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    chance: float = 0.5
    ports: set[int] = field(default_factory=set)

    def later(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def reach(self, total_s: int = 5) -> Reach:
        return Reach(ports=frozenset(self.ports), allowed=LOOPBACK, total_s=total_s)

    def hook(self, to: Sink, name: str = "h", *, who: Principal = ENGINEER, **asked: Any) -> str:
        """Adds a webhook and gives its secret."""
        self.ports.add(to.port)
        new = NewWebhook(id=name, url=f"http://{to.address}:{to.port}/{name}", **asked)
        with self.store.write() as db:
            made = hook_flows.add(db, who, new, self.reach(), Sealer(KEY), self.at)
        return made.record.secret

    def tell(self, *ids: str, kind: str = "hub.changed", partner: str | None = None) -> None:
        with self.store.write() as db:
            made = [Event(id=each, type=kind, subject="hub/k", time=self.at, data={}, partner=partner) for each in ids]
            events.emit(db, TENANT, made)

    def dispatcher(self, *, total_s: int = 5, tls: ssl.SSLContext | None = None, **given: Any) -> Dispatcher:
        line = Line(
            reach=self.reach(total_s),
            resolve=addresses,
            tls=tls or ssl.create_default_context(),
            now=lambda: self.at,
        )
        given = {"sealer": lambda: Sealer(KEY), **given}
        return Dispatcher(store=self.store, drain=Drain(), line=line, chance=lambda: self.chance, **given)

    def send(self, **given: Any) -> None:
        """Sends all that is due at the instant of the clock."""
        asyncio.run(self.dispatcher(**given).once())

    def seen(self, name: str = "h") -> Webhook:
        with self.store.read() as db:
            return webhooks.get(db, ENGINEER, name)[0]

    def change(self, name: str = "h", **asked: Any) -> None:
        with self.store.write() as db:
            found, revision = webhooks.get(db, ENGINEER, name)
            webhooks.change(db, ENGINEER, name, WebhookChange(**{"url": found.url, **asked}), revision, self.at)

    def deliveries(self, name: str = "h") -> list[Delivery]:
        """What became of events, in their order."""
        with self.store.read() as db:
            wanted = deliveries.listed(ENGINEER, name, None).order_by(rows.c.position)
            return [deliveries.delivery_of(row) for row in db.execute(wanted)]

    def states(self, name: str = "h") -> list[str]:
        return [each.state for each in self.deliveries(name)]

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The data of the events of a type."""
        with self.store.read() as db:
            return [each.data for each in events.page(db, TENANT, after=None, limit=500, types=[kind]).items]


@contextmanager
def hooked(address: str) -> Iterator[Hooked]:
    """A marketplace in the empty database at ``address``."""
    store = connect(address, pool_size=10)
    migrate.upgrade(store)
    made = Hooked(store=store)
    with store.write() as db:
        accounts.add_tenant(db, TENANT, name="Pop-up", now=made.at)
    yield made
    store.close()


def ids(to: Sink) -> list[str]:
    """The ids of what a sink received, sorted."""
    return sorted(each.headers["webhook-id"] for each in to.received)
