"""The workers of a process, and what they know to do."""

from __future__ import annotations

from functools import partial

from api import planning
from api.db.connect import Database
from api.drain import Drain
from api.jobs import Worker
from api.settings import Settings


def worker(settings: Settings, store: Database, drain: Drain) -> Worker:
    """A worker with a handler for every kind of job; it does nothing until it is started."""
    handlers = {
        planning.PLAN: partial(planning.make, extracts=settings.extracts, workers=settings.solver_cores),
    }
    return Worker(store=store, handlers=handlers, drain=drain, at_once=max(1, settings.workers))
