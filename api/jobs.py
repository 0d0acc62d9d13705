"""Workers: they claim jobs, do them, and publish what came of them in the transaction that ends the job."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, TypeAlias

import structlog
from sqlalchemy import Connection

from api.db import jobs
from api.db.connect import Database
from api.db.jobs import LEASE_S, Lease, LeaseLost, Progress
from api.drain import Drain
from router.errors import DropwrightError, Unavailable

IDLE_S = 1.0
"""How long a worker that found nothing waits before it looks again, unless it is woken."""

_log = structlog.get_logger()

Publish: TypeAlias = Callable[[Connection, datetime], Mapping[str, str | int | None]]
"""Writes what came of a job, in the transaction that ends it, and gives the job's result."""


class GivenUp(DropwrightError):
    """A job came to nothing, for a reason that another attempt would not change. ``reason`` is a stable code."""

    code, title = "given-up", "The job came to nothing"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What a handler has at hand. It must end soon after ``cancelled`` is set."""

    store: Database
    lease: Lease
    cancelled: Event
    tell: Callable[[Progress], None]
    now: Callable[[], datetime]


Handler: TypeAlias = Callable[[Doing], Publish]
"""Does a job outside of any transaction. May raise ``GivenUp``; whatever else it raises is tried again."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Worker:
    """One worker of one process. ``at_once``: jobs that it does beside each other, a thread each."""

    store: Database
    handlers: Mapping[str, Handler]
    drain: Drain
    at_once: int = 1
    lease_s: float = LEASE_S
    now: Callable[[], datetime] = utc_now
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    _woken: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)
    _held: dict[str, Event] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def start(self) -> None:
        """Begins to look for jobs; once the process ends, what is under way is given back."""
        for number in range(self.at_once):
            thread = Thread(target=self._run, name=f"worker-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)
        self.drain.afterwards(self.stop)

    def wake(self) -> None:
        """Has the worker look for jobs at once."""
        self._woken.set()

    def stop(self) -> None:
        """Ends what is under way, gives it back, and waits until that is done."""
        self.drain.begin()
        with self._lock:
            for cancelled in self._held.values():
                cancelled.set()
        self._woken.set()
        for thread in self._threads:
            thread.join()

    def run(self) -> None:
        """Works in this thread until the process ends."""
        self.drain.afterwards(self.stop)
        self._run()

    def _run(self) -> None:
        while not self.drain.begun:
            self._woken.clear()
            try:
                lease = self.claim()
            except Unavailable:
                lease = None
            except Exception:
                _log.exception("bug", route="worker")
                lease = None
            if lease is None:
                self._woken.wait(IDLE_S)
            else:
                self.do(lease)

    def claim(self, only: tuple[str, str] | None = None) -> Lease | None:
        """A job that waits, or that ``only`` one; ``None`` where there is none."""
        with self.store.write() as db:
            return jobs.claim(db, self.name, self.now(), kinds=self.handlers, only=only, lease_s=self.lease_s)

    def do(self, lease: Lease) -> None:
        """Does one job to its end: published, failed, waiting again, or somebody else's."""
        cancelled, over = Event(), Event()
        with self._lock:
            self._held[lease.id] = cancelled
        keeper = _Keeper(self, lease, cancelled, over)
        keeper.start()
        try:
            self._attempt(lease, keeper, cancelled)
        except LeaseLost:
            _log.warning("lease lost", job=lease.id)
        except Unavailable:
            _log.warning("lease left", job=lease.id)  # the database is away: the lease runs out by itself
        finally:
            over.set()
            keeper.join()
            with self._lock:
                del self._held[lease.id]

    def _attempt(self, lease: Lease, keeper: _Keeper, cancelled: Event) -> None:
        doing = Doing(store=self.store, lease=lease, cancelled=cancelled, tell=keeper.tell, now=self.now)
        try:
            publish = self.handlers[lease.kind](doing)
            if not cancelled.is_set():
                with self.store.write() as db:
                    at = self.now()
                    jobs.finish(db, lease, at, result=publish(db, at))
                return
        except (LeaseLost, Unavailable):
            raise
        except DropwrightError as why:
            if not cancelled.is_set():
                code, detail = (why.reason if isinstance(why, GivenUp) else why.code), str(why)
                self._end(lambda db: jobs.fail(db, lease, self.now(), reason=code, detail=detail))
                return
        except Exception as bug:
            _log.exception("bug", route="worker", job=lease.id)
            told = f"a fault of the service: {type(bug).__name__}"
            self._end(lambda db: jobs.fail(db, lease, self.now(), reason="bug", detail=told, again=True))
            return
        if keeper.lost:
            raise LeaseLost
        if keeper.unwanted:
            self._end(lambda db: jobs.stop(db, lease, self.now()))
        else:
            self._end(lambda db: jobs.give_back(db, lease, self.now()))

    def _end(self, how: Callable[[Connection], Any]) -> None:
        with self.store.write() as db:
            how(db)


class _Keeper(Thread):
    """Makes a lease longer, three times in its length, and tells progress, until the job is over or lost."""

    def __init__(self, worker: Worker, lease: Lease, cancelled: Event, over: Event) -> None:
        super().__init__(name=f"lease-{lease.id}", daemon=True)
        self.worker, self.lease, self.cancelled, self.over = worker, lease, cancelled, over
        self.lost = self.unwanted = False
        self._progress: Progress | None = None
        self._kept_at = monotonic()

    def tell(self, progress: Progress) -> None:
        """What will be told with the next sign of life."""
        self._progress = progress

    def run(self) -> None:
        every_s = min(1.0, self.worker.lease_s / 3)
        while not self.over.wait(every_s):
            try:
                with self.worker.store.write() as db:
                    progress, self._progress = self._progress, None
                    self.unwanted = jobs.keep(
                        db, self.lease, self.worker.now(), progress=progress, lease_s=self.worker.lease_s
                    )
                self._kept_at = monotonic()
            except LeaseLost:
                self.lost = True
            except Unavailable:
                self.lost = monotonic() - self._kept_at > self.worker.lease_s
            if self.lost or self.unwanted:
                self.cancelled.set()
                return
