"""What works beside the requests of a process: workers with what they know to do, and the sender of webhooks."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial

from api import hook_flows, planning, sealing
from api.db import deliveries, job_queue
from api.db.connect import Database, shared_now
from api.dispatch import Dispatcher
from api.drain import Drain
from api.jobs import Worker, utc_now
from api.lookup import addresses
from api.metrics import Waiting
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


def waiting(store: Database) -> Waiting | None:
    """What waits for webhooks and for workers; ``None`` where nobody knows."""
    try:
        with store.read() as db:
            now = shared_now(db, utc_now())
            events, jobs = deliveries.backlog(db), job_queue.stands(db, now)
    except Unavailable:
        return None
    return Waiting(
        events=events.count,
        oldest_event_s=_since(events.since, now),
        jobs=jobs.count,
        oldest_job_s=_since(jobs.since, now),
    )


def _since(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0


def purger(settings: Settings, store: Database, drain: Drain) -> Purger:
    """What deletes once a day what is kept no longer; it does nothing until it is started."""
    return Purger(store=store, settings=settings, drain=drain, now=utc_now)


def sealer(settings: Settings) -> Callable[[], Sealer]:
    """Gives the sealer of these settings, made when it is first needed."""
    return cache(partial(sealing.sealer, settings))
