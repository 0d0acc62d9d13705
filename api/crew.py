"""What works beside the requests of a process: workers with what they know to do, and the sender of webhooks."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache, partial

from api import hook_flows, planning, sealing
from api.db import deliveries
from api.db.connect import Database
from api.dispatch import Dispatcher
from api.drain import Drain
from api.jobs import Worker, utc_now
from api.lookup import addresses
from api.retention import Purger
from api.sealing import Sealer
from api.sending import Line
from api.settings import Settings
from router.errors import Unavailable


def worker(settings: Settings, store: Database, drain: Drain) -> Worker:
    """A worker with a handler for every kind of job; it does nothing until it is started."""
    handlers = {
        planning.PLAN: partial(planning.make, extracts=settings.extracts, workers=settings.solver_cores),
    }
    return Worker(store=store, handlers=handlers, drain=drain, at_once=max(1, settings.workers))


def dispatcher(
    settings: Settings, store: Database, drain: Drain, attempted: Callable[[str], None] = lambda outcome: None
) -> Dispatcher:
    """The sender of webhooks, which tells ``attempted`` of every attempt; it does nothing until it is started."""
    line = Line(reach=hook_flows.reach(settings), resolve=addresses, tls=ssl.create_default_context(), now=utc_now)
    return Dispatcher(store=store, sealer=sealer(settings), drain=drain, line=line, attempted=attempted)


def backlog(store: Database) -> tuple[int, float] | None:
    """Events that wait for webhooks, and seconds that the first of them has waited; ``None`` where nobody knows."""
    try:
        with store.read() as db:
            found = deliveries.backlog(db)
    except Unavailable:
        return None
    waited_s = (utc_now() - found.since).total_seconds() if found.since else 0.0
    return found.count, max(waited_s, 0.0)


def purger(settings: Settings, store: Database, drain: Drain) -> Purger:
    """What deletes once a day what is kept no longer; it does nothing until it is started."""
    return Purger(store=store, settings=settings, drain=drain, now=utc_now)


def sealer(settings: Settings) -> Callable[[], Sealer]:
    """Gives the sealer of these settings, made when it is first needed."""
    return cache(partial(sealing.sealer, settings))
