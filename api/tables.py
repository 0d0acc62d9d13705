"""Small tables for people: ruled on a terminal, aligned plain text in a pipe."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from unicodedata import east_asian_width

import typer

from api.wording import seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text under a title. The first ``left`` columns are names, the others figures, on the right."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    total: bool = False
    """Whether the last row sums up the others."""


def show(tables: tuple[Table, ...]) -> None:
    """Prints the tables that have rows on standard output."""
    for table in tables:
        if table.rows:
            typer.echo("")
            if sys.stdout.isatty():
                _ruled(table)
            else:
                typer.echo(plain(table))


def plain(table: Table) -> str:
    """The table as lines of text, two spaces between columns, nothing at the end of a line."""
    rows = [tuple(seen(cell) for cell in row) for row in (table.heads, *table.rows)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [seen(table.title)]
    for row in rows:
        cells = (
            f"{cell}{room}" if index < table.left else f"{room}{cell}"
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            for room in (" " * (width - _width(cell)),)
        )
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return "\n".join(lines)


def _ruled(table: Table) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as Ruled
    from rich.text import Text

    ruled = Ruled(title=Text(seen(table.title), style="bold"), title_justify="left", box=box.SIMPLE_HEAD)
    for index, head in enumerate(table.heads):
        ruled.add_column(Text(head), justify="left" if index < table.left else "right")
    for index, row in enumerate(table.rows):
        last = table.total and index == len(table.rows) - 1
        ruled.add_row(*(Text(seen(cell)) for cell in row), style="bold" if last else "")
    Console().print(ruled)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
