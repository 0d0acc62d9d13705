"""Webhooks and their secrets. Whoever may see a webhook is part of each question: a partner sees its own alone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from api.db.events import head
from api.db.stored import named
from api.db.tables.webhooks import deliveries, secrets, webhooks
from api.deps import Changed
from api.hooks import NewWebhook, Webhook, WebhookChange
from api.principal import Principal
from router.errors import Conflict, NotFound

MOST = 100
"""Webhooks of the marketplace itself, and of each partner."""

BOTH_SIGN = timedelta(hours=24)
"""How long a secret that was rotated away still signs beside the new one."""


class NoWebhook(NotFound):
    """Whoever asks has no webhook of that id."""

    code, title = "no-webhook", "There is no such webhook"

    def __init__(self) -> None:
        super().__init__("there is no webhook of that id")


class WebhookExists(Conflict):
    """A new webhook has the id of one that is there."""

    code, title = "webhook-exists", "There is a webhook of that id"

    def __init__(self) -> None:
        super().__init__("there is a webhook of that id: give another one, or leave it out")


class TooManyWebhooks(Conflict):
    """Whoever asks has as many webhooks as one may have."""

    code, title = "too-many-webhooks", "There are too many webhooks"

    def __init__(self) -> None:
        super().__init__(f"there are {MOST} webhooks already: delete one that nobody needs", most=MOST)


class WebhookDisabled(Conflict):
    """Something is to be sent to a webhook to which nothing is sent."""

    code, title = "webhook-disabled", "The webhook is disabled"

    def __init__(self, why: str) -> None:
        super().__init__(f"nothing is sent to the webhook ({why}): mend what is wrong there and enable it")


def listed(who: Principal) -> Select[Any]:
    """The webhooks that somebody may see, for ``webhook_of``; order them by id."""
    return select(webhooks).where(seen(who))


def get(db: Connection, who: Principal, webhook: str) -> tuple[Webhook, int]:
    """One webhook and its revision. Raises ``NoWebhook``."""
    row = db.execute(listed(who).where(named(webhooks.c.id, webhook))).one_or_none()
    if row is None:
        raise NoWebhook
    return webhook_of(row), row.revision


def add(
    db: Connection, who: Principal, webhook: str, new: NewWebhook, *, partner: str | None, sealed: bytes, now: datetime
) -> None:
    """A new webhook, for what happens from now on. Raises ``WebhookExists``, ``TooManyWebhooks``."""
    mine = and_(webhooks.c.tenant == who.tenant, webhooks.c.partner.is_not_distinct_from(partner))
    if db.execute(select(func.count()).select_from(webhooks).where(mine)).scalar_one() >= MOST:
        raise TooManyWebhooks
    row = {
        "tenant": who.tenant,
        "id": webhook,
        "partner": partner,
        "url": new.url,
        "types": _types(new.types),
        "description": new.description,
        "enabled": True,
        "revision": 1,
        "created_at": now,
        "updated_at": now,
        "sent_through": head(db, who.tenant),
        "failures": 0,
        "token": 0,
    }
    try:
        with db.begin_nested():
            db.execute(insert(webhooks).values(row))
    except IntegrityError:
        raise WebhookExists from None
    db.execute(insert(secrets).values(tenant=who.tenant, webhook=webhook, number=1, sealed=sealed))


def change(
    db: Connection, who: Principal, webhook: str, asked: WebhookChange, revision: int, now: datetime
) -> tuple[Webhook, int]:
    """Makes a webhook what is asked, and lets go of what is being sent. Raises ``NoWebhook``, ``Changed``.

    Once enabled, it is sent what happened meanwhile, as far as that is still kept.
    """
    _edit(
        db,
        who,
        webhook,
        revision,
        url=asked.url,
        types=_types(asked.types),
        description=asked.description,
        enabled=asked.enabled,
        disabled_reason=None if asked.enabled else func.coalesce(webhooks.c.disabled_reason, "by-hand"),
        updated_at=now,
        failures=0,
        failing_since=None,
        paused_until=None,
        lease_until=None,
        token=webhooks.c.token + 1,
    )
    return get(db, who, webhook)


def remove(db: Connection, who: Principal, webhook: str, revision: int) -> None:
    """Deletes a webhook with its secrets and deliveries. Raises ``NoWebhook``, ``Changed``."""
    _edit(db, who, webhook, revision, token=webhooks.c.token + 1)
    for table in (deliveries, secrets):
        db.execute(delete(table).where(table.c.tenant == who.tenant, table.c.webhook == webhook))
    db.execute(delete(webhooks).where(webhooks.c.tenant == who.tenant, webhooks.c.id == webhook))


def rotate(db: Connection, who: Principal, webhook: str, sealed: bytes, now: datetime) -> datetime:
    """Another secret; gives the instant at which those before it no longer sign. Raises ``NoWebhook``."""
    locked = update(webhooks).where(seen(who), named(webhooks.c.id, webhook)).values(updated_at=now)
    if not db.execute(locked).rowcount:
        raise NoWebhook
    mine = and_(secrets.c.tenant == who.tenant, secrets.c.webhook == webhook)
    last = db.execute(select(func.max(secrets.c.number)).where(mine)).scalar_one()
    ends = now + BOTH_SIGN
    db.execute(delete(secrets).where(mine, secrets.c.expires_at <= now))
    db.execute(update(secrets).where(mine, secrets.c.expires_at.is_(None)).values(expires_at=ends))
    db.execute(insert(secrets).values(tenant=who.tenant, webhook=webhook, number=last + 1, sealed=sealed))
    return ends


def sealed_secrets(db: Connection, tenant: str, webhook: str, now: datetime) -> tuple[bytes, ...]:
    """The secrets that sign at an instant, the newest first."""
    signs = or_(secrets.c.expires_at.is_(None), secrets.c.expires_at > now)
    mine = and_(secrets.c.tenant == tenant, secrets.c.webhook == webhook, signs)
    return tuple(db.execute(select(secrets.c.sealed).where(mine).order_by(secrets.c.number.desc())).scalars())


def webhook_of(row: Row[Any]) -> Webhook:
    """A row of ``listed`` as a record."""
    return Webhook(
        id=row.id,
        url=row.url,
        types=None if row.types is None else tuple(json.loads(row.types)),
        description=row.description,
        partner=row.partner,
        enabled=row.enabled,
        disabled_reason=row.disabled_reason,
        sent_through=row.sent_through,
        failing_since=row.failing_since,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def seen(who: Principal) -> ColumnElement[bool]:
    """The webhooks that somebody may see."""
    mine = webhooks.c.tenant == who.tenant
    return mine if who.partner is None else and_(mine, webhooks.c.partner == who.partner)


def _edit(db: Connection, who: Principal, webhook: str, revision: int, **values: Any) -> None:
    """One guarded UPDATE of a revision. Raises ``NoWebhook``, ``Changed``."""
    known = and_(seen(who), named(webhooks.c.id, webhook), webhooks.c.revision == revision)
    if not db.execute(update(webhooks).where(known).values(revision=webhooks.c.revision + 1, **values)).rowcount:
        get(db, who, webhook)
        raise Changed


def _types(types: tuple[str, ...] | None) -> str | None:
    return None if types is None else json.dumps(sorted(set(types)))
