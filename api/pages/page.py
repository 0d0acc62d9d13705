"""Pages as they are sent: escaped, in the common frame, with nothing from elsewhere and nothing inline."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files as resources
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from router.errors import NotFound

CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every page is sent with."""


def render(template: str, *, status: int = 200, **shown: object) -> HTMLResponse:
    """A page made of a template of ``api/pages/templates``. Whatever the template names must be given."""
    return HTMLResponse(_templates().get_template(template).render(shown), status, dict(HEADERS))


def asked(request: Request) -> bool:
    """Whether the request is for a page: its route says ``response_class=HTMLResponse``."""
    return getattr(request.scope.get("route"), "response_class", None) is HTMLResponse


def problem(told: Response) -> HTMLResponse:
    """A problem of ``api.problems`` as a page."""
    said = json.loads(bytes(told.body))
    shown = render("problem.html", status=told.status_code, who=None, problem=said)
    if "Retry-After" in told.headers:
        shown.headers["Retry-After"] = told.headers["Retry-After"]
    if said["type"] == "/problems/still-judging":  # whoever looks at a page should not have to ask again by hand
        shown.headers["Refresh"] = shown.headers["Retry-After"]
    return shown


def address(path: str, **query: object) -> str:
    """A path with what of its query is given."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def static(name: str) -> Response:
    """A file of ``api/pages/static``. Raises ``NotFound``."""
    known = {each.name: each for each in resources("api.pages").joinpath("static").iterdir() if each.is_file()}
    if name not in known:
        raise NotFound("there is no such thing here")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=300"}
    return Response(known[name].read_bytes(), 200, headers, mimetypes.guess_type(name)[0])


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["utc"] = _utc
    made.globals["address"] = address
    return made


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
