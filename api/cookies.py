"""Cookies of people's browsers: for this host alone, out of reach of scripts, and of no use to another site's pages."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.settings import Settings
from router.errors import DropwrightError

SESSION = "dropwright-session"
FORM = "dropwright-form"
OPENID = "dropwright-openid"


class CrossSite(DropwrightError):
    """A page of another site tried to act as whoever is signed in."""

    code, title = "cross-site", "The request came from another site"

    def __init__(self) -> None:
        super().__init__("what changes something with a session must be sent by this service's own pages")


def origin(request: Request) -> str:
    """Where this service is for browsers: what it was told, else what they call it."""
    settings: Settings = request.app.state.settings
    return settings.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}"


def is_own(request: Request) -> bool:
    """Whether a page of this service sent the request, as browsers tell it."""
    site = request.headers.get("sec-fetch-site")
    return site == "same-origin" if site is not None else request.headers.get("origin") == origin(request)


def read(request: Request, what: str) -> str | None:
    """The value of a cookie of ours."""
    return request.cookies.get(_name(request, what))


def give(response: Response, request: Request, what: str, value: str, *, lasts_s: int | None = None) -> None:
    """Sets a cookie, that of the browser's session if ``lasts_s`` is not given."""
    response.set_cookie(
        _name(request, what), value, max_age=lasts_s, path="/", secure=_https(request), httponly=True, samesite="lax"
    )


def take(response: Response, request: Request, what: str) -> None:
    """Takes a cookie away."""
    response.delete_cookie(_name(request, what), path="/", secure=_https(request), httponly=True, samesite="lax")


def _https(request: Request) -> bool:
    return origin(request).startswith("https://")


def _name(request: Request, what: str) -> str:
    """With ``__Host-`` a browser takes it over https from this very host alone; plain http cannot have that."""
    return f"__Host-{what}" if _https(request) else what
