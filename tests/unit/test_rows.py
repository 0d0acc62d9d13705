"""Rows of NDJSON and CSV: what reads well, and what is told of the rest."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rows import LONGEST_ROW, Row, csv_rows, ndjson
from router import codec
from router.model import BY_TIER, Component, Count, Id, Location, Order, Record, Sku

MUGS = b'{"sku": "MUG-1", "seller": "kiln", "grams": 350, "millilitres": 900}\n'


def skus(data: bytes) -> list[Any]:
    return list(ndjson(io.BytesIO(data), lambda row: codec.read_as(Sku, row, "SKU")))


def table(data: bytes | str, kind: type[Any] = Sku) -> list[Any]:
    given = data.encode() if isinstance(data, str) else data
    return list(csv_rows(io.BytesIO(given), kind, lambda row: codec.read_as(kind, row, "row")))


def told(found: list[Any]) -> list[tuple[int, str, str]]:
    return [(each.line, each.pointer, each.code) for row in found if isinstance(row, tuple) for each in row]


def kept(found: list[Any]) -> list[tuple[int, Any]]:
    return [(row.line, row.record) for row in found if isinstance(row, Row)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket(Record):
    """A record with fields of every kind."""

    id: Id
    units: Count
    open: bool = False
    weight: float | None = None
    note: str | None = None
    location: Location | None = None
    tags: tuple[Id, ...] = ()
    lines: tuple[Component, ...] = ()


def test_good_rows_are_read_beside_bad_ones_and_every_fault_has_its_line() -> None:
    spoilt = MUGS.replace(b"350", b"-1").replace(b'"kiln"', b"7")
    found = skus(MUGS + b"\n" + b"{\n" + spoilt + b"[]\r\n" + MUGS.strip())
    assert [line for line, _ in kept(found)] == [1, 6]
    assert told(found) == [
        (3, "", "not-json"),
        (4, "/grams", "out-of-range"),
        (4, "/seller", "wrong-type"),
        (5, "", "wrong-type"),
    ]


def test_a_row_that_is_too_long_is_passed_over() -> None:
    found = skus(b'{"sku": "' + b"x" * 3 * LONGEST_ROW + b'"}\n' + MUGS)
    assert told(found) == [(1, "", "bad-length")]
    assert [line for line, _ in kept(found)] == [2]


@given(data=st.binary(max_size=200))
def test_whatever_the_bytes_are_reading_rows_never_raises(data: bytes) -> None:
    for found in (skus(data), table(data), table(b"sku,seller,grams,millilitres\n" + data)):
        assert all(isinstance(row, Row) or row for row in found)


def test_cells_are_read_as_the_fields_that_their_columns_name() -> None:
    found = table(
        "\ufeffid,units,open,weight,note,location.lat,location.lon,tags,lines\r\n"
        'b1,3,true,1.5,"said ""so"", twice",60.1,24.9,a|b,"[{""sku"": ""MUG"", ""quantity"": 2}]"\r\n'
        "b2,0,,null,null,,,,\r\n"
        "\r\n"
        "b3,1\r\n",
        Basket,
    )
    assert kept(found) == [
        (
            2,
            Basket(
                id="b1",
                units=3,
                open=True,
                weight=1.5,
                note='said "so", twice',
                location=Location(lat=60.1, lon=24.9),
                tags=("a", "b"),
                lines=(Component(sku="MUG", quantity=2),),
            ),
        ),
        (3, Basket(id="b2", units=0, note="null")),
        (5, Basket(id="b3", units=1)),
    ]


def test_an_empty_cell_is_absent_and_null_is_null() -> None:
    head = "id,placed_at,tier,location.place,lines,ship_by,deliver_by\n"
    row = 'o1,2026-11-20T16:00:00Z,express,3,"[{""sku"": ""A"", ""quantity"": 1}]",null,\n'
    ((_, order),) = kept(table(head + row, Order))
    assert (order.ship_by, order.deliver_by, order.location.place) == (None, BY_TIER, 3)
    assert isinstance(order.placed_at, datetime)


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        ("b,many", "/units", "not-an-integer"),
        ("b,1.0", "/units", "not-an-integer"),
        ("b,1,perhaps", "/open", "wrong-type"),
        ("b,-1", "/units", "out-of-range"),
        ("b,99999999999999999999", "/units", "out-of-range"),
        (",1", "/id", "missing-field"),
        ("b,1,,nan", "/weight", "wrong-type"),
        ("b,1,,,,north", "/location/lat", "wrong-type"),
        ("b,1,,,,,a||b", "/tags/1", "bad-length"),
        ("b,1,,,,,,[", "/lines", "wrong-type"),
        ('b,1,,,,,,"[{""sku"": ""A"", ""sku"": ""B"", ""quantity"": 1}]"', "/lines", "wrong-type"),
        ("b,1,,,,,,,", "", "wrong-type"),
        ('b,"1', "", "wrong-type"),
        ('b,"1"2', "", "wrong-type"),
    ],
)
def test_a_cell_that_does_not_fit_is_told(row: str, pointer: str, code: str) -> None:
    found = table(f"id,units,open,weight,note,location.lat,tags,lines\nb,1\n{row}\n", Basket)
    assert (3, pointer, code) in told(found)
    assert len(kept(found)) == 1


def test_a_head_with_unknown_and_doubled_columns_is_told_at_once() -> None:
    found = table("id,units,units,colour,location,location.lat\nb,1,1,red,,\n", Basket)
    assert told(found) == [
        (1, "/units", "duplicate-key"),
        (1, "/colour", "unknown-field"),
        (1, "/location/lat", "duplicate-key"),
    ]


def test_a_quote_that_is_never_closed_ends_the_reading_before_it_fills_the_memory() -> None:
    found = table('id,units\na,1\n"' + "x\n" * LONGEST_ROW, Basket)
    assert (len(kept(found)), told(found)) == (1, [(3, "", "wrong-type")])


def test_a_row_of_very_many_cells_is_refused_before_it_fills_the_memory() -> None:
    found = table("id,units\n" + '"x\n",' * LONGEST_ROW, Basket)
    assert told(found) == [(2, "", "wrong-type")]


def test_a_spreadsheet_with_semicolons_is_read_too() -> None:
    assert [record.id for _, record in kept(table("id;units\nb,1;2\n", Basket))] == ["b,1"]


def test_a_cell_that_was_guarded_against_spreadsheets_is_read_without_its_guard() -> None:
    assert [record.id for _, record in kept(table("id,units\n'=b,2\n'b,2\n", Basket))] == ["=b", "'b"]


def test_text_that_is_not_utf_8_is_told() -> None:
    assert told(table(b"id,units\n\xff,1\n", Basket)) == [(2, "", "not-utf-8")]


@given(
    tags=st.lists(st.sampled_from(["a", "b c", "ö"]), max_size=3),
    note=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20),
)
def test_what_is_written_as_csv_reads_as_it_was(tags: list[str], note: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["id", "units", "tags", "note"], ["b", 1, json.dumps(tags), note]])
    guarded = note[0] == "'" and note[1:2] in tuple("=+-@\t\r＝＋－＠")
    (row,) = kept(table(out.getvalue(), Basket))
    assert row == (2, Basket(id="b", units=1, tags=tuple(tags), note=note[1:] if guarded else note))
