"""Ctrl-C and polite kills: the first asks the solver for the best plan so far, the second leaves at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

STATUS = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The command was told to stop while there was nothing yet to keep."""


class Interrupt:
    """What has been asked so far. ``stop`` is set once the user wants what there is."""

    def __init__(self) -> None:
        self.stop = Event()
        self._solving = self._solved = False

    @contextmanager
    def solving(self) -> Iterator[Event]:
        """While this is open, the first signal sets ``stop`` and the second ends the process."""
        self._solving = True
        try:
            yield self.stop
        finally:
            self._solving, self._solved = False, True

    def heed(self, number: int, frame: FrameType | None) -> None:
        """The signal handler."""
        again = self.stop.is_set()
        self.stop.set()
        if again and self._solving:
            # Engines wait for their threads and processes. Nothing is being written, so nothing is left half.
            _end_children()
            os._exit(STATUS)
        if again or not (self._solving or self._solved):
            raise Interrupted


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Handles signals while the block runs; a signal that the parent had ignored stays ignored."""
    interrupt = Interrupt()
    heeded = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, interrupt.heed) for each in heeded}
    try:
        yield interrupt
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end_children() -> None:
    if "multiprocessing" in sys.modules:
        import multiprocessing

        for child in multiprocessing.active_children():
            child.kill()
