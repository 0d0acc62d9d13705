"""How long this process has run: a time limit on a command counts from its start, not from its first line."""

from __future__ import annotations

import os
import time
from pathlib import Path

_IMPORTED = time.monotonic()
_LONGEST_START_S = 30.0
"""An interpreter starts within seconds; a longer span means that the system counts from something else."""


def started() -> float:
    """When this process began, on the clock of ``time.monotonic``; at import, where the system is silent."""
    began = _began()
    return _IMPORTED if began is None else began


def _began() -> float | None:
    """From the system's books (Linux), to a hundredth of a second."""
    try:
        stat = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        ticks = int(stat.rpartition(")")[2].split()[19])
        age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None
    began = time.monotonic() - age_s
    return began if 0 <= _IMPORTED - began <= _LONGEST_START_S else None
