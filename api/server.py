"""The HTTP server of one process, which ends in the order that loses nothing.

Told to end, it is not ready any more and goes on answering for a while, so that whoever spreads requests over processes
notices; then it listens no more, lets open requests finish, gives back what it held, and ends. Whatever is left by then
is cut off: the database rolls it back, and its sender asks again.
"""

from __future__ import annotations

import os
from threading import Timer
from time import monotonic
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from api.drain import Drain

FINISH_S = 25
"""From the signal to the end of the last request, at most."""

_LAST_S = 3
"""What the end itself may take on top, before the process is ended without further ado."""

_log = structlog.get_logger()


class Server(uvicorn.Server):
    """uvicorn's server with that end. ``notice_s``: how long it still answers after it was told to end."""

    def __init__(self, app: FastAPI, *, notice_s: float) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=max(1, int(FINISH_S - notice_s)),
            )
        )
        self._drain: Drain = app.state.drain
        self._notice_s, self._told, self._leave_at = notice_s, False, 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What SIGTERM and Ctrl-C do: tell the server to end; a second time, without notice."""
        if self._told:
            self.should_exit = True
        self._told = True

    async def on_tick(self, counter: int) -> bool:
        """What uvicorn asks ten times a second: whether to stop listening."""
        if self._told and not self._drain.begun:
            _log.info("draining", seconds=self._notice_s)
            self._drain.begin()
            self._leave_at = monotonic() + self._notice_s
            last = Timer(FINISH_S + _LAST_S, os._exit, (0,))
            last.daemon = True
            last.start()
        if self._told and monotonic() >= self._leave_at:
            self.should_exit = True
        return await super().on_tick(counter)
