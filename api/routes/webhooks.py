"""Where events are sent, and what became of each."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Path, Query, Request

from api import hook_flows
from api.db import deliveries, webhooks
from api.db.tables.webhooks import deliveries as sent
from api.db.tables.webhooks import webhooks as rows
from api.deps import Configured, Now, Read, Revision, Signed, Write, allow
from api.hooks import Delivery, NewWebhook, State, Tried, Webhook, WebhookChange, WebhookSecret
from api.paging import Page, Paging
from api.principal import Principal, Role
from api.routes.events import GONE
from api.routing import Reply, Router, reads
from api.sealing import Sealer

router = Router(prefix="/v1/webhooks", tags=["events"])

Owner: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.HUB, Role.COURIER))]
"""Marketplace engineers, and operators, for the webhooks of their partner."""

Position: TypeAlias = Annotated[int, Path(ge=1, lt=2**63, description="The position of the event in the feed.")]


def _sealer(request: Request) -> Sealer:
    found: Sealer = request.app.state.sealer()
    return found


Seals: TypeAlias = Annotated[Sealer, Depends(_sealer)]


@router.get("", summary="Webhooks, by id")
def list_webhooks(who: Signed, db: Read, paged: Paging) -> Page[Webhook]:
    """All of the marketplace; for operators those of their partner."""
    return paged.page(db, webhooks.listed(who), [rows.c.id], webhooks.webhook_of)


@router.post("", status_code=201, summary="Add a webhook", repeatable=False)
def add_webhook(
    who: Owner,
    new: Annotated[NewWebhook, reads(NewWebhook, "webhook")],
    settings: Configured,
    sealer: Seals,
    db: Write,
    now: Now,
) -> Reply[WebhookSecret]:
    """Sends what happens from now on. The secret is shown this once, so no Idempotency-Key keeps it: give an id."""
    return hook_flows.add(db, who, new, hook_flows.reach(settings), sealer, now)


@router.get("/{webhook}", summary="One webhook")
def read_webhook(who: Signed, webhook: str, db: Read) -> Reply[Webhook]:
    """The webhook with its revision as ETag; never its secret."""
    found, revision = webhooks.get(db, who, webhook)
    return Reply(record=found, revision=revision)


@router.put("/{webhook}", summary="Change a webhook")
def change_webhook(
    who: Owner,
    webhook: str,
    asked: Annotated[WebhookChange, reads(WebhookChange, "webhook")],
    settings: Configured,
    db: Write,
    revision: Revision,
    now: Now,
) -> Reply[Webhook]:
    """Another URL, other types; disabled and enabled again, it is sent what happened meanwhile."""
    return hook_flows.change(db, who, webhook, asked, revision, hook_flows.reach(settings), now)


@router.delete("/{webhook}", summary="Delete a webhook")
def remove_webhook(who: Owner, webhook: str, db: Write, revision: Revision) -> None:
    """Deletes the revision in If-Match, with its secrets and its deliveries."""
    webhooks.remove(db, who, webhook, revision)


@router.post("/{webhook}/rotate", summary="Rotate the secret", repeatable=False)
def rotate_secret(who: Owner, webhook: str, sealer: Seals, db: Write, now: Now) -> WebhookSecret:
    """Another secret, shown this once. For 24 hours whatever is sent is signed with both."""
    return hook_flows.rotate(db, who, webhook, sealer, now)


@router.post("/{webhook}/test", status_code=202, summary="Try a webhook")
def try_webhook(who: Owner, webhook: str, db: Write, now: Now) -> Tried:
    """Sends it an event of type webhook.test, as any other is sent."""
    return hook_flows.try_out(db, who, webhook, now)


@router.get("/{webhook}/deliveries", summary="What became of events, the newest first")
def list_deliveries(
    who: Signed,
    webhook: str,
    db: Read,
    paged: Paging,
    state: Annotated[State | None, Query(description="Those in this state alone.")] = None,
) -> Page[Delivery]:
    """Events that were tried at least once: delivered, waiting to be sent again, or dead."""
    webhooks.get(db, who, webhook)
    wanted = deliveries.listed(who, webhook, state)
    return paged.page(db, wanted, [sent.c.position], deliveries.delivery_of, newest_first=True)


@router.post("/{webhook}/deliveries/{position}/retry", summary="Send an event again", responses=GONE)
def retry_delivery(who: Owner, webhook: str, position: Position, db: Write, now: Now) -> Delivery:
    """Now, and by a new schedule if it fails, whatever became of it before."""
    return deliveries.retry(db, who, webhook, position, now)
