"""A report as a file: JSON with definitions, CSV that no spreadsheet runs, a workbook with a sheet of definitions."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import xlsxwriter

from api.documents import sheet
from api.reports import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write a report down."""

    media_type: str
    render: Callable[[Report], bytes]


def as_json(report: Report) -> bytes:
    """An object for each row, and the definition of every figure."""
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    told = {"report": report.name, "definitions": dict(report.definitions), "rows": rows}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(report: Report) -> bytes:
    """A head and a line for each row; what is not known is empty."""
    return sheet.render(report.columns, (tuple(map(_cell, row)) for row in report.rows))


def as_xlsx(report: Report) -> bytes:
    """The rows on one sheet, what the figures mean on another. Texts stay texts."""
    made = io.BytesIO()
    texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(made, {"in_memory": True, **texts}) as book:
        bold = book.add_format({"bold": True})
        table = book.add_worksheet(report.name)
        table.write_row(0, 0, report.columns, bold)
        for number, row in enumerate(report.rows, 1):
            table.write_row(number, 0, [_cell(value) for value in row])
        table.freeze_panes(1, 0)
        if report.rows:
            table.autofilter(0, 0, len(report.rows), len(report.columns) - 1)
        table.autofit()
        meaning = book.add_worksheet("definitions")
        meaning.write_row(0, 0, ("figure", "definition"), bold)
        for number, both in enumerate(report.definitions.items(), 1):
            meaning.write_row(number, 0, both)
        meaning.autofit()
    return made.getvalue()


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "json": Form(media_type="application/json", render=as_json),
        "csv": Form(media_type=sheet.MEDIA_TYPE, render=as_csv),
        "xlsx": Form(media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", render=as_xlsx),
    }
)
"""By the ending of the file."""


def _cell(value: Any) -> Any:
    return "" if value is None else value
