"""Elements of a JSON array: those of the whole array, however it arrives, and an end where it is broken."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.json_rows import array
from api.rows import LONGEST_ROW, Row
from router.errors import Fault, Faulty

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Slow(io.BytesIO):
    """A file that gives few bytes at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self.most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.most)


def value(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        raise Faulty("row", (Fault(pointer="", code="not-json", message="is not JSON"),)) from None


def read(data: bytes, most: int = 2**16) -> list[tuple[int, Any]]:
    """Number and value of each element, or number and code of a fault."""
    return [
        (each.line, each.record) if isinstance(each, Row) else (each[0].line, each[0].code)
        for each in array(Slow(data, most), value)
    ]


@given(
    values=st.lists(VALUES, max_size=5),
    most=st.integers(1, 9),
    indent=st.sampled_from([None, 1]),
    ascii_alone=st.booleans(),
)
def test_elements_are_those_of_the_whole_array(
    values: list[Any], most: int, indent: int | None, ascii_alone: bool
) -> None:
    data = f" \n{json.dumps(values, indent=indent, ensure_ascii=ascii_alone)}\r\n".encode(errors="surrogatepass")
    assert read(data, most) == list(enumerate(json.loads(data), 1))


@pytest.mark.parametrize("most", [1, 2**16])
@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", [(1, "not-json")]),
        (b"  ", [(1, "not-json")]),
        (b"{}", [(1, "not-json")]),
        (b"x[1]", [(1, "not-json")]),
        (b"7", [(1, "not-json")]),
        (b"[1,2", [(1, 1), (2, "not-json")]),
        (b'[1,"a]', [(1, 1), (2, "not-json")]),
        (b"[1,]", [(1, 1), (2, "not-json")]),
        (b"[,1]", [(1, "not-json"), (2, 1)]),
        (b"[1 2,3]", [(1, "not-json"), (2, 3)]),
        (b"[1}2,3]", [(1, "not-json")]),
        (b"[1] 2", [(1, 1), (2, "not-json")]),
        (b"[1][2]", [(1, 1), (2, "not-json")]),
        (b'["\\",", 1]', [(1, '",'), (2, 1)]),
    ],
)
def test_what_is_broken_is_told_with_the_number_of_its_element(
    data: bytes, found: list[tuple[int, Any]], most: int
) -> None:
    assert read(data, most) == found


def test_an_element_that_is_too_long_ends_the_reading() -> None:
    long = b'"' + b"a" * (LONGEST_ROW + 2**17) + b'"'
    assert read(b"[1, " + long + b", 2]") == [(1, 1), (2, "bad-length")]
    assert read(b"[1, " + b"[" * LONGEST_ROW * 2) == [(1, 1), (2, "bad-length")]
