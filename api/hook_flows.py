"""What owners do with their webhooks: add, change and delete them, rotate their secrets, try them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from sqlalchemy import Connection

from api import hooks
from api.db import deliveries, events, webhooks
from api.db.events import Event
from api.deps import new_id
from api.hooks import NewWebhook, Tried, Webhook, WebhookChange, WebhookSecret, new_secret, sealed_for
from api.outbound import Reach
from api.principal import Principal
from api.routing import Reply
from api.sealing import Sealer
from api.settings import Settings


def reach(settings: Settings) -> Reach:
    """How far webhooks go."""
    return Reach(ports=settings.webhook_ports, allowed=settings.webhook_networks)


def add(
    db: Connection, who: Principal, new: NewWebhook, way: Reach, sealer: Sealer, now: datetime
) -> Reply[WebhookSecret]:
    """A new webhook with its secret. Raises ``Faulty``, ``WebhookExists``, ``TooManyWebhooks``."""
    partner = hooks.checked(new, who, way)
    made, secret = new.id or new_id(), new_secret()
    sealed = sealer.seal(secret, sealed_for(who.tenant, made))
    webhooks.add(db, who, made, new, partner=partner, sealed=sealed, now=now)
    shown = WebhookSecret(id=made, secret=secret, previous_expires_at=None)
    return Reply(record=shown, location=f"/v1/webhooks/{quote(made, safe='')}")


def change(
    db: Connection, who: Principal, webhook: str, asked: WebhookChange, revision: int, way: Reach, now: datetime
) -> Reply[Webhook]:
    """Another content in the place of a revision. Raises ``Faulty``, ``NoWebhook``, ``Changed``."""
    hooks.check_url(asked.url, way)
    record, new = webhooks.change(db, who, webhook, asked, revision, now)
    return Reply(record=record, revision=new)


def rotate(db: Connection, who: Principal, webhook: str, sealer: Sealer, now: datetime) -> WebhookSecret:
    """Another secret; the one before signs too for a day. Raises ``NoWebhook``."""
    secret = new_secret()
    ends = webhooks.rotate(db, who, webhook, sealer.seal(secret, sealed_for(who.tenant, webhook)), now)
    return WebhookSecret(id=webhook, secret=secret, previous_expires_at=ends)


def try_out(db: Connection, who: Principal, webhook: str, now: datetime) -> Tried:
    """An event that is sent to this webhook alone, as any other is. Raises ``NoWebhook``, ``WebhookDisabled``."""
    partner = deliveries.sendable(db, who, webhook)
    tried = Event(
        id=new_id(),
        type="webhook.test",
        subject=f"webhook/{webhook}",
        time=now,
        data={"webhook": webhook},
        partner=partner,
    )
    position = events.emit(db, who.tenant, [tried])
    return Tried(event=tried.id, position=position)
