"""Records of any kind are read as strictly as drops and plans: times, and truth, are what they say or a fault."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from router import codec
from router.errors import Fault, Faulty
from router.model import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell(Record):
    """Rung at an instant."""

    at: datetime
    loud: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tower(Record):
    """Bells, and when they may be rung."""

    bells: tuple[Bell, ...] = ()
    named: dict[str, Bell] | None = None
    shut_at: datetime | None = None


def faults_of(tree: Any, **how: Any) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as refused:
        codec.read_as(Tower, json.dumps(tree).encode(), "tower", **how)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("spelt", "code"),
    [
        ("2026-11-20T18:15:00", "naive-time"),
        ("2026-11-20T18:15:00.5Z", "fractional-second"),
        ("2026-11-20", "bad-time"),
        ("1700000000", "bad-time"),
        ("2026-11-20 18:15:00Z", "bad-time"),
        (1700000000, "bad-time"),
    ],
)
def test_a_time_that_is_none_is_a_fault_wherever_it_stands(spelt: object, code: str) -> None:
    bell = {"at": spelt}
    tree = {"bells": [{"at": "2026-11-20T18:15:00Z"}, bell], "named": {"x/y": bell}, "shut_at": spelt}
    assert faults_of(tree) == [("/bells/1/at", code), ("/named/x~1y/at", code), ("/shut_at", code)]


def test_times_with_an_offset_and_null_where_it_may_be_are_read() -> None:
    spelt = b'{"bells": [{"at": "2026-11-20t18:15:00.000+02:00", "loud": true}], "shut_at": null}'
    bell = Bell(at=datetime(2026, 11, 20, 16, 15, tzinfo=UTC), loud=True)
    assert codec.read_as(Tower, spelt, "tower") == Tower(bells=(bell,))


def test_what_is_neither_true_nor_false_is_a_fault() -> None:
    bells = [{"at": "2026-11-20T18:15:00Z", "loud": each} for each in (1, "true", None)]
    assert faults_of({"bells": bells}) == [(f"/bells/{index}/loud", "wrong-type") for index in range(3)]


def test_faults_of_form_of_time_and_of_another_look_come_together() -> None:
    def look(tree: dict[str, Any]) -> list[Fault]:
        return [Fault(pointer="/bells", code="too-few", message=f"has {len(tree['bells'])}")]

    tree = {"bells": [{"at": "noon", "pitch": 1}]}
    assert faults_of(tree, scan=look) == [
        ("/bells", "too-few"),
        ("/bells/0/at", "bad-time"),
        ("/bells/0/pitch", "unknown-field"),
    ]


def test_a_character_that_no_database_keeps_is_a_fault_in_values_and_names() -> None:
    tree = {"named": {"a\0b": {"at": "2026-11-20T18:15:00Z"}, "\\u0000": {"at": "2026-11-20T18:15:00Z"}}}
    assert faults_of(tree) == [("/named/a\0b", "bad-value")]
    assert ("/bells/0/at", "bad-value") in faults_of({"bells": [{"at": "\0"}]})
