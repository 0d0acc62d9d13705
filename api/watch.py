"""Every request gets an id, a line in the log and its place in the metrics; a bug in it is answered and told here."""

from __future__ import annotations

import re
import uuid
from time import perf_counter
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.drain import Drain
from api.metrics import Metrics

UNMATCHED: Final = "unmatched"
"""The route of requests for what is not there: their paths are theirs to choose, so they are not told."""

_TRACE: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_QUIET: Final = ("/healthz", "/readyz", "/metrics")
_log = structlog.get_logger()


class Watch:
    """ASGI middleware, outside of all others."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, drain: Drain) -> None:
        self.app, self.metrics, self.drain = app, metrics, drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = uuid.uuid4().hex
        found = _TRACE.fullmatch(Headers(scope=scope).get("traceparent", ""))
        status, began = 0, perf_counter()
        scope.setdefault("state", {})["request"] = request

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request
                if self.drain.begun:
                    headers["Connection"] = "close"
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request, **({"trace": found[1]} if found else {})):
            self.metrics.in_flight.inc()
            try:
                await self.app(scope, receive, watched)
            except Exception:
                _log.exception("bug", route=route_of(scope), method=scope["method"])
                if status:
                    raise
                await problems.of(problems.Bug())(scope, receive, watched)
            finally:
                self.metrics.in_flight.dec()
                self._tell(scope, status, perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        self.metrics.answered(route, scope["method"], status, seconds)
        if status >= 500 or route not in _QUIET:
            tell = _log.warning if status >= 500 else _log.info
            tell("request", route=route, method=scope["method"], status=status, ms=round(seconds * 1000, 1))


def route_of(scope: Scope) -> str:
    """The template of the route that a request was for."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else UNMATCHED
