"""File names that every file system and every header takes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

_LONGEST = 160


def file_names(keys: Sequence[tuple[str, ...]], suffix: str) -> dict[tuple[str, ...], str]:
    """``a-b.csv`` for ``("a", "b")`` and ``.csv``. Keys are distinct, and so are their names, whatever the case.

    A name holds letters and digits of ASCII, ``.``, ``_`` and ``-`` alone, and never begins with a dot. One that had to
    be changed, or that two would share, gets a mark of its own. No name is longer than 200 bytes. O(keys).
    """
    plain = {key: "-".join(_part(part, _LONGEST // len(key)) for part in key) for key in keys}
    sharing: dict[str, int] = {}
    for name in plain.values():
        sharing[name.casefold()] = sharing.get(name.casefold(), 0) + 1
    return {
        key: f"{name}{suffix}"
        if name == "-".join(key) and sharing[name.casefold()] == 1
        else f"{name}-{hashlib.sha256(chr(0).join(key).encode()).hexdigest()[:8]}{suffix}"
        for key, name in plain.items()
    }


def _part(name: str, longest: int) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+|^\.+", "_", name)[:longest]
