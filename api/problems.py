"""Errors as RFC 9457 problems: a stable code in ``type``, a sentence in ``detail``, a JSON pointer for each fault."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api import refusals
from api.cookies import CrossSite
from api.db.events import EventsForgotten
from api.db.outage import DatabaseFull
from api.db.stored import Withdrawn
from api.deps import Changed, NoRevisionGiven
from api.openid import SignInRefused
from api.pages import page
from api.principal import NotAllowed, NotSignedIn
from api.rates import TooManyBadKeys, TooManyRequests, TooManySignIns
from api.routing import NoForms
from api.rows import NotRows, RowFault
from router.errors import Conflict, DropwrightError, Fault, Faulty, Invalid, NotFound, Unavailable

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[DropwrightError], int] = {
    Invalid: 422,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
    NotSignedIn: 401,
    NotAllowed: 403,
    CrossSite: 403,
    SignInRefused: 403,
    NoRevisionGiven: 428,
    EventsForgotten: 410,
    Withdrawn: 410,
    Changed: 412,
    DatabaseFull: 507,
    TooManyRequests: 429,
    TooManyBadKeys: 429,
    TooManySignIns: 429,
}
"""The status of each category of error, and of those that have their own."""

MOST_FAULTS = 1000
"""Faults that one answer lists."""


class TooLarge(DropwrightError):
    """A body is larger than the service reads."""

    code, title = "too-large", "The body is too large"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"a body may have at most {most} bytes here: send less at once, or use a bulk route", most=most
        )


class BadParameter(Faulty):
    """A parameter of the path, the query or a header is not valid."""

    code, title = "bad-parameter", "A parameter is not valid"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("request", faults)


class BadRequest(Invalid):
    """A request that HTTP itself does not allow."""

    code, title = "bad-request", "The request cannot be read"


class NotThisMethod(DropwrightError):
    """There is such a thing, and that is not what can be done with it."""

    code, title = "method-not-allowed", "The method is not allowed here"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"here you may {' or '.join(allowed)}", allowed=allowed)
        self.allowed = allowed


class Bug(DropwrightError):
    """What should never happen."""

    code, title = "bug", "A fault of the service"

    def __init__(self) -> None:
        super().__init__("this is a bug of the service; nothing was changed")


class Unstorable(Invalid):
    """A name or number that no row of the database could hold, such as one with the character U+0000."""

    code, title = "unstorable", "Nothing can have that name or number"

    def __init__(self) -> None:
        super().__init__("a name or number in the address or the body is one that no database holds; mend it")


STATUS |= {BadRequest: 400, NotThisMethod: 405, TooLarge: 413, NotRows: 415, NoForms: 415, Bug: 500}


def status_of(error: DropwrightError) -> int:
    """The HTTP status of an error: its own, or its category's."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def of(error: DropwrightError) -> Response:
    """The problem that an error is, as it is sent."""
    status = status_of(error)
    told: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status,
        "detail": str(error),
    }
    faults: tuple[Fault, ...] = getattr(error, "faults", ())
    if faults:
        told["errors"] = [_told(each) for each in faults[:MOST_FAULTS]]
    headers = {
        401: {"WWW-Authenticate": "Bearer"},
        405: {"Allow": ", ".join(getattr(error, "allowed", ()))},
        503: {"Retry-After": "1"},
        507: {"Retry-After": "30"},
    }.get(status)
    if "retry_after_s" in error.context:
        headers = {"Retry-After": str(error.context["retry_after_s"])}
    return Response(json.dumps(told, ensure_ascii=False).encode(), status, headers, MEDIA_TYPE)


def _told(fault: Fault) -> dict[str, Any]:
    line = {"line": fault.line} if isinstance(fault, RowFault) else {}
    return {**line, "pointer": fault.pointer, "code": fault.code, "detail": fault.message}


def install(app: FastAPI) -> None:
    """Makes every error of an application a problem; bugs are left to ``api.watch``."""

    def noted(request: Request, told: Response) -> Response:
        refusals.note(request, told.status_code)
        return page.problem(told) if page.asked(request) else told

    @app.exception_handler(NotSignedIn)
    def unknown(request: Request, error: NotSignedIn) -> Response:
        if not page.asked(request):
            return of(error)
        to = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(page.address("/sign-in", next=None if to == "/" else to), 303)

    @app.exception_handler(DropwrightError)
    def ours(request: Request, error: DropwrightError) -> Response:
        return noted(request, of(error))

    @app.exception_handler(DataError)
    def unstorable(request: Request, _error: DataError) -> Response:
        return noted(request, of(Unstorable()))

    @app.exception_handler(RequestValidationError)
    def parameters(request: Request, error: RequestValidationError) -> Response:
        faults = tuple(
            Fault(
                pointer="".join(f"/{part}" for part in each["loc"]),
                code=str(each["type"]).replace("_", "-"),
                message=str(each["msg"]),
            )
            for each in error.errors()
        )
        return noted(request, of(BadParameter(faults)))

    @app.exception_handler(HTTPException)
    def theirs(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return of(NotFound("there is nothing at this address"))
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return of(NotThisMethod(_methods(request)))
        return of(BadRequest(str(error.detail)))


def _methods(request: Request) -> tuple[str, ...]:
    """What can be done at the address of a request."""
    routes = (route for router in request.app.state.routers for route in router.routes)
    here = (route.methods for route in routes if route.path_regex.match(request.url.path))
    return tuple(sorted(set().union(*here)))
