"""Pages to sign in and out, and the first page of whoever is signed in."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import cookies, signing_in
from api.cookies import CrossSite
from api.db import accounts, people, sessions
from api.deps import Now, Read, Signed, Store, Write, address_of, rates
from api.pages import page
from api.principal import OPERATORS
from api.routing import Router

router = Router(tags=["pages"], include_in_schema=False)

Next: TypeAlias = Annotated[str, Query(alias="next", max_length=2000, description="Where to go afterwards.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was typed into the form."""

    email: str
    password: str
    form: str
    next: str


async def _given(request: Request) -> Given:
    sent = await request.form(max_files=0, max_fields=10)
    text = {name: value if isinstance(value, str) else "" for name, value in sent.items()}
    return Given(
        email=text.get("email", ""),
        password=text.get("password", ""),
        form=text.get("form", ""),
        next=text.get("next", signing_in.HOME),
    )


@router.get("/sign-in", response_class=HTMLResponse)
def sign_in_page(request: Request, to: Next = signing_in.HOME) -> Response:
    """Asks who it is."""
    return _form(request, to=signing_in.inside(to))


@router.post("/sign-in", response_class=HTMLResponse, repeatable=False)
def sign_in(request: Request, given: Annotated[Given, Depends(_given)], store: Store, now: Now) -> Response:
    """Lets in whoever knows an account's password."""
    expected = cookies.read(request, cookies.FORM) or ""
    if not cookies.is_own(request) or not expected or not hmac.compare_digest(expected.encode(), given.form.encode()):
        raise CrossSite
    account = signing_in.checked(store, rates(request), address_of(request), given.email, given.password)
    to = signing_in.inside(given.next)
    if account is None:
        return _form(request, to=to, email=given.email, wrong=True)
    with store.write() as db:
        response = signing_in.begin(db, request, account, to=to, now=now)
    cookies.take(response, request, cookies.FORM)
    return response


@router.post("/sign-out", response_class=HTMLResponse, repeatable=False)
def sign_out(request: Request, who: Signed, db: Write) -> Response:
    """Ends the session."""
    sessions.end(db, cookies.read(request, cookies.SESSION) or "")
    response = RedirectResponse("/sign-in", 303)
    cookies.take(response, request, cookies.SESSION)
    return response


@router.get("/", response_class=HTMLResponse)
def home(who: Signed, db: Read) -> Response:
    """What there is to look at."""
    kind, _, person = who.actor.partition("/")
    return page.render(
        "home.html",
        who=who,
        marketplace=accounts.tenant(db, who.tenant).name,
        name=people.get(db, who.tenant, person).name if kind == "user" else None,
        house=who.role not in OPERATORS,
    )


def _form(request: Request, *, to: str, email: str = "", wrong: bool = False) -> Response:
    token = cookies.read(request, cookies.FORM) or secrets.token_urlsafe(32)
    response = page.render(
        "sign_in.html",
        status=401 if wrong else 200,
        who=None,
        form=token,
        next=to,
        email=email,
        wrong=wrong,
        openid=request.app.state.openid is not None,
    )
    cookies.give(response, request, cookies.FORM, token)
    return response
