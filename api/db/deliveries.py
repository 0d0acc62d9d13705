"""What is to be sent to which webhook, and what became of it.

A webhook is leased whole: one process at a time sends to it, a batch at a time. Each batch is written down in one
transaction that also moves ``sent_through``; whoever dies before that has the batch sent again by the next one, and
whoever comes too late, with an older token, writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)

from api.db import events
from api.db.connect import inserting
from api.db.events import Event, EventsForgotten, event_of, head
from api.db.tables.accounts import tenants
from api.db.tables.events import events as feed
from api.db.tables.webhooks import deliveries, webhooks
from api.db.webhooks import WebhookDisabled, get, sealed_secrets
from api.feed import FeedEvent
from api.hooks import Delivery, Why
from api.principal import Principal
from api.retrying import GIVEN_UP_AFTER, LONGEST_RETRY_AFTER_S, Next, Outcome, after, pause
from router.errors import DropwrightError, NotFound

LEASE_S = 15
"""How long a process has a webhook without writing a batch down; a batch takes little more than five seconds."""

AT_ONCE = 8
"""Events that are sent to one webhook at the same time."""

_TEST = "webhook.test"


class NoDelivery(NotFound):
    """The webhook was never sent an event of that position."""

    code, title = "no-delivery", "There is no such delivery"

    def __init__(self) -> None:
        super().__init__("the webhook was sent no event of that position, or it is long over")


class WebhookLost(DropwrightError):
    """A process does not have the webhook any more: its lease ran out, or somebody changed the webhook."""

    code, title = "webhook-lost", "The webhook is somebody else's by now"

    def __init__(self) -> None:
        super().__init__("the lease ran out, so what was sent is not written down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A webhook in the hands of one process, until ``token`` is outdated. ``failing``: nothing arrived there lately."""

    tenant: str
    webhook: str
    token: int
    failing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An event to send, for the ``attempt``-th time."""

    event: FeedEvent
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What to send to a webhook now. ``through``: where ``sent_through`` is once it is written down."""

    url: str
    sealed: tuple[bytes, ...]
    sendings: tuple[Sending, ...]
    through: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Events that wait to be sent, once for each webhook that is to get them; ``since``: of the one that waits longest.

    It waits since it happened, or where it was tried already since the first attempt.
    """

    count: int
    since: datetime | None


def backlog(db: Connection) -> Backlog:
    """What all enabled webhooks of all marketplaces have to get yet. O(webhooks that are behind) queries."""
    waiting = and_(deliveries.c.state == "waiting", webhooks.c.enabled)
    of = and_(webhooks.c.tenant == deliveries.c.tenant, webhooks.c.id == deliveries.c.webhook)
    tried = select(func.count(), func.min(deliveries.c.first_at)).select_from(deliveries).join(webhooks, of)
    found = [db.execute(tried.where(waiting)).one()]
    behind = select(webhooks).join(tenants, _TENANT).where(webhooks.c.enabled, _IS_BEHIND)
    hooks = db.execute(behind.order_by(webhooks.c.tenant, webhooks.c.id)).all()
    found += [db.execute(select(func.count(), func.min(feed.c.time)).where(_untried(hook))).one() for hook in hooks]
    return Backlog(count=sum(row[0] for row in found), since=min((row[1] for row in found if row[1]), default=None))


def waits(db: Connection, now: datetime) -> bool:
    """Whether any webhook has something to be sent."""
    return db.execute(select(exists(select(webhooks.c.id).join(tenants, _TENANT).where(_ready(now))))).scalar_one()


def claim(db: Connection, now: datetime, *, limit: int, failing: bool) -> tuple[Lease, ...]:
    """Leases at most so many webhooks with something to be sent, those that waited longest; failing ones, or others."""
    if limit <= 0:
        return ()
    kind = webhooks.c.failing_since.is_not(None) if failing else webhooks.c.failing_since.is_(None)
    first = (
        select(webhooks.c.tenant, webhooks.c.id)
        .join(tenants, _TENANT)
        .where(_ready(now), kind)
        .order_by(webhooks.c.lease_until.asc().nulls_first(), webhooks.c.tenant, webhooks.c.id)
        .limit(limit)
        .with_for_update(of=webhooks, skip_locked=True)
    )
    taken = (
        update(webhooks)
        .where(tuple_(webhooks.c.tenant, webhooks.c.id).in_(first))
        .values(token=webhooks.c.token + 1, lease_until=now + timedelta(seconds=LEASE_S))
        .returning(webhooks.c.tenant, webhooks.c.id, webhooks.c.token)
    )
    rows = db.execute(taken).all()
    return tuple(Lease(tenant=row.tenant, webhook=row.id, token=row.token, failing=failing) for row in rows)


def batch(db: Connection, lease: Lease, now: datetime) -> Batch | None:
    """What to send next; ``None`` where there is nothing, and then the webhook is let go. Raises ``WebhookLost``.

    What failed before comes first, but takes half of the places at most. A failing webhook is sent one event at a time.
    """
    hook = db.execute(select(webhooks).where(_held(lease))).one_or_none()
    if hook is None:
        raise WebhookLost
    places = 1 if hook.failing_since is not None else AT_ONCE
    again = _again(db, lease, now, max(1, places // 2)) if not _is_paused(hook, now) else []
    places = 0 if _is_paused(hook, now) else places - len(again)
    new, through = _new(db, hook, places)
    if not again and not new:
        _update(db, lease, sent_through=through, lease_until=now)
        return None
    return Batch(
        url=hook.url,
        sealed=sealed_secrets(db, lease.tenant, lease.webhook, now),
        sendings=(*again, *new),
        through=through,
    )


def record(
    db: Connection,
    lease: Lease,
    sent: Batch,
    outcomes: Sequence[Outcome],
    now: datetime,
    *,
    chance: Callable[[], float],
    new_id: str,
) -> Why | None:
    """Writes a batch down and makes the lease longer; says why where the webhook was disabled. Raises ``WebhookLost``.

    ``chance`` gives random numbers from 0 to 1. ``new_id``: of the event that tells of the end. Emits: call it last.
    """
    hook = db.execute(select(webhooks).where(_held(lease))).one_or_none()
    if hook is None:
        raise WebhookLost
    arrived = any(each.arrived for each in outcomes)
    failures = 0 if arrived else hook.failures + 1
    since = None if arrived else hook.failing_since or min(each.at for each in outcomes)
    ended: Why | None = None
    if any(each.is_gone for each in outcomes):
        ended = "gone"
    elif since is not None and now - since >= GIVEN_UP_AFTER:
        ended = "failing"
    changed: dict[str, Any] = {
        "sent_through": sent.through,
        "failures": failures,
        "failing_since": since,
        "paused_until": pause(list(outcomes), failures, now),
        "lease_until": now + timedelta(seconds=LEASE_S),
    }
    if ended is not None:
        changed |= {"enabled": False, "disabled_reason": ended, "revision": hook.revision + 1, "updated_at": now}
    _update(db, lease, **changed)
    fates = [after(each, sending.attempt, now, chance()) for sending, each in zip(sent.sendings, outcomes, strict=True)]
    _write(db, lease, sent.sendings, outcomes, fates)
    if ended is not None:
        told = Event(
            id=new_id,
            type="webhook.disabled",
            subject=f"webhook/{lease.webhook}",
            time=now,
            data={"webhook": lease.webhook, "reason": ended},
            partner=hook.partner,
        )
        events.emit(db, lease.tenant, [told])
    return ended


def let_go(db: Connection, lease: Lease, now: datetime) -> None:
    """Gives a webhook back before its lease runs out. Raises ``WebhookLost``."""
    _update(db, lease, lease_until=now)


def listed(who: Principal, webhook: str, state: str | None) -> Select[Any]:
    """The deliveries of a webhook that somebody may see, for ``delivery_of``; order them by position."""
    found = select(deliveries).where(deliveries.c.tenant == who.tenant, deliveries.c.webhook == webhook)
    return found if state is None else found.where(deliveries.c.state == state)


def delivery_of(row: Row[Any]) -> Delivery:
    """A row of ``listed`` as a record."""
    return Delivery(**{name: value for name, value in row._mapping.items() if name not in ("tenant", "webhook")})


def retry(db: Connection, who: Principal, webhook: str, position: int, now: datetime) -> Delivery:
    """Has an event sent again now, whatever became of it, by a new schedule.

    Raises ``NoWebhook``, ``WebhookDisabled``, ``NoDelivery``, ``EventsForgotten``.
    """
    sendable(db, who, webhook)
    one = and_(deliveries.c.tenant == who.tenant, deliveries.c.webhook == webhook, deliveries.c.position == position)
    if not db.execute(update(deliveries).where(one).values(state="waiting", attempts=0, next_at=now)).rowcount:
        raise NoDelivery
    oldest = events.oldest(db, who.tenant)
    if position < oldest:
        raise EventsForgotten(oldest)
    return delivery_of(db.execute(select(deliveries).where(one)).one())


def sendable(db: Connection, who: Principal, webhook: str) -> str | None:
    """The partner of a webhook to which things are sent. Raises ``NoWebhook``, ``WebhookDisabled``."""
    found, _ = get(db, who, webhook)
    if not found.enabled:
        raise WebhookDisabled(found.disabled_reason or "")
    return found.partner


def forget(db: Connection, before: datetime) -> int:
    """Deletes what was tried for the last time strictly before, and is not to be sent again; gives how many."""
    over = and_(deliveries.c.last_at < before, deliveries.c.state != "waiting")
    return db.execute(delete(deliveries).where(over)).rowcount


_TENANT = tenants.c.id == webhooks.c.tenant
_IS_BEHIND = tenants.c.last_event > webhooks.c.sent_through


def _ready(now: datetime) -> ColumnElement[bool]:
    """Webhooks with something to be sent that nobody has. One that ends too late means a clock set back."""
    due = exists().where(
        deliveries.c.tenant == webhooks.c.tenant,
        deliveries.c.webhook == webhooks.c.id,
        deliveries.c.state == "waiting",
        deliveries.c.next_at <= now,
    )
    return and_(
        webhooks.c.enabled,
        _is_over(webhooks.c.lease_until, now, LEASE_S),
        _is_over(webhooks.c.paused_until, now, LONGEST_RETRY_AFTER_S),
        or_(_IS_BEHIND, due),
    )


def _is_over(until: ColumnElement[datetime], now: datetime, longest_s: int) -> ColumnElement[bool]:
    return or_(until.is_(None), until <= now, until > now + timedelta(seconds=longest_s))


def _is_paused(hook: Row[Any], now: datetime) -> bool:
    return hook.paused_until is not None and hook.paused_until > now


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(
        webhooks.c.tenant == lease.tenant,
        webhooks.c.id == lease.webhook,
        webhooks.c.token == lease.token,
        webhooks.c.enabled,
    )


def _update(db: Connection, lease: Lease, **values: Any) -> None:
    if not db.execute(update(webhooks).where(_held(lease)).values(values)).rowcount:
        raise WebhookLost


def _again(db: Connection, lease: Lease, now: datetime, limit: int) -> list[Sending]:
    """What failed before and is due."""
    due = and_(
        deliveries.c.tenant == lease.tenant,
        deliveries.c.webhook == lease.webhook,
        deliveries.c.state == "waiting",
        deliveries.c.next_at <= now,
    )
    of = and_(feed.c.tenant == deliveries.c.tenant, feed.c.position == deliveries.c.position)
    wanted = select(feed, deliveries.c.attempts).join(deliveries, of).where(due)
    rows = db.execute(wanted.order_by(deliveries.c.next_at, deliveries.c.position).limit(limit))
    return [Sending(event=event_of(row), attempt=row.attempts + 1) for row in rows]


def _new(db: Connection, hook: Row[Any], limit: int) -> tuple[list[Sending], int]:
    """What was never tried, and the position up to which everything was looked at with it."""
    if limit == 0:
        return [], hook.sent_through
    last = head(db, hook.tenant)
    mine = and_(_untried(hook), feed.c.position <= last)
    rows = db.execute(select(feed).where(mine).order_by(feed.c.position).limit(limit)).all()
    through = rows[-1].position if len(rows) == limit else last
    return [Sending(event=event_of(row), attempt=1) for row in rows], through


def _untried(hook: Row[Any]) -> ColumnElement[bool]:
    return and_(events.seen(hook.tenant, hook.partner), feed.c.position > hook.sent_through, _wanted(hook))


def _wanted(hook: Row[Any]) -> ColumnElement[bool]:
    """The types that a webhook is sent: a test goes to the webhook that is tried, whatever its types."""
    types = None if hook.types is None else json.loads(hook.types)
    test = and_(feed.c.type == _TEST, feed.c.subject == f"webhook/{hook.id}")
    if types is None:
        return or_(feed.c.type != _TEST, test)
    chosen = [each for each in types if each != _TEST]
    return or_(feed.c.type.in_(chosen) if chosen else false(), test)


def _write(
    db: Connection, lease: Lease, sendings: Sequence[Sending], outcomes: Sequence[Outcome], fates: Sequence[Next]
) -> None:
    rows: list[Mapping[str, Any]] = [
        {
            "tenant": lease.tenant,
            "webhook": lease.webhook,
            "position": sending.event.position,
            "event": sending.event.id,
            "type": sending.event.type,
            "state": fate.state,
            "attempts": sending.attempt,
            "first_at": outcome.at,
            "last_at": outcome.at,
            "next_at": fate.at,
            "status": outcome.status,
            "reason": outcome.reason,
        }
        for sending, outcome, fate in zip(sendings, outcomes, fates, strict=True)
    ]
    new = inserting(db)(deliveries)
    moved = {name: new.excluded[name] for name in ("state", "attempts", "last_at", "next_at", "status", "reason")}
    keys = [deliveries.c.tenant, deliveries.c.webhook, deliveries.c.position]
    db.execute(new.on_conflict_do_update(index_elements=keys, set_=moved), rows)
