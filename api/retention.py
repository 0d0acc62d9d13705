"""How long things are kept: each kind is deleted by a rule of its own, once a day, or when somebody says so.

A rule deletes what was over strictly before an instant. The audit log and the ledgers have none: they name nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread
from types import MappingProxyType

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.db import deliveries, erasing, events, idempotency, jobs, order_rows, sessions, trips, verdicts
from api.db.connect import Database
from api.drain import Drain
from api.settings import Settings
from router.errors import Unavailable

EVERY_S = 24 * 3600.0
STOP_WITHIN_S = 15
"""How long a process that ends waits for a purge that is under way; what it has not deleted by then stays."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``days``: how long after it is over something is kept; ``forget`` deletes what is older, and tells how much."""

    days: Callable[[Settings], int]
    forget: Callable[[Connection, datetime], int]


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "recipients": Rule(days=lambda given: given.keep_personal_days, forget=order_rows.forget),
        "manifests": Rule(days=lambda given: given.keep_personal_days, forget=trips.forget),
        "answers": Rule(days=lambda given: given.keep_answers_days, forget=idempotency.forget),
        "sessions": Rule(days=lambda _given: 0, forget=sessions.forget),
        "deliveries": Rule(days=lambda given: given.keep_deliveries_days, forget=deliveries.forget),
        "events": Rule(days=lambda given: given.keep_events_days, forget=events.forget),
        "jobs": Rule(days=lambda given: given.keep_jobs_days, forget=jobs.forget),
        "judgements": Rule(days=lambda _given: 1, forget=verdicts.forget),
    }
)
"""By what they delete. Deliveries go before the events that they are of. Judgements: rows of those never finished."""


def purge(store: Database, before: Callable[[Rule], datetime], *, thorough: bool = False) -> dict[str, int]:
    """Deletes by every rule what was over before its instant, and tells how much; then nothing of it is in the files.

    Each rule has a transaction of its own, which it shares with nobody who purges too. ``thorough`` as of
    ``erasing.erase``.
    """
    gone = {}
    for name, rule in RULES.items():
        with store.write() as db:
            erasing.alone(db)
            gone[name] = rule.forget(db, before(rule))
    erasing.erase(store, thorough=thorough)  # even where nothing was deleted now: somebody else may have been cut off
    return gone


def due(settings: Settings, now: datetime) -> Callable[[Rule], datetime]:
    """Before which instant each rule deletes, by the settings."""
    return lambda rule: now - timedelta(days=rule.days(settings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Purger:
    """Purges once a day, first when the process starts."""

    store: Database
    settings: Settings
    drain: Drain
    now: Callable[[], datetime]

    def start(self) -> None:
        """Begins in a thread of its own, and ends with the process."""
        thread = Thread(target=self.run, name="retention", daemon=True)
        thread.start()

        def stop() -> None:
            self.drain.begin()
            thread.join(STOP_WITHIN_S)

        self.drain.afterwards(stop)

    def run(self) -> None:
        """Purges in this thread until the process ends."""
        while True:
            self.once()
            if self.drain.wait(EVERY_S):
                return

    def once(self) -> None:
        """Purges by the settings, and leaves it to the next day where that fails."""
        gone: dict[str, int] = {}
        try:
            gone = purge(self.store, due(self.settings, self.now()))
        except Unavailable as away:
            _log.warning("not purged", reason=away.code)
        except SQLAlchemyError:
            _log.exception("bug", route="retention")
        for name, number in gone.items():
            if number:
                _log.info("purged", kind=name, count=number)
