"""Signing in by OpenID Connect: away to the provider, and back with its word."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import asdict
from typing import Annotated, TypeAlias

from fastapi import Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import cookies, signing_in
from api.db import people
from api.deps import Now, Store, address_of, rates
from api.openid import Begun, OpenId, SignInRefused
from api.routes.sign_in import Next
from api.routing import Router
from router.errors import NotFound

router = Router(prefix="/sign-in/openid", tags=["pages"], include_in_schema=False)

LASTS_S = 600
"""How long somebody may take at the provider."""

Told: TypeAlias = Annotated[str, Query(max_length=4000)]


@router.get("", response_class=HTMLResponse)
def leave(request: Request, to: Next = signing_in.HOME) -> Response:
    """Sends the browser to the provider."""
    provider, back = _provider(request)
    url, begun = provider.begin(back, signing_in.inside(to))
    response = RedirectResponse(url, 303)
    kept = base64.urlsafe_b64encode(json.dumps(asdict(begun)).encode()).decode()
    cookies.give(response, request, cookies.OPENID, kept, lasts_s=LASTS_S)
    return response


@router.get("/callback", response_class=HTMLResponse)
def come_back(
    request: Request, store: Store, now: Now, code: Told = "", state: Told = "", iss: Told = "", error: Told = ""
) -> Response:
    """Lets in whoever the provider says it is, if they were invited: known by its word, at first by e-mail address."""
    provider, back = _provider(request)
    begun = _begun(request)
    if begun is None or not hmac.compare_digest(begun.state.encode(), state.encode()):
        raise SignInRefused("this answer is to no question of this browser")
    if error or not code or (iss and iss != provider.issuer):
        raise SignInRefused("the provider did not let you in")
    rates(request).sign_in(address_of(request), "openid")
    who = provider.finish(back, code, begun, now)
    with store.write() as db:
        account = people.by_subject(db, who.issuer, who.subject)
        if account is None and who.email is not None:
            account = people.link(db, who.email.strip().lower(), who.issuer, who.subject)
        if account is None:
            raise SignInRefused("nobody has let you in here yet, or no more")
        response = signing_in.begin(db, request, account, to=signing_in.inside(begun.to), now=now)
    cookies.take(response, request, cookies.OPENID)
    return response


def _provider(request: Request) -> tuple[OpenId, str]:
    """The provider, and where it sends browsers back to."""
    found: OpenId | None = request.app.state.openid
    if found is None:
        raise NotFound("there is no such thing here")
    return found, f"{cookies.origin(request)}/sign-in/openid/callback"


def _begun(request: Request) -> Begun | None:
    """What this browser left with."""
    try:
        kept = json.loads(base64.urlsafe_b64decode(cookies.read(request, cookies.OPENID) or ""))
        begun = Begun(**{name: kept[name] for name in ("state", "nonce", "verifier", "to")})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return begun if all(isinstance(each, str) and each for each in asdict(begun).values()) else None
