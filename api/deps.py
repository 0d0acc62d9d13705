"""What a route asks for: the time, a transaction, who is asking. Only here does the service look at the clock.

What waits for nothing is ``async``: each of the others runs in a thread, which takes longer than what most of them do.
"""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Annotated, TypeAlias

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from sqlalchemy import Connection

from api import cookies
from api.cookies import CrossSite
from api.db import accounts, sessions
from api.db.connect import Database
from api.jobs import Worker
from api.principal import Deed, NotAllowed, NotSignedIn, Principal, Role
from api.rates import Rates, TooManyRequests
from api.settings import Settings
from router.errors import DropwrightError, Invalid, Unavailable

SAFE = frozenset({"GET", "HEAD"})
"""Methods that change nothing."""

_bearer = HTTPBearer(auto_error=False, scheme_name="ApiKey", description="An API key: dw_…")
_ETAG = re.compile(r'"r([1-9][0-9]{0,17})"')


class NoRevisionGiven(Invalid):
    """An edit came without the revision that it edits."""

    code, title = "no-revision-given", "If-Match is missing"

    def __init__(self) -> None:
        super().__init__("send the ETag of what you edit as If-Match, so that nobody's edit is lost")


class Changed(DropwrightError):
    """Somebody else edited it meanwhile."""

    code, title = "changed-meanwhile", "It was changed meanwhile"

    def __init__(self) -> None:
        super().__init__("it is not the revision you know any more: read it again, then edit")


async def now(request: Request) -> datetime:
    """The time of this request, in UTC, by the clock of its service."""
    found: datetime = request.app.state.clock()
    return found


def new_id() -> str:
    """An id that nobody has."""
    return uuid.uuid4().hex


async def settings(request: Request) -> Settings:
    """The settings of this process."""
    found: Settings = request.app.state.settings
    return found


async def database(request: Request) -> Database:
    """The database of this process."""
    found: Database = request.app.state.database
    return found


async def crew(request: Request) -> Worker:
    """The worker of this process."""
    found: Worker = request.app.state.worker
    return found


def rates(request: Request) -> Rates:
    """What this process counts of who asks how often."""
    found: Rates = request.app.state.rates
    return found


def address_of(request: Request) -> str:
    """The network address that the request came from."""
    return request.client.host if request.client else "unknown"


Configured: TypeAlias = Annotated[Settings, Depends(settings)]
Store: TypeAlias = Annotated[Database, Depends(database)]
Crew: TypeAlias = Annotated[Worker, Depends(crew)]
Now: TypeAlias = Annotated[datetime, Depends(now)]


class Transaction(Enum):
    """What an endpoint of ``api.routing.Router`` asks for."""

    READ = auto()
    WRITE = auto()


Write: TypeAlias = Annotated[Connection, Transaction.WRITE]
"""The request's transaction; it is committed before the answer is sent."""

Read: TypeAlias = Annotated[Connection, Transaction.READ]
"""The request's transaction in which nothing is written."""


def principal(request: Request, store: Store, at: Now, _shown: Annotated[object, Depends(_bearer)]) -> Principal:
    """Who is asking, by key or by session, and for what. A key that does not hold is not made good by a session.

    Raises ``NotSignedIn``, ``TooManyBadKeys``, ``TooManyRequests``, ``TooBusy``, ``CrossSite``.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return _let_in(request, _of_session(request, store, at))
    if scheme.lower() != "bearer":
        raise NotSignedIn
    with store.glance() as db:
        found = accounts.holder(db, key.strip(), at)
    if found is None:
        rates(request).bad_key(address_of(request))
        raise NotSignedIn
    return _let_in(request, found)


def _of_session(request: Request, store: Database, at: datetime) -> Principal:
    """Whoever is signed in with this browser. Raises ``NotSignedIn``, ``CrossSite``."""
    token = cookies.read(request, cookies.SESSION)
    if token is None:
        raise NotSignedIn
    with store.glance() as db:
        found = sessions.holder(db, token, at)
    if found is None:
        raise NotSignedIn
    if request.method not in SAFE and not cookies.is_own(request):
        raise CrossSite
    who, due = found
    if due and request.method in SAFE:  # whatever writes may hold SQLite's one lock already
        with suppress(Unavailable), store.write() as db:  # a database that only reads still lets people look
            sessions.note(db, token, at)
    return who


def _let_in(request: Request, found: Principal) -> Principal:
    """Whoever asks, if they may ask now, with what they set out to do."""
    template = request.scope["route"].path
    request.state.place.belongs_to(found)
    allowed, request.state.rate = rates(request).count(f"{found.tenant}/{found.actor}", bulk=template.endswith("/bulk"))
    if not allowed:
        raise TooManyRequests(request.state.rate.reset_s)
    deed = Deed(action=f"{request.method} {template}", path=request.url.path, request=request.state.request)
    request.state.principal = who = replace(found, deed=deed)
    return who


Signed: TypeAlias = Annotated[Principal, Depends(principal)]


@dataclass(frozen=True, slots=True)
class Allowed:
    """A dependency that lets only these roles in."""

    roles: tuple[Role, ...]

    async def __call__(self, who: Signed) -> Principal:
        """Who is asking. Raises ``NotAllowed``."""
        if who.role not in self.roles:
            raise NotAllowed(who.role, self.roles)
        return who


def allow(*roles: Role) -> Allowed:
    """``Depends(allow(Role.HUB))``: who is asking, if they are one of these. Raises ``NotAllowed``."""
    return Allowed(roles)


Engineer: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER))]
"""Marketplace engineers alone: whatever changes the marketplace's data."""

Marketplace: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.MANAGER, Role.AUDITOR))]
"""Whoever works for the marketplace itself: sees all of it."""

Overseer: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.AUDITOR))]
"""Whoever may see who has access."""


async def if_match(given: Annotated[str | None, Header(alias="If-Match")] = None) -> int:
    """The revision that an edit is made to. Raises ``NoRevisionGiven``, ``Changed``."""
    if given is None:
        raise NoRevisionGiven
    found = _ETAG.fullmatch(given.strip().removeprefix("W/"))
    if found is None:
        raise Changed
    return int(found[1])


Revision: TypeAlias = Annotated[int, Depends(if_match)]
