"""Workers in processes of their own, killed and paused while they work, and what became of their jobs."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import StringIO
from multiprocessing.process import BaseProcess
from time import monotonic, sleep

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, and_, func, insert, select

from api import logs
from api.db import accounts, jobs, migrate
from api.db.connect import Database, connect
from api.db.tables.jobs import jobs as rows
from api.drain import Drain
from api.jobs import Doing, Publish, Worker, utc_now
from router.processes import die_with
from tests.db.shelves import NOW, TENANT

KIND = "toil"
LONGEST_S = 0.6
"""What a job takes at most."""

made = MetaData()
tried = Table("chaos_tried", made, Column("job", String(50)), Column("token", BigInteger))
"""Every time that somebody was about to publish a job."""

published = Table("chaos_published", made, Column("job", String(50)), Column("token", BigInteger))
"""Every time that somebody did. Nothing but the lease keeps a job from being here twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the jobs. ``stale``: tries to publish by somebody who did not have the job any more."""

    states: Mapping[str, int]
    kills: int
    pauses: int
    lost: int
    twice: int
    unpublished: int
    again: int
    stale: int
    seconds: float


def run(
    address: str,
    *,
    count: int,
    kills: int,
    pauses: int,
    workers: int = 4,
    lease_s: float = 1.0,
    seed: int = 1,
    fenced: bool = True,
    within_s: float = 600,
) -> Outcome:
    """Has ``count`` jobs done by workers of which busy ones are killed and paused for longer than a lease.

    The blows are spread over the jobs. ``fenced=False``: as if leases had no tokens.
    """
    store, chance, began = connect(address, pool_size=4), random.Random(seed), monotonic()
    _fill(store, count, chance)
    crew = _Crew(address=address, lease_s=lease_s, fenced=fenced, workers=workers)
    blows = ["kill"] * kills + ["pause"] * pauses
    chance.shuffle(blows)
    struck: Counter[str] = Counter()
    with crew.working():
        while True:
            ended, busy = _looked_at(store)
            crew.resume()
            due = len(blows) and ended >= sum(struck.values()) * count // (kills + pauses + 1)
            if due and (name := crew.victim(busy, chance)):
                blow = blows.pop()
                crew.kill(name) if blow == "kill" else crew.pause(name, lease_s * chance.uniform(1.5, 2.5))
                struck[blow] += 1
            if (ended == count and not crew.paused) or monotonic() - began > within_s:
                break
            sleep(0.02)
        sleep(2 * LONGEST_S)  # whoever was paused has its try
    outcome = _outcome(store, count, struck, monotonic() - began)
    store.close()
    return outcome


@dataclass(kw_only=True)
class _Crew:
    """The processes, by the names of their workers."""

    address: str
    lease_s: float
    fenced: bool
    workers: int
    running: dict[str, BaseProcess] = field(default_factory=dict)
    paused: dict[str, float] = field(default_factory=dict)
    started: int = 0

    @contextmanager
    def working(self) -> Iterator[None]:
        try:
            for _ in range(self.workers):
                self.start()
            yield
        finally:
            for each in self.running.values():
                each.kill()
                each.join()

    def start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.jobs.chaos"])
        self.started += 1
        name = f"worker-{self.started}"
        process = context.Process(target=work, args=(self.address, name, self.lease_s, self.fenced), daemon=True)
        process.start()
        self.running[name] = process

    def victim(self, busy: list[str], chance: random.Random) -> str | None:
        found = sorted(set(busy) & set(self.running) - set(self.paused))
        return chance.choice(found) if found else None

    def kill(self, name: str) -> None:
        """Kills one, and has another one begin."""
        process = self.running.pop(name)
        process.kill()
        process.join()
        self.start()

    def pause(self, name: str, seconds: float) -> None:
        self._signal(name, signal.SIGSTOP)
        self.paused[name] = monotonic() + seconds

    def resume(self) -> None:
        """Lets those go on whose pause is over."""
        for name in [each for each, until in self.paused.items() if until <= monotonic()]:
            self._signal(name, signal.SIGCONT)
            del self.paused[name]

    def _signal(self, name: str, number: signal.Signals) -> None:
        pid = self.running[name].pid
        if pid is not None:
            os.kill(pid, number)


def work(address: str, name: str, lease_s: float, fenced: bool) -> None:
    """One worker, until it is killed."""
    die_with(os.getppid())
    logs.configure(StringIO())
    if not fenced:
        own = vars(jobs)
        own["_held"] = lambda lease: and_(own["_of"](lease.tenant, lease.id), rows.c.state == "running")
        own["_ended"] = lambda db, lease, now, **values: own["_end"](db, own["_held"](lease), now, **values)
    store = connect(address, pool_size=2)
    worker = Worker(store=store, handlers={KIND: toil}, drain=Drain(), lease_s=lease_s, name=name)
    worker.start()
    signal.pause()


def toil(doing: Doing) -> Publish:
    """Takes its time, whether or not somebody wants it any more, then is about to publish."""
    until = monotonic() + doing.lease.payload["seconds"]
    while monotonic() < until:
        sleep(0.01)
    row = {"job": doing.lease.id, "token": doing.lease.token}
    with doing.store.write() as db:
        db.execute(insert(tried).values(row))
    return partial(_publish, row)


def _publish(row: Mapping[str, str | int], db: Connection, _now: datetime) -> Mapping[str, str | int | None]:
    db.execute(insert(published).values(row))
    return row


def _fill(store: Database, count: int, chance: random.Random) -> None:
    migrate.upgrade(store)
    made.create_all(store.writing)
    with store.write() as db:
        accounts.add_tenant(db, TENANT, name=TENANT, now=NOW)
        for number in range(count):
            payload = {"seconds": chance.uniform(0.05, LONGEST_S)}
            add = partial(jobs.add, db, TENANT, kind=KIND, subject="s", actor="key/k", now=utc_now())
            add(f"j{number}", payload=payload)


def _looked_at(store: Database) -> tuple[int, list[str]]:
    """How many jobs have ended, and who is at work on the others."""
    with store.read() as db:
        ended = db.execute(select(func.count()).where(rows.c.ended_at.is_not(None))).scalar_one()
        busy = db.execute(select(rows.c.worker).where(rows.c.state == "running").order_by(rows.c.worker))
        return int(ended), [str(name) for name in busy.scalars()]


def _outcome(store: Database, count: int, struck: Counter[str], seconds: float) -> Outcome:
    with store.read() as db:
        found = db.execute(select(rows.c.id, rows.c.state, rows.c.attempts).order_by(rows.c.id)).all()
        times = Counter(db.execute(select(published.c.job)).scalars())
        tries = db.execute(select(func.count()).select_from(tried)).scalar_one()
    states = Counter(each.state for each in found)
    done = {each.id for each in found if each.state == "done"}
    return Outcome(
        states=dict(sorted(states.items())),
        kills=struck["kill"],
        pauses=struck["pause"],
        lost=count - sum(states[state] for state in ("done", "failed", "dead", "cancelled")),
        twice=sum(times.values()) - len(times),
        unpublished=len(done.symmetric_difference(times)),
        again=sum(each.attempts > 1 for each in found),
        stale=int(tries) - sum(times.values()),
        seconds=seconds,
    )
