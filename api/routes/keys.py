"""API keys: what programs ask with."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated

from annotated_types import Len

from api.db import accounts
from api.db.accounts import ApiKey
from api.db.tables.accounts import api_keys as rows
from api.deps import Engineer, Now, Overseer, Read, Write, new_id
from api.keys import new_key
from api.paging import Page, Paging
from api.principal import RoleName, role_of
from api.routing import Reply, Router, reads
from router.errors import Invalid
from router.model import Id, Record

router = Router(prefix="/v1/keys", tags=["accounts"])


class ExpiredAlready(Invalid):
    """A new key would have expired before it was made."""

    code, title = "expired-already", "The key would have expired already"

    def __init__(self) -> None:
        super().__init__("give an expires_at that is still to come, or none")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey(Record):
    """A key to be made. ``partner``: whose hubs or couriers it sees, for the roles hub and courier alone."""

    name: Annotated[str, Len(1, 200)]
    role: RoleName
    partner: Id | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownKey(ApiKey):
    """A new key with its ``text``, which is never shown again."""

    text: str


@router.get("", summary="API keys")
def list_keys(who: Overseer, db: Read, paged: Paging) -> Page[ApiKey]:
    """Every key that there ever was, without its secret."""
    return paged.page(db, accounts.listed_keys(who.tenant), [rows.c.id], accounts.key_of)


@router.post("", status_code=201, summary="Make an API key", repeatable=False)
def create_key(
    who: Engineer, given: Annotated[NewApiKey, reads(NewApiKey, "key")], db: Write, now: Now
) -> Reply[ShownKey]:
    """Shows the key's text once. Nothing keeps it, an Idempotency-Key neither: if the answer is lost, make another."""
    role = role_of(given.role, given.partner)
    if given.expires_at is not None and given.expires_at <= now:
        raise ExpiredAlready
    made, key_id = new_key(), new_id()
    accounts.add_key(
        db,
        who.tenant,
        made,
        key_id=key_id,
        name=given.name,
        role=role,
        partner=given.partner,
        now=now,
        expires_at=given.expires_at,
    )
    key = accounts.key(db, who.tenant, key_id)
    shown = ShownKey(**{each.name: getattr(key, each.name) for each in fields(key)}, text=made.text)
    return Reply(record=shown, location=f"/v1/keys/{key_id}")


@router.get("/{key}", summary="One API key")
def read_key(who: Overseer, key: str, db: Read) -> ApiKey:
    """Whose it is, and whether it still holds; never its secret."""
    return accounts.key(db, who.tenant, key)


@router.delete("/{key}", summary="Revoke an API key")
def revoke_key(who: Engineer, key: str, db: Write, now: Now) -> None:
    """From the next request on it lets nobody in, which cannot be taken back. Once is enough."""
    accounts.revoke(db, who.tenant, key, now)
