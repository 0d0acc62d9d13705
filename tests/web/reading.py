"""What the application makes of a body, route by route, without HTTP and its threads: for very many bodies."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from fastapi.routing import APIRoute
from sqlalchemy.exc import DataError
from starlette.requests import Request
from starlette.responses import Response

from api import bulk, problems, routing
from api.deps import Write
from api.principal import Principal, Role
from api.routing import Reader
from router.errors import DropwrightError
from tests.web.service import NOW, TENANT, Service

ENGINEER = Principal(tenant=TENANT, role=Role.ENGINEER, partner=None, actor="key/reading")


class _Enough(Exception):
    """What was written is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reads the body of a route. ``values``: what fills its path."""

    service: Service
    route: APIRoute
    values: Mapping[str, str]
    endpoint: Callable[..., object] = field(init=False)
    wanted: Mapping[str, object] = field(init=False)
    """What the endpoint's parameters ask for, by their names."""

    def __post_init__(self) -> None:
        endpoint = inspect.unwrap(self.route.endpoint)
        wanted = inspect.signature(endpoint, eval_str=True).parameters
        object.__setattr__(self, "endpoint", endpoint)
        object.__setattr__(self, "wanted", {name: parameter.annotation for name, parameter in wanted.items()})

    @property
    def reader(self) -> Reader[Any] | None:
        """What makes a record of the body, where that needs no database."""
        calls = (each.call for each in self.route.dependant.dependencies)
        return next((call for call in calls if isinstance(call, Reader)), None)

    async def of(self, media: str, body: bytes) -> Response:
        """The answer: a problem, or 200 where the body was read. Whatever is no problem of ours is raised."""
        try:
            await self._taken(self._request(media, body))
        except DropwrightError as error:
            return problems.of(error)
        except DataError:
            return problems.of(problems.Unstorable())
        return Response(status_code=200)

    def _request(self, media: str, body: bytes) -> Request:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [(b"content-type", media.encode())]
        where = {"method": next(iter(self.route.methods)), "path": self.route.path, "query_string": b""}
        return Request({"type": "http", "headers": headers, **where}, receive)

    async def _taken(self, request: Request) -> None:
        """Reads a record; where the route reads rows or bytes by itself, runs it and takes back what it wrote."""
        if self.reader is not None:
            await self.reader(request)
            return
        store = self.service.store
        known = {**self.values, "who": ENGINEER, "store": store, "now": NOW, "revision": 1, "asked": "", "key": None}
        given = {name: known.get(name) for name in self.wanted}
        asks = {kind: name for name, kind in self.wanted.items() if kind in (bulk.Bulk, routing.Body, Write)}
        if bulk.Bulk in asks:
            async with aclosing(bulk._intake(request, ENGINEER, store, NOW)) as intakes:
                self.endpoint(**given | {asks[bulk.Bulk]: await anext(intakes)})
            return
        given[asks[routing.Body]] = await routing._body(request)
        if Write not in asks:
            self.endpoint(**given)
            return
        with suppress(_Enough), store.write() as db:
            self.endpoint(**given | {asks[Write]: db})
            raise _Enough
