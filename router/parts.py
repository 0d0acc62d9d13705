"""A worker's round as bytes in, bytes out: what an executor carries to a thread, a process or another machine."""

from __future__ import annotations

from functools import lru_cache

from router import _core, codec
from router.instance import Instance


def run(drop: bytes, part: bytes) -> bytes:
    """The outcome of a part of ``_core.Team.share``. ``drop``: the JSON of the drop that the team plans.

    Where steps are counted, the same bytes give the same bytes anywhere. The last drops of a process are kept, so that
    only its first part waits for one to be read. Raises ``Faulty``, and ``ValueError`` for a part of another drop.
    """
    return _core.run_part(_problem(drop), _core.Halt(), part)


@lru_cache(maxsize=2)
def _problem(drop: bytes) -> _core.Problem:
    return Instance(codec.read_drop(drop)).problem
