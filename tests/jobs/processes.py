"""Other processes, as the kernel shows them."""

from __future__ import annotations

import time
from pathlib import Path

SOON_S = 60


def is_gone(pid: int) -> bool:
    """Whether no process has this number, a dead one that nobody has asked about aside."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def is_gone_soon(pid: int) -> bool:
    until = time.monotonic() + SOON_S
    while not is_gone(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return is_gone(pid)


def children(pid: int) -> set[int]:
    """The processes that this one has started, and theirs."""
    own = {
        int(child)
        for listed in Path(f"/proc/{pid}/task").glob("*/children")
        for child in listed.read_text(encoding="utf-8").split()
    }
    return own.union(*(children(child) for child in own))
