"""How many requests a process has under way. Beyond that it says so at once, and what is under way goes on well.

One marketplace, or one partner of it, gets half of the places at most, so that nobody is kept out by another alone.
Whose a key is, is remembered for a while: to turn somebody away then takes no look into the database.
"""

from __future__ import annotations

import hashlib
from asyncio import sleep
from collections import Counter, OrderedDict
from threading import Lock
from typing import Final

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.principal import Principal
from api.problems import of
from api.rates import Rate
from router.errors import Unavailable

PROBES: Final = ("/healthz", "/readyz", "/metrics")
"""Paths of machines that look after the service, which are always let in."""
LINGERS_S: Final = 2.0
"""How long whoever is turned away waits for being told: who asks again at once would else keep the process busy."""


REMEMBERED: Final = 1000
"""Keys of which it is remembered whose they are; as hashes, like everywhere."""


class TooBusy(Unavailable):
    """The process has as many requests under way as it does at once."""

    code, title = "too-busy", "The service is too busy"

    def __init__(self) -> None:
        super().__init__("too many requests are under way: nothing was changed, ask again in a moment")


class Places:
    """The places of one process; threads may share it."""

    def __init__(self, most: int) -> None:
        self._most, self._share = most, max(1, most // 2)
        self._taken, self._shares, self._lock = 0, Counter[str](), Lock()
        self._known = OrderedDict[bytes, str]()

    def take(self, shown: bytes) -> Place | None:
        """A place, ``None`` where none is left, or none for those whose key was shown; empty for none."""
        told = hashlib.sha256(shown).digest() if shown else b""
        with self._lock:
            group = self._known.get(told)
            if self._taken >= self._most or (group is not None and self._shares[group] >= self._share):
                return None
            self._taken += 1
            return Place(self, told)

    def share(self, group: str, told: bytes) -> bool:
        """Whether the group, whose the key of that hash is, may have one place more."""
        with self._lock:
            if told:
                self._known[told] = group
                self._known.move_to_end(told)
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
            if self._shares[group] >= self._share:
                return False
            self._shares[group] += 1
            return True

    def give_back(self, group: str | None) -> None:
        """What a place was taken with."""
        with self._lock:
            self._taken -= 1
            if group is not None:
                self._shares[group] -= 1
                self._shares += Counter()  # forgets those that have none


class Place:
    """The place of one request."""

    def __init__(self, places: Places, told: bytes) -> None:
        self.is_refused = False
        self._places: Places | None = places
        self._told = told
        self._group: str | None = None

    def belongs_to(self, who: Principal) -> None:
        """Says whose request it is. Raises ``TooBusy`` where they have their share."""
        group = who.tenant if who.partner is None else f"{who.tenant}/{who.partner}"
        if self._places is not None and self._group is None:
            if not self._places.share(group, self._told):
                self.is_refused = True
                raise TooBusy
            self._group = group

    def leave(self) -> None:
        """Gives the place back: the request is over, or waits from now on without work to do."""
        places, self._places = self._places, None
        if places is not None:
            places.give_back(self._group)


class Admission:
    """ASGI middleware: a place for each request until its answer begins; also sends what ``rate`` the request has."""

    def __init__(self, app: ASGIApp, *, places: Places) -> None:
        self.app, self.places = app, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        place = self.places.take(next((value for name, value in scope["headers"] if name == b"authorization"), b""))
        if place is None:
            await sleep(LINGERS_S)
            await of(TooBusy())(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["place"] = place

        async def begun(message: Message) -> None:
            if message["type"] == "http.response.start":
                place.leave()
                if place.is_refused or message["status"] == 429:
                    await sleep(LINGERS_S)
                rate: Rate | None = state.get("rate")
                if rate is not None:
                    MutableHeaders(scope=message).update(dict(rate.headers()))
            await send(message)

        try:
            await self.app(scope, receive, begun)
        finally:
            place.leave()


def wait_aside(request: Request) -> None:
    """Gives a request's place back while it only waits, such as for events to come."""
    place: Place = request.state.place
    place.leave()
