"""Signing in: from a password, or another's word, to a session."""

from __future__ import annotations

import secrets
from datetime import datetime

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from api import cookies, passwords
from api.db import audit, people, sessions
from api.db.connect import Database
from api.db.people import Account
from api.rates import Rates

HOME = "/"
_LONGEST = 1000


def checked(store: Database, rates: Rates, address: str, email: str, password: str) -> Account | None:
    """Whose e-mail address and password these are; takes as long where they are nobody's. Raises ``TooManySignIns``."""
    account = email.strip().lower()[:320]
    rates.sign_in(address, account)
    with store.read() as db:
        found = None if "\0" in account else people.by_email(db, account)
    if passwords.same(password, None if found is None else found.password_hash):
        return found
    rates.bad_sign_in(account)
    return None


def begin(db: Connection, request: Request, account: Account, *, to: str, now: datetime) -> Response:
    """A session of somebody who has shown who they are, and the way to ``to``."""
    token = secrets.token_urlsafe(32)
    sessions.start(db, account.tenant, account.id, token, now)
    audit.append(
        db,
        account.tenant,
        actor=f"user/{account.id}",
        action=f"{request.method} {request.scope['route'].path}",
        subject=None,
        status=303,
        at=now,
        request=request.state.request,
    )
    response = RedirectResponse(to, 303)
    cookies.give(response, request, cookies.SESSION, token)
    return response


def inside(path: str) -> str:
    """The path if it leads to a page of this service, else that of the first page."""
    harmless = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if harmless and len(path) <= _LONGEST else HOME
