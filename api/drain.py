"""How a process ends without losing anything: it says that it is about to, finishes what it has begun, then gives back.

Whoever works for long (a stream of events, a loop of a worker) looks at ``begun`` and stops at the next good place.
Whoever holds something for longer than a request (a lease) hands ``afterwards`` the way to give it back.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from threading import Event


class Drain:
    """The end of one process; threads may share it."""

    def __init__(self) -> None:
        self._begun = Event()
        self._afterwards = ExitStack()

    @property
    def begun(self) -> bool:
        """Whether the process takes no more work."""
        return self._begun.is_set()

    def begin(self) -> None:
        """From now on the process is not ready; what it has begun goes on."""
        self._begun.set()

    def wait(self, seconds: float) -> bool:
        """Sleeps, but not past the beginning of the end; gives ``begun``."""
        return self._begun.wait(seconds)

    def afterwards(self, give_back: Callable[[], None]) -> None:
        """Has ``give_back`` called once all requests are done, the last one given first."""
        self._afterwards.callback(give_back)

    def finish(self) -> None:
        """Calls what was given to ``afterwards``, all of it, even where one of them raises; that is passed on."""
        self.begin()
        self._afterwards.close()
