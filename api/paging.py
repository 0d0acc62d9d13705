"""Pages of a list. A cursor says after which row to go on, so rows that come or go meanwhile shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from fastapi import Depends, Query
from sqlalchemy import Column, Connection, Row, Select, literal, tuple_

from router.errors import Invalid

_Item = TypeVar("_Item")
MOST = 500


class BadCursor(Invalid):
    """A cursor that no answer gave."""

    code, title = "bad-cursor", "The cursor is none of ours"

    def __init__(self) -> None:
        super().__init__("give the next of an earlier answer as cursor, or none to begin at the start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[_Item]):
    """Some items of a list, and the cursor of the next page, ``None`` on the last one."""

    items: tuple[_Item, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """Which page is asked for."""

    limit: int
    after: tuple[str | int, ...] | None

    def page(
        self,
        db: Connection,
        rows: Select[Any],
        by: Sequence[Column[Any]],
        item: Callable[[Row[Any]], _Item],
        *,
        newest_first: bool = False,
    ) -> Page[_Item]:
        """This page of ``rows``, in the order of the columns ``by``: selected, never null, together unique.

        Raises ``BadCursor`` for a cursor of another list.
        """
        if self.after is not None:
            row, after = tuple_(*by), tuple_(*_values(self.after, by))
            rows = rows.where(row < after if newest_first else row > after)
        found = db.execute(
            rows.order_by(*(each.desc() if newest_first else each.asc() for each in by)).limit(self.limit + 1)
        ).all()
        shown = found[: self.limit]
        last = shown[-1]._mapping if len(found) > self.limit else None
        return Page(
            items=tuple(item(row) for row in shown), next=None if last is None else _cursor([last[key] for key in by])
        )


def _cursor(after: Sequence[str | int | datetime]) -> str:
    spelt = [each.isoformat() if isinstance(each, datetime) else each for each in after]
    return base64.urlsafe_b64encode(json.dumps(spelt).encode()).decode().rstrip("=")


def _values(after: Sequence[str | int], by: Sequence[Column[Any]]) -> list[Any]:
    """The values in a cursor as the columns hold them."""
    if len(after) != len(by):
        raise BadCursor
    made: list[Any] = []
    for value, column in zip(after, by, strict=True):
        kind = column.type.python_type
        found = _instant(value) if kind is datetime else value
        if type(found) is not kind:
            raise BadCursor
        made.append(literal(found, column.type))
    return made


def _instant(spelt: str | int) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(spelt))
    except ValueError:
        return None
    return found if found.tzinfo else None


async def _paged(
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many items at most.")] = 100,
    cursor: Annotated[str | None, Query(max_length=2000, description="The next of an earlier answer.")] = None,
) -> Paged:
    if cursor is None:
        return Paged(limit=limit, after=None)
    try:
        after = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise BadCursor from None
    if not isinstance(after, list) or not all(type(part) in (str, int) for part in after):
        raise BadCursor
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in after) or "\0" in json.dumps(after):
        raise BadCursor
    return Paged(limit=limit, after=tuple(after))


Paging: TypeAlias = Annotated[Paged, Depends(_paged)]
