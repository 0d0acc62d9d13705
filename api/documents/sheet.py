"""CSV as in RFC 4180 that a spreadsheet shows as text, whatever the text holds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"

_SIGNS = r"=+\-@＝＋－＠﹦﹢﹣﹫−"
"""A spreadsheet runs a cell that begins so: full-width, small and typographic forms included."""

_BLANK = r";'\"\s\x00-\x1f\x7f\u200b-\u200f\u2060\ufeff"
"""What a spreadsheet may skip before a sign: quotes, spaces, and what nobody sees."""

_OPENS = re.compile(rf"[{_BLANK}]*[{_SIGNS}]|'*[\t\r\n]")
"""How a text begins that must not begin a cell. A quote before it changes nothing, so that marking can be undone."""

_WITHIN = re.compile(rf"(?<![{_BLANK}])[{_BLANK}]+(?=[{_SIGNS}])")
"""What stands before a sign within a text. Linear: a run is looked at from its first character alone."""

_PARTS = re.compile(r"[;\t\r\n]")
"""Where a spreadsheet that was told of another separator, as half of Europe's are, begins a new cell."""

Cell = str | int | float


def render(heads: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> bytes:
    """UTF-8, comma, CRLF, quotes where needed. Numbers stay numbers; text can never be a formula.

    A text gets a ``'`` where it, or what follows a semicolon, tab or line break in it, would begin as a formula. Equal
    cells come of equal texts alone: taking that mark away where the rule would have set it gives the text back.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _safe(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    marked = _WITHIN.sub(lambda run: _PARTS.sub(r"\g<0>'", run[0]), cell)
    return f"'{marked}" if _OPENS.match(marked) else marked
