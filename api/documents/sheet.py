"""CSV as in RFC 4180 that a spreadsheet shows as text, whatever the text begins with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

_STARTS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""A spreadsheet runs a cell that begins so, the full-width forms included."""

Cell = str | int


def render(heads: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> bytes:
    """UTF-8, comma, CRLF, quotes where needed. Whole numbers stay numbers; text can never be a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_STARTS_A_FORMULA) else cell
