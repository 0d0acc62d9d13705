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
from threading import Thread
from time import monotonic
from typing import TypeVar

import structlog

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


@dataclass(kw_only=True)
class Dispatcher:
    """The sender of one process. ``places``: webhooks that it serves beside each other."""

    store: Database
    sealer: Callable[[], Sealer]
    drain: Drain
    line: Line
    places: int = 64
    chance: Callable[[], float] = _chance
    _serving: dict[asyncio.Task[None], Lease] = field(default_factory=dict)
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
        leases = await self._in_db(self._claim, self._free(failing=False), self._free(failing=True))
        for lease in leases:
            task = asyncio.create_task(self._serve(lease))
            self._serving[task] = lease
            task.add_done_callback(self._over)
        return len(leases)

    def _free(self, *, failing: bool) -> int:
        most = self.places // 4 if failing else self.places - self.places // 4
        return most - sum(each.failing == failing for each in self._serving.values())

    def _claim(self, others: int, failing: int) -> tuple[Lease, ...]:
        now = self.line.now()
        with self.store.read() as db:
            if not deliveries.waits(db, now):
                return ()
        with self.store.write() as db:
            well = deliveries.claim(db, now, limit=others, failing=False)
            return well + deliveries.claim(db, now, limit=failing, failing=True)

    async def _serve(self, lease: Lease) -> None:
        leave_at = monotonic() + TURN_S
        batch = await self._in_db(self._next, lease)
        while batch is not None:
            outcomes = await self._send(lease, batch)
            batch = await self._in_db(self._record, lease, batch, outcomes, monotonic() >= leave_at)

    async def _send(self, lease: Lease, batch: Batch) -> list[Outcome]:
        try:
            opened = [self.sealer().open(each, sealed_for(lease.tenant, lease.webhook)) for each in batch.sealed]
        except NotOpened as why:
            now = self.line.now()
            return [Outcome(at=now, status=None, reason=why.code) for _ in batch.sendings]
        sending = (send(batch.url, each.event, opened, self.line) for each in batch.sendings)
        return await asyncio.gather(*sending)

    def _next(self, lease: Lease) -> Batch | None:
        with self.store.write() as db:
            return deliveries.batch(db, lease, self.line.now())

    def _record(self, lease: Lease, batch: Batch, outcomes: list[Outcome], leave: bool) -> Batch | None:
        """Writes a batch down and gives the next one, in one transaction."""
        now = self.line.now()
        with self.store.write() as db:
            ended = deliveries.record(db, lease, batch, outcomes, now, chance=self.chance, new_id=new_id())
            following = None
            if ended is None and (leave or self.drain.begun):
                deliveries.let_go(db, lease, now)
            elif ended is None:
                following = deliveries.batch(db, lease, now)
        if ended is not None:
            _log.warning("webhook disabled", reason=ended)
        return following

    def _over(self, task: asyncio.Task[None]) -> None:
        del self._serving[task]
        error = task.exception()
        if isinstance(error, WebhookLost | Unavailable):
            _log.warning("webhook left", reason=error.code)  # its lease runs out, and the batch is sent again
        elif error is not None:
            _log.error("bug", route="webhooks", exc_info=error)

    async def _in_db(self, do: Callable[..., _Result], *given: object) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, do, *given)
