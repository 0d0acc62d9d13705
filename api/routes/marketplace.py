"""The marketplace itself and who one is in it."""

from __future__ import annotations

from dataclasses import dataclass

from api.db import accounts
from api.db.accounts import Tenant
from api.deps import Read, Signed
from api.routing import Router

router = Router(prefix="/v1", tags=["accounts"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Myself:
    """Whoever asks, and where."""

    marketplace: Tenant
    role: str
    partner: str | None
    actor: str


@router.get("/me", summary="Who am I?")
def who_am_i(who: Signed, db: Read) -> Myself:
    """The marketplace, role and partner that the key or session stands for."""
    return Myself(marketplace=accounts.tenant(db, who.tenant), role=str(who.role), partner=who.partner, actor=who.actor)
