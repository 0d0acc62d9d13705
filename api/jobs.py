"""Workers: they claim jobs, do them, and publish what came of them in the transaction that ends the job."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import TypeAlias

import structlog
from sqlalchemy import Connection

from api.db import jobs
from api.db.connect import Database, shared_now
from api.db.jobs import LEASE_S, Lease, LeaseLost, Progress
from api.drain import Drain
from router.errors import DropwrightError, Unavailable

IDLE_S = 1.0
"""How long a worker that found nothing waits before it looks again, unless it is woken."""

AGAIN_S = 0.5
"""How long the end of a job waits for a database that was away, before it is tried again."""

GIVE_BACK_S = 15
"""How long a process that ends waits for its jobs to be given back."""

_log = structlog.get_logger()

Publish: TypeAlias = Callable[[Connection, datetime], Mapping[str, str | int | None]]
"""Writes what came of a job, in the transaction that ends it, and gives the job's result.

It is called again where that transaction was rolled back because the database was away.
"""


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
"""Does a job outside of any transaction. ``Unavailable`` and bugs are tried again; other errors of ours, ``GivenUp``
among them, are not."""


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
    _stopped: bool = False

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
        """Ends what is under way, gives it back, and waits until that is done, but not for long.

        What is not given back by then is claimed by somebody else when its lease runs out.
        """
        self.drain.begin()
        with self._lock:
            self._stopped = True
            for cancelled in self._held.values():
                cancelled.set()
        self._woken.set()
        give_up_at = monotonic() + GIVE_BACK_S
        for thread in self._threads:
            thread.join(max(0.0, give_up_at - monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            _log.warning("not given back", route="worker")

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
            return jobs.claim(db, self.name, self.at(db), kinds=self.handlers, only=only, lease_s=self.lease_s)

    def at(self, db: Connection) -> datetime:
        """The time that leases are compared by."""
        return shared_now(db, self.now())

    def do(self, lease: Lease) -> None:
        """Does one job to its end: published, failed, waiting again, or somebody else's."""
        cancelled, over = Event(), Event()
        with self._lock:
            self._held[lease.id] = cancelled
            if self._stopped:  # it was claimed while the others were told to stop
                cancelled.set()
        keeper = _Keeper(self, lease, cancelled, over)
        keeper.start()
        try:
            self._attempt(lease, keeper, cancelled)
        except LeaseLost:
            _log.warning("lease lost", job=lease.id)
        except Unavailable:
            _log.warning("lease left", job=lease.id)  # the database is away: the lease runs out by itself
        except Exception:
            _log.exception("bug", route="worker", job=lease.id)
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
                self._write(keeper, lambda db, at: jobs.finish(db, lease, at, result=publish(db, at)))
                return
        except LeaseLost:
            raise
        except Exception as why:
            if not isinstance(why, DropwrightError):
                _log.exception("bug", route="worker", job=lease.id)
            if not cancelled.is_set():
                reason, detail, again = _reason(why)
                self._write(keeper, lambda db, at: jobs.fail(db, lease, at, reason=reason, detail=detail, again=again))
                return
        if keeper.lost:
            raise LeaseLost
        how = jobs.stop if keeper.unwanted else jobs.give_back
        self._write(keeper, lambda db, at: how(db, lease, at))

    def _write(self, keeper: _Keeper, how: Callable[[Connection, datetime], object]) -> None:
        """Does ``how`` in a transaction; where the database is away, again, for as long as the lease may hold."""
        while True:
            try:
                with self.store.write() as db:
                    how(db, self.at(db))
                return
            except Unavailable:
                if keeper.lost or monotonic() > keeper.held_until:
                    raise
            sleep(AGAIN_S)


def _reason(why: Exception) -> tuple[str, str, bool]:
    """Code and sentence of what a job came to nothing by, and whether another attempt may change it."""
    if isinstance(why, GivenUp):
        return why.reason, str(why), False
    if isinstance(why, DropwrightError):
        return why.code, str(why), isinstance(why, Unavailable)
    return "bug", f"a fault of the service: {type(why).__name__}", True


class _Keeper(Thread):
    """Makes a lease longer, three times in its length, and tells progress, until the job is over or lost.

    ``held_until`` (``time.monotonic``): nobody else has the job before, as far as is known here.
    """

    def __init__(self, worker: Worker, lease: Lease, cancelled: Event, over: Event) -> None:
        super().__init__(name=f"lease-{lease.id}", daemon=True)
        self.worker, self.lease, self.cancelled, self.over = worker, lease, cancelled, over
        self.lost = self.unwanted = False
        self._progress: Progress | None = None
        self.held_until = monotonic() + worker.lease_s

    def tell(self, progress: Progress) -> None:
        """What will be told with the next sign of life."""
        self._progress = progress

    def run(self) -> None:
        every_s = min(1.0, self.worker.lease_s / 3)
        while not self.over.wait(every_s):
            try:
                self._keep()
            except LeaseLost:
                self.lost = True
            except Unavailable:
                self.lost = monotonic() > self.held_until
            except Exception:
                _log.exception("bug", route="worker", job=self.lease.id)
                self.lost = monotonic() > self.held_until
            if self.lost or self.unwanted:
                self.cancelled.set()
                return

    def _keep(self) -> None:
        worker, asked_at = self.worker, monotonic()
        with worker.store.write() as db:
            progress, self._progress = self._progress, None
            self.unwanted = jobs.keep(db, self.lease, worker.at(db), progress=progress, lease_s=worker.lease_s)
        self.held_until = asked_at + worker.lease_s
