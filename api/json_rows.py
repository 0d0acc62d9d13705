"""Rows of a bulk request that is one JSON array: its elements, one in memory at a time.

An array may be a single line, so its rows are told by their number, from 1, in the place of a line. Only brackets,
commas and quotes are looked at here; what an element spells is for its reader. An array that is broken so that its
elements cannot be told apart ends the reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, TypeVar

from api.rows import LONGEST_ROW, Read, Row, RowFault, row

_Record = TypeVar("_Record")
_AT_ONCE = 2**16
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
"""A whole string, or one character that means something outside of strings."""

_BLANK = b" \t\r\n"


class _Broken(Exception):
    """Nothing from this element on can be told apart."""

    def __init__(self, number: int, message: str, code: str = "not-json") -> None:
        super().__init__(message)
        self.number, self.code = number, code


def array(file: BinaryIO, read: Read[_Record]) -> Iterator[Row[_Record] | tuple[RowFault, ...]]:
    """The elements of an array as rows, or what is wrong with them."""
    try:
        for number, data in enumerate(_elements(file), 1):
            yield row(number, data, read)
    except _Broken as error:
        yield (RowFault(line=error.number, pointer="", code=error.code, message=str(error)),)


def _elements(file: BinaryIO) -> Iterator[bytes]:
    """Each element as it is spelt."""
    data, start, at = b"", 0, 0
    depth, number = 0, 0
    while chunk := file.read(_AT_ONCE):
        data, start, at = data[start:] + chunk, 0, at - start
        while (found := _TOKEN.search(data, at)) and found[0] != b'"':
            token, at = found[0], found.end()
            if token.startswith(b'"'):
                continue
            if depth == 0:
                if token != b"[" or number or data[start : found.start()].strip(_BLANK):
                    break
                depth, start, number = 1, at, 1
            elif depth == 1 and token in (b",", b"]"):
                element = data[start : found.start()].strip(_BLANK)
                if element or token == b"," or number > 1:
                    yield element
                depth, start, number = int(token == b","), at, number + 1
            else:
                depth += 1 if token in (b"[", b"{") else -1 if token in (b"]", b"}") else 0
        at = found.start() if found else len(data)
        if depth == 0 and data[start:].strip(_BLANK):
            raise _Broken(max(number, 1), "goes on after its end" if number else "is not a JSON array, […]")
        if len(data) - start > LONGEST_ROW:
            message = f"is longer than {LONGEST_ROW} bytes, and nothing after it was read"
            raise _Broken(number, message, "bad-length")
    if depth or not number:
        raise _Broken(max(number, 1), "the array ends before its ]" if number else "is not a JSON array, […]")
