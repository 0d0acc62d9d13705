"""Puts the service together: routes, problems, limits and the OpenAPI description."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules

import structlog
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from api import crew, openapi, problems, routes, telemetry
from api.admission import Admission, Places
from api.db import events, migrate
from api.db.connect import Database, connect, has_wal_fault
from api.drain import Drain
from api.feed import Heads
from api.jobs import utc_now
from api.limits import BodyLimit
from api.metrics import Metrics
from api.openid import provider
from api.rates import Rates
from api.routing import Router
from api.settings import Settings
from api.watch import Watch
from router.solve import installed_version

BULK = ("/bulk", "/v1/events")
"""Endings of the paths whose bodies are read line by line."""

SPARE_THREADS = 8
"""For what has no place among the requests: probes, and whoever waited for news and reads them."""

_log = structlog.get_logger()


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """The service over a database, which is brought to the newest tables when the service starts."""
    store = database or connect(settings.database, pool_size=settings.pool_size)

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        # A thread for each request let in: whoever reads must not wait behind those who take turns to write.
        current_default_thread_limiter().total_tokens = settings.at_once + SPARE_THREADS
        try:
            migrate.upgrade(store)
        except Exception:
            _log.exception("not started")
            raise
        if settings.workers:
            app.state.worker.start()
        if settings.webhooks:
            crew.dispatcher(settings, store, app.state.drain, app.state.metrics.attempted).start()
        if settings.purges:
            crew.purger(settings, store, app.state.drain).start()
        if has_wal_fault(store):
            _log.warning("this version of sqlite may damage its file", reason="wal-reset")
        yield
        try:
            app.state.drain.finish()
        except Exception:
            _log.exception("not given back")
            raise
        if database is None:
            store.close()

    traces = telemetry.tracing()
    app = FastAPI(
        title="Dropwright",
        version=installed_version(),
        lifespan=living,
        redoc_url=None,
        docs_url=None,
        redirect_slashes=False,
        telemetry=traces.config,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings, app.state.database, app.state.clock = settings, store, utc_now
    app.state.drain, app.state.metrics = Drain(), Metrics()
    app.state.openid = provider(settings)
    app.state.rates = Rates(
        requests_per_minute=settings.requests_per_minute, bulk_per_minute=settings.bulk_requests_per_minute
    )
    app.state.sealer = crew.sealer(settings)
    app.state.heads = Heads(partial(_heads, store))
    app.state.worker = crew.worker(settings, store, app.state.drain)
    app.state.metrics.connections.set_function(lambda: store.in_use)
    app.state.metrics.watch(partial(crew.waiting, store))
    app.state.drain.afterwards(traces.finish)
    routers = every_router()
    app.router.routes.extend(route for router in routers for route in router.routes)  # including makes each anew
    app.state.routers = routers
    problems.install(app)
    app.add_middleware(BodyLimit, most=settings.body_bytes, bulk=settings.bulk_bytes, at_bulk=BULK)
    app.add_middleware(Admission, places=Places(settings.at_once))
    app.add_middleware(Watch, metrics=app.state.metrics, drain=app.state.drain)
    described = cache(lambda: openapi.describe(app, routers))
    vars(app)["openapi"] = described
    return app


def every_router() -> tuple[Router, ...]:
    """The router of every module of ``api.routes``, by name."""
    found = sorted(each.name for each in iter_modules(routes.__path__))
    return tuple(import_module(f"{routes.__name__}.{name}").router for name in found)


def _heads(store: Database) -> dict[str, int]:
    with store.read() as db:
        return events.heads(db)
