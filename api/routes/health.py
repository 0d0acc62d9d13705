"""For machines that look after the service: whether it lives, whether to send it requests, and what it counts."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Header, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from api.db import migrate
from api.deps import Configured, Store
from api.drain import Drain
from api.metrics import Metrics
from api.routing import Reply, Router
from router.errors import NotFound, Unavailable

router = Router(tags=["operations"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The process lives."""

    alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether to send requests to this process, and why not."""

    ready: bool
    database: Literal["here", "away"]
    tables: Literal["current", "other", "unknown"]
    draining: bool


async def drain(request: Request) -> Drain:
    """How this process ends."""
    found: Drain = request.app.state.drain
    return found


async def metrics(request: Request) -> Metrics:
    """What this process counts."""
    found: Metrics = request.app.state.metrics
    return found


@router.get("/healthz", summary="Does it live?")
def health() -> Health:
    """200 as long as the process answers at all; restart it where it does not."""
    return Health(alive=True)


@router.get("/readyz", summary="Is it ready?")
def readiness(store: Store, ending: Annotated[Drain, Depends(drain)]) -> Reply[Readiness]:
    """200 where the database answers, its tables are of this version, and the process is not about to end; else 503."""
    try:
        with store.read() as db:
            current = migrate.is_current(db)
    except Unavailable:
        found = Readiness(ready=False, database="away", tables="unknown", draining=ending.begun)
    else:
        found = Readiness(
            ready=current and not ending.begun,
            database="here",
            tables="current" if current else "other",
            draining=ending.begun,
        )
    return Reply(record=found, status=200 if found.ready else 503)


@router.get("/metrics", include_in_schema=False)
def counters(
    configured: Configured,
    counted: Annotated[Metrics, Depends(metrics)],
    authorization: Annotated[str, Header()] = "",
) -> Response:
    """Prometheus's text, for whoever has the token of ``DROPWRIGHT_METRICS_TOKEN``; where there is none, nothing."""
    token = configured.metrics_token
    if token is None or not hmac.compare_digest(f"Bearer {token.get_secret_value()}".encode(), authorization.encode()):
        raise NotFound("there is no such thing here")
    return Response(counted.text(), media_type=CONTENT_TYPE_LATEST)
