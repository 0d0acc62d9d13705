"""Sends what happened to the webhooks that want it: any number of processes share the work.

Webhooks are served beside each other, so that one that hangs delays none of the others; one that fails is left alone
for longer and longer, and those that fail never take more than a quarter of the places.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread
from time import monotonic
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from api.db import deliveries
from api.db.connect import Database
from api.db.deliveries import Batch, Lease, WebhookLost
from api.deps import new_id
from api.drain import Drain
from api.hooks import sealed_for
from api.retrying import Outcome
from api.sealing import NotOpened, Sealer
from api.sending import Line, send
from router.errors import Unavailable

LOOK_S = 0.25
"""How often a process looks whether there is something to send."""

TURN_S = 2.0
"""How long a webhook with much to be sent is served before the others get their turn."""

_Result = TypeVar("_Result")
_log = structlog.get_logger()
_chance = secrets.SystemRandom().random


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A batch that is to be written down. ``leave``: the webhook gives way to others."""

    lease: Lease
    batch: Batch
    outcomes: list[Outcome]
    leave: bool
    following: asyncio.Future[Batch | None]


@dataclass(kw_only=True)
class Dispatcher:
    """The sender of one process. ``places``: webhooks that it serves beside each other.

    ``attempted`` is told of every attempt: ``delivered``, or the reason why it was not.
    """

    store: Database
    sealer: Callable[[], Sealer]
    drain: Drain
    line: Line
    places: int = 64
    chance: Callable[[], float] = _chance
    attempted: Callable[[str], None] = lambda outcome: None
    _serving: dict[asyncio.Task[None], Lease] = field(default_factory=dict)
    _sent: list[_Sent] = field(default_factory=list)
    _writing: asyncio.Task[None] | None = None
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "webhooks-db"))

    def start(self) -> None:
        """Begins to send, in a thread of its own; once the process ends, what is under way is finished."""
        thread = Thread(target=self.run, name="webhooks", daemon=True)
        thread.start()

        def stop() -> None:
            self.drain.begin()
            thread.join()

        self.drain.afterwards(stop)

    def run(self) -> None:
        """Sends in this thread until the process ends."""
        asyncio.run(self._run())

    async def once(self) -> None:
        """Sends all that is due, and returns when it is sent or failed."""
        while await self._begin():
            await asyncio.gather(*self._serving)

    async def _run(self) -> None:
        while not self.drain.begun:
            (begun,) = await asyncio.gather(self._begin(), return_exceptions=True)
            if isinstance(begun, Unavailable):
                begun = 0  # the database is away: look again
            elif isinstance(begun, BaseException):
                _log.error("bug", route="webhooks", exc_info=begun)
                begun = 0
            if not begun:
                await asyncio.sleep(LOOK_S)
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._threads.shutdown()

    async def _begin(self) -> int:
        """Begins to serve webhooks that nobody serves; gives how many."""
        claimed = await self._in_db(self._claim, self._free(failing=False), self._free(failing=True))
        for lease, batch in claimed:
            task = asyncio.create_task(self._serve(lease, batch))
            self._serving[task] = lease
            task.add_done_callback(self._over)
        return len(claimed)

    def _free(self, *, failing: bool) -> int:
        most = self.places // 4 if failing else self.places - self.places // 4
        return most - sum(each.failing == failing for each in self._serving.values())

    def _claim(self, others: int, failing: int) -> list[tuple[Lease, Batch]]:
        """Webhooks to serve, each with its first batch; those that turn out to want nothing are let go at once."""
        now = self.line.now()
        with self.store.read() as db:
            if not deliveries.waits(db, now):
                return []
        with self.store.write() as db:
            well = deliveries.claim(db, now, limit=others, failing=False)
            leases = well + deliveries.claim(db, now, limit=failing, failing=True)
            found = [(lease, deliveries.batch(db, lease, now)) for lease in leases]
        return [(lease, batch) for lease, batch in found if batch is not None]

    async def _serve(self, lease: Lease, first: Batch) -> None:
        leave_at = monotonic() + TURN_S
        batch: Batch | None = first
        while batch is not None:
            outcomes = await self._send(lease, batch)
            for each in outcomes:
                self.attempted(each.reason or "delivered")
            leave = self.drain.begun or monotonic() >= leave_at
            following = asyncio.get_running_loop().create_future()
            self._sent.append(_Sent(lease=lease, batch=batch, outcomes=outcomes, leave=leave, following=following))
            if self._writing is None or self._writing.done():
                self._writing = asyncio.create_task(self._write())
            batch = await following

    async def _write(self) -> None:
        """Writes down whatever was sent, together what came while the transaction before was under way."""
        while self._sent:
            sent, self._sent = self._sent, []
            (found,) = await asyncio.gather(self._in_db(self._record, sent), return_exceptions=True)
            for index, each in enumerate(sent):
                result = found if isinstance(found, BaseException) else found[index]
                if isinstance(result, BaseException):
                    each.following.set_exception(result)
                else:
                    each.following.set_result(result)

    async def _send(self, lease: Lease, batch: Batch) -> list[Outcome]:
        try:
            opened = [self.sealer().open(each, sealed_for(lease.tenant, lease.webhook)) for each in batch.sealed]
        except NotOpened as why:
            now = self.line.now()
            return [Outcome(at=now, status=None, reason=why.code) for _ in batch.sendings]
        sending = (send(batch.url, each.event, opened, self.line) for each in batch.sendings)
        return await asyncio.gather(*sending)

    def _record(self, sent: list[_Sent]) -> list[Batch | WebhookLost | None]:
        """Writes batches down and gives the one that follows each, in one transaction."""
        now = self.line.now()
        with self.store.write() as db:
            return [self._recorded(db, each, now) for each in sent]

    def _recorded(self, db: Connection, sent: _Sent, now: datetime) -> Batch | WebhookLost | None:
        try:
            ended = deliveries.record(
                db, sent.lease, sent.batch, sent.outcomes, now, chance=self.chance, new_id=new_id()
            )
        except WebhookLost as lost:  # raised before anything was written of this one
            return lost
        if ended is not None:
            _log.warning("webhook disabled", reason=ended)
            return None
        if sent.leave:
            deliveries.let_go(db, sent.lease, now)
            return None
        return deliveries.batch(db, sent.lease, now)

    def _over(self, task: asyncio.Task[None]) -> None:
        del self._serving[task]
        error = task.exception()
        if isinstance(error, WebhookLost | Unavailable):
            _log.warning("webhook left", reason=error.code)  # its lease runs out, and the batch is sent again
        elif error is not None:
            _log.error("bug", route="webhooks", exc_info=error)

    async def _in_db(self, do: Callable[..., _Result], *given: object) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, do, *given)
