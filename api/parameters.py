"""Parameters that lists are narrowed by: ids as anyone may have given them, and times as the codec reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from fastapi import Query

from router.errors import Faulty
from router.faults.scan import Scan

Named: TypeAlias = Annotated[str | None, Query(min_length=1, max_length=200)]
"""Only what belongs to the thing of that id."""

Time: TypeAlias = Annotated[
    str | None,
    Query(description="Strictly later than this (RFC 3339, with an offset).", examples=["2026-11-20T18:00:00Z"]),
]
"""A time as it was given; ``instant`` reads it."""


def instant(name: str, given: str | None) -> datetime | None:
    """The time in the query parameter ``name``, ``None`` where it is not given. Raises ``Faulty``."""
    scan = Scan()
    found = scan.at({name: given}, "/query", name)
    if scan.found:
        raise Faulty("query", tuple(scan.found))
    return found
