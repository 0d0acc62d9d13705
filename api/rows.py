"""Rows of a bulk request: NDJSON, one JSON object a line, or CSV with a head. One row is in memory at a time.

A row that cannot be read says so with its line and goes on to the next one. Lines count from 1, as editors do.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Generic, TypeVar

from api.columns import Columns
from router.errors import DropwrightError, Fault, Faulty

LONGEST_ROW = 2**20
"""Bytes of the longest row that is read."""

NDJSON, CSV, ARRAY = "application/x-ndjson", "text/csv", "application/json"

_Record = TypeVar("_Record")
Read = Callable[[bytes], _Record]
"""Makes a record of one row as JSON. Raises ``Faulty``."""


class NotRows(DropwrightError):
    """The body of a bulk request is neither NDJSON, nor CSV, nor a JSON array."""

    code, title = "not-rows", "The body is of another kind"

    def __init__(self) -> None:
        super().__init__(f"send {NDJSON}, {CSV} or {ARRAY} as Content-Type")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault(Fault):
    """One thing wrong with a row. ``pointer`` leads from the row; ``line`` is where it begins."""

    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[_Record]):
    """A row that reads well."""

    line: int
    record: _Record

    def fault(self, pointer: str, code: str, message: str) -> RowFault:
        """Something wrong with this row that only the database could tell."""
        return RowFault(line=self.line, pointer=pointer, code=code, message=message)


def ndjson(file: BinaryIO, read: Read[_Record]) -> Iterator[Row[_Record] | tuple[RowFault, ...]]:
    """The rows of a file of one JSON object a line, or what is wrong with them. Empty lines are nothing."""
    for line, data in _lines(file):
        if data is None:
            yield (_too_long(line),)
        elif data.strip():
            yield row(line, data, read)


def csv_rows(file: BinaryIO, kind: type[Any], read: Read[_Record]) -> Iterator[Row[_Record] | tuple[RowFault, ...]]:
    """The rows of a CSV file (RFC 4180, UTF-8, with commas or semicolons), or what is wrong with them.

    The head names fields of ``kind``, ``a.b`` for a field of a record within. What cannot be told apart from a broken
    file, such as a quote that is never closed, ends the reading.
    """
    text = _Text(file)
    table = csv.reader(text, delimiter=_comma(file), strict=True)
    columns: Columns | None = None
    while True:
        begin, text.room = text.line + 1, LONGEST_ROW
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            code = "not-utf-8" if isinstance(error, _NotUtf8) else "wrong-type"
            yield (RowFault(line=begin, pointer="", code=code, message=f"is not CSV: {error}"),)
            return
        if columns is None:
            columns = Columns.named(cells, kind)
            if columns.faults:
                yield tuple(_at(1, fault) for fault in columns.faults)
                return
        elif len(cells) > len(columns.names):
            message = f"has {len(cells)} cells, and the head has {len(columns.names)}"
            yield (RowFault(line=begin, pointer="", code="wrong-type", message=message),)
        elif any(cells):
            yield row(begin, json.dumps(columns.tree(cells)).encode(), read)


def _comma(file: BinaryIO) -> str:
    """What parts the cells of the head, and so of the file."""
    head = file.readline(LONGEST_ROW)
    file.seek(0)
    return ";" if head.count(b";") > head.count(b",") else ","


def row(line: int, data: bytes, read: Read[_Record]) -> Row[_Record] | tuple[RowFault, ...]:
    """The row that begins at ``line``, or what is wrong with it."""
    try:
        return Row(line=line, record=read(data))
    except Faulty as error:
        return tuple(_at(line, fault) for fault in error.faults)


def _at(line: int, fault: Fault) -> RowFault:
    return RowFault(line=line, pointer=fault.pointer, code=fault.code, message=fault.message)


def _too_long(line: int) -> RowFault:
    return RowFault(line=line, pointer="", code="bad-length", message=f"is longer than {LONGEST_ROW} bytes")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers; ``None`` for one that is too long, which is passed over."""
    number = 0
    while data := file.readline(LONGEST_ROW + 1):
        number += 1
        if len(data) <= LONGEST_ROW or data.endswith(b"\n"):
            yield number, data
            continue
        while data and not data.endswith(b"\n"):
            data = file.readline(LONGEST_ROW)
        yield number, None


class _NotUtf8(csv.Error):
    """Bytes that are not UTF-8."""


class _Text:
    """The lines of a file as text; ``room`` is how much more may be read of the row that is being read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.line, self.room = file, 0, LONGEST_ROW

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        data = self.file.readline(self.room + 1)
        if not data:
            raise StopIteration
        self.line += 1
        self.room -= len(data)
        if self.room < 0:
            raise csv.Error(f"a row is longer than {LONGEST_ROW} bytes")
        try:
            return data.decode("utf-8-sig" if self.line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise _NotUtf8(f"byte {error.start + 1} of its last line is not UTF-8; save the file as UTF-8") from None
