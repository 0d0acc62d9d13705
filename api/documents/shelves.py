"""The order in which a picker walks past the bins of a hub."""

from __future__ import annotations

import re

_RUNS = re.compile(r"[0-9]+|[^0-9]+")

Key = tuple[tuple[tuple[int, int, str], ...], ...]


def walk(name: str) -> tuple[Key, str]:
    """Sorts bins named zone-aisle-bin naturally: part by part, numbers by value, letters whatever their case.

    ``A-2-9`` comes before ``A-2-10``, ``A-9-1`` before ``A-10-1``, and all of A before AA and B. Names that read the
    same (``A-01``, ``a-1``) keep an order of their own. Numbers may have any length. O(length).
    """
    return tuple(tuple(_run(run) for run in _RUNS.findall(part)) for part in name.casefold().split("-")), name


def _run(run: str) -> tuple[int, int, str]:
    """Numbers before letters; a longer number is a larger one once its leading zeros are gone."""
    if run[0] not in "0123456789":
        return 1, 0, run
    digits = run.lstrip("0")
    return 0, len(digits), digits
