"""What is made of something that never changes, kept by its hash: the same for whoever asks, and never stale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_Made = TypeVar("_Made")


class Remembered(Generic[_Made]):
    """The last ``most`` things made, by the SHA-256 of what they were made of."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: dict[str, _Made] = {}

    def of(self, sha256: str, make: Callable[[], _Made]) -> _Made:
        """What was made under this hash, or what ``make`` makes now. Threads at once may make it twice."""
        found = self._made.get(sha256)
        if found is None:
            found = make()
            self._made[sha256] = found
            for oldest in list(self._made)[: -self._most]:
                self._made.pop(oldest, None)
        return found
