"""The OpenAPI 3.1 description: records as the codec reads them, problems as routes answer them, bodies that work.

Which problems a route may answer with is told from what it depends on, and nowhere written down again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api import deps, routing
from api.deps import Allowed
from api.examples import bodies
from api.problems import MEDIA_TYPE
from router import codec

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "An error after RFC 9457. `type` is the address of a page about this code.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "pattern": "^/problems/[a-z0-9-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Every fault, each with a JSON pointer into the body, and its line in bulk requests.",
            "items": {
                "type": "object",
                "properties": {
                    "line": {"type": "integer", "minimum": 0},
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "code", "detail"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
}

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
"""Methods that change something."""

MEANINGS = {
    401: "Who is asking is not known",
    403: "The role does not allow this",
    404: "Not there, or somebody else's",
    409: "Something else stands in the way",
    410: "What was asked for is not kept any more, or was withdrawn",
    412: "It was changed meanwhile: it is not the revision in If-Match any more",
    413: "The body is too large",
    415: "The body is of a media type that the route does not read",
    422: "Something in the request is wrong: every fault is told",
    428: "If-Match is missing",
    429: "Too many requests",
    503: "The service or its database cannot answer now: ask again",
    507: "The database is full",
}
"""What each status of a problem says, wherever it comes from."""

_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_HEADERS = {429: _RETRY, 503: _RETRY, 507: _RETRY}
_REQUEST_ID = {"X-Request-ID": {"description": "Names the request in the logs.", "schema": {"type": "string"}}}


def describe(app: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    """The description of an application that has these routers."""
    made = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    for name, kind in sorted(routing.described.items()):
        whole = codec.schema_of(kind, ref_template="#/components/schemas/{model}")
        schemas |= whole.pop("$defs", {})
        schemas[name] = whole
    components["responses"] = {str(status): _problem(status) for status in MEANINGS}
    for route in (each for router in routers for each in router.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(made["paths"][route.path_format][method.lower()], route, method)
    return made


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    """Adds problems, roles, headers and an example to what FastAPI tells of a route."""
    answers = operation["responses"]
    answers.pop("422", None)
    for answer in answers.values():
        answer.setdefault("headers", {}).update(_REQUEST_ID)
    for status in problems_of(route, method):
        answers[str(status)] = {"$ref": f"#/components/responses/{status}"}
    roles = roles_of(route)
    if roles is not None:
        operation["x-roles"] = list(roles)
    for media, example in bodies(method, route.path_format).items():
        operation["requestBody"]["content"][media]["examples"] = {"story": {"value": example}}


def problems_of(route: APIRoute, method: str) -> list[int]:
    """The statuses of problems that a route may answer with, in order."""
    needs = tuple(_walk(route.dependant))
    calls = [each.call for each in needs]
    body = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    given = {
        401: deps.principal in calls,
        403: any(isinstance(call, Allowed) for call in calls),
        404: any(each.path_params for each in needs) or (bool(body) and deps.database in calls),
        409: method in UNSAFE and deps.database in calls,
        412: deps.if_match in calls,
        413: bool(body),
        415: bool(body),
        422: bool(body) or any(each.path_params or each.query_params or each.header_params for each in needs),
        428: deps.if_match in calls,
        429: deps.principal in calls,
        503: deps.database in calls,
        507: method in UNSAFE and deps.database in calls,
    }
    return [status for status, so in given.items() if so]


def roles_of(route: APIRoute) -> tuple[str, ...] | None:
    """The roles that a route lets in, ``None`` where it asks nobody who they are, or anybody signed in may."""
    asked = [each.call for each in _walk(route.dependant) if isinstance(each.call, Allowed)]
    return tuple(map(str, asked[0].roles)) if asked else None


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for each in dependant.dependencies:
        yield from _walk(each)


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": MEANINGS[status],
        "headers": _REQUEST_ID | _HEADERS.get(status, {}),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
