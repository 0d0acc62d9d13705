"""The feed of events: a page of it, now or as soon as there is something new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, Literal
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool

from api.drain import Drain

LONGEST_WAIT_S = 25
"""How long a reader may wait for news."""

LOOK_S = 0.25
"""How often a process looks for news, whatever the number of those who wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """An event after CloudEvents 1.0. ``position`` counts a marketplace's events; webhooks send the same document."""

    position: int
    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    partner: str | None = None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Some events in their order. ``next``: the position after which to go on, whether or not there is more by now."""

    items: tuple[FeedEvent, ...]
    next: int


def source(tenant: str) -> str:
    """What CloudEvents calls the source of a marketplace's events."""
    return f"marketplace/{quote(tenant, safe='')}"


class Heads:
    """The last position of every marketplace, read at most every ``LOOK_S`` for all who wait in this process."""

    def __init__(self, read: Callable[[], dict[str, int]]) -> None:
        self._read = read
        self._heads: dict[str, int] = {}
        self._read_at = -LOOK_S

    async def of(self, tenant: str) -> int:
        """The position of the last event, as of ``LOOK_S`` ago at the earliest, 0 where there is none."""
        if monotonic() - self._read_at >= LOOK_S:
            self._read_at = monotonic()  # whoever comes meanwhile is told what was so before
            self._heads = await run_in_threadpool(self._read)
        return self._heads.get(tenant, 0)


async def follow(
    page: Callable[[int | None], Feed], heads: Heads, tenant: str, *, after: int | None, wait_s: int, drain: Drain
) -> Feed:
    """The next page; where it is empty, waits for news for ``wait_s`` seconds or until the process ends.

    ``page`` reads the page after a position in a transaction of its own: none is open while this waits.
    """
    give_up_at = monotonic() + wait_s
    found = await run_in_threadpool(page, after)
    while not found.items and monotonic() < give_up_at and not drain.begun:
        await asyncio.sleep(min(LOOK_S, max(0.0, give_up_at - monotonic())))
        if await heads.of(tenant) > found.next:
            found = await run_in_threadpool(page, found.next)
    return found
