"""Follows a job as server-sent events (WHATWG HTML, "Server-sent events")."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from api.db import jobs
from api.db.connect import Database
from api.db.jobs import Job
from api.drain import Drain
from router import codec
from router.errors import DropwrightError

LOOK_S = 0.5
"""How often the job is looked at; no database connection is held in between."""

QUIET_LOOKS = 30
"""Looks without news after which a comment is sent, so that nobody between closes the connection."""


async def follow(store: Database, tenant: str, job: str, drain: Drain, last: str | None) -> AsyncIterator[str]:
    """An event whenever the job changed, until it has ended. ``last``: the id of the last event that was received."""
    quiet = 0
    while not drain.begun:
        try:
            found = await run_in_threadpool(_read, store, tenant, job)
        except DropwrightError:
            return  # forgotten, or the database is away: the reader connects again
        spelt = json.dumps(codec.plain(found), separators=(",", ":"))
        name = f"{found.state}-{0 if found.progress is None else found.progress.elapsed_s}"
        over = found.state not in ("queued", "running")
        if name != last or over:
            last, quiet = name, 0
            yield f"id: {name}\nevent: {'end' if over else 'progress'}\ndata: {spelt}\n\n"
        if over:
            return
        quiet += 1
        if quiet % QUIET_LOOKS == 0:
            yield ": still at work\n\n"
        await asyncio.sleep(LOOK_S)


def _read(store: Database, tenant: str, job: str) -> Job:
    with store.read() as db:
        return jobs.get(db, tenant, job)
