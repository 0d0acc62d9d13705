"""Webhooks as their owners give and see them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from annotated_types import Len

from api.event_types import EventType
from api.outbound import MOST_URL, AddressRefused, Reach, UrlRefused, target
from api.principal import Principal
from router.errors import Fault, Faulty
from router.model import Id, Record

Url: TypeAlias = Annotated[str, Len(1, MOST_URL)]
Types: TypeAlias = Annotated[tuple[EventType, ...], Len(1)]
Description: TypeAlias = Annotated[str, Len(1, 500)]
Why: TypeAlias = Literal["by-hand", "gone", "failing"]
State: TypeAlias = Literal["delivered", "waiting", "dead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook(Record):
    """Where to send events: of ``types``, or all; of ``partner`` alone, or whatever happens in the marketplace."""

    id: Id | None = None
    url: Url
    types: Types | None = None
    description: Description | None = None
    partner: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChange(Record):
    """All of a webhook that may change, as it shall be."""

    url: Url
    types: Types | None = None
    description: Description | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook as it stands. ``sent_through``: the position up to which every event was tried at least once.

    ``failing_since``: since when nothing has arrived there, ``null`` where the last thing did.
    """

    id: str
    url: str
    types: tuple[str, ...] | None
    description: str | None
    partner: str | None
    enabled: bool
    disabled_reason: Why | None
    sent_through: int
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecret:
    """The secret that signs what a webhook is sent, shown this once; the one before signs too until it expires."""

    id: str
    secret: str
    previous_expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of an event at a webhook. ``status``: what was answered; ``reason``: why that is no delivery."""

    position: int
    event: str
    type: str
    state: State
    attempts: int
    first_at: datetime
    last_at: datetime
    next_at: datetime | None
    status: int | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The test event that is on its way, and its position, by which its delivery can be found."""

    event: str
    position: int


def checked(new: NewWebhook, who: Principal, reach: Reach) -> str | None:
    """The partner whose events a new webhook is sent, ``None`` for all events. Raises ``Faulty``."""
    faults = [*_url(new.url, reach)]
    if who.partner is not None and new.partner not in (None, who.partner):
        message = f"is not your partner {who.partner[:60]!r}; leave it out"
        faults.append(Fault(pointer="/partner", code="bad-value", message=message))
    if faults:
        raise Faulty("webhook", tuple(faults))
    return who.partner or new.partner


def check_url(url: str, reach: Reach) -> None:
    """Raises ``Faulty`` where nothing would be sent to the URL."""
    if faults := tuple(_url(url, reach)):
        raise Faulty("webhook", faults)


def sealed_for(tenant: str, webhook: str) -> str:
    """What the secrets of a webhook are sealed for, so that they open for no other."""
    return f"webhook/{tenant}/{webhook}"


def new_secret() -> str:
    """A secret that nobody has, as Standard Webhooks spells it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _url(url: str, reach: Reach) -> Iterator[Fault]:
    try:
        target(url, reach)
    except (UrlRefused, AddressRefused) as refused:
        yield Fault(pointer="/url", code=refused.code, message=str(refused))
