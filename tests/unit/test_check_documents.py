"""The referee over documents: whatever JSON says in place of a valid plan is found, without a stumble."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router import codec
from router.check import RULES, findings, from_faults
from router.errors import Faulty
from router.model import Drop
from router.plan import COMPONENTS
from tests.drops import base_drop, base_plan, replan_drop

KINDS = ["great_circle", "matrix"]
S = timedelta(seconds=1)


def _leaves(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if inside is None:
        return [path]
    return [path, *(leaf for key, value in inside for leaf in _leaves(value, (*path, key)))]


def _changed(tree: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = value if len(path) == 1 else _changed(tree[path[0]], path[1:], value)
    return copy


def _at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _judge(drop: Drop, tree: Any) -> tuple[Any, ...]:
    try:
        plan = codec.read_plan(json.dumps(tree).encode())
    except Faulty as faulty:
        return from_faults(faulty)
    return findings(drop, plan)


TREE = json.loads(codec.write(base_plan()))
PATHS = [path for path in _leaves(TREE) if path and path[0] != "certificate"]
WORDS = [
    *("o1", "o2", "o3", "o4", "kallio", "pasila", "w1", "w2", "p1", "p2", "p3", "p4", "t1", "t2", "bike-1"),
    *("bike-2", "post-kallio-20", "MUG-1", "TEA-1", "JAM-1", "LAMP-1", "GIFT-1", "no-stock", "elsewhere", ""),
]
TIMES = ["2026-11-20T16:15:00Z", "2026-11-20T18:49:00+02:00", "0001-01-02T00:00:00Z", "9999-12-31T00:00:00Z"]
NUMBERS = [-1, 0, 1, 2, 3, 400, 6000, 2**53 - 1, 2**53, 10**30, 1.5, True]


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("Z") and value[:2] == "20"


def test_any_other_word_or_number_in_the_plan_is_found():
    """Except in a reason, which no rule judges, a lower bound, and the id of p4, to which nothing refers."""
    drop = base_drop()
    for path in PATHS:
        value = _at(TREE, path)
        pool: list[Any] = WORDS if isinstance(value, str) else NUMBERS if type(value) is int else []
        if _is_time(value) or path[-1] in ("reason", "detail", "lower_bound"):
            continue
        if path == ("parcels", 3, "id"):
            pool = ["p1", "p2", "p3", "", *NUMBERS]
        for other in pool:
            if other != value or type(other) is not type(value):
                assert _judge(drop, _changed(TREE, path, other)), (path, other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_is_to_spare_where_the_plan_waits_and_nowhere_else(kind):
    """bike-1 is back 22 s (by the matrix 2 s) before it loads again, and waits 6 s at the door of o2.

    On the great circle 3 093 s of duty cost 1 632.42, so that coming home a second later changes no figure.
    """
    drop, tree = base_drop(kind), json.loads(codec.write(base_plan(kind)))
    spare = set()
    for path in PATHS:
        value = _at(tree, path)
        for move in (1, -1) if _is_time(value) else ():
            moved = (datetime.fromisoformat(value) + move * S).isoformat()
            if not _judge(drop, _changed(tree, path, moved)):
                spare.add(("/".join(map(str, path)), move))
    lawful = {("trips/0/return_at", 1), ("trips/1/load_at", -1), ("trips/0/stops/1/arrive_at", 1)}
    assert spare == (lawful if kind == "matrix" else lawful | {("trips/1/return_at", 1)})


EDITS = st.tuples(
    st.sampled_from(PATHS),
    st.sampled_from(["set", "remove", "double"]),
    st.sampled_from([*WORDS, *TIMES, *NUMBERS, None, [], {}]),
)


@given(edits=st.lists(EDITS, min_size=1, max_size=6), kind=st.sampled_from(KINDS), again=st.booleans())
def test_no_document_makes_the_referee_stumble_and_every_finding_points_into_it(edits, kind, again):
    tree = json.loads(codec.write(base_plan(kind)))
    for path, how, value in edits:
        try:
            parent = _at(tree, path[:-1])
            if how == "set":
                parent[path[-1]] = value
            elif how == "remove":
                del parent[path[-1]]
            else:
                parent.append(parent[path[-1]])
        except (LookupError, TypeError, AttributeError):
            continue  # an earlier edit took the place away, or only lists can hold a thing twice
    for found in _judge(replan_drop(kind) if again else base_drop(kind), json.loads(json.dumps(tree))):
        assert found.rule in RULES
        keys = [int(key) if key.isdigit() else key for key in found.where.split("/")[1:]]
        assert isinstance(_at(tree, tuple(keys[:-1])), dict | list)


@given(name=st.sampled_from([*COMPONENTS, "total"]), by=st.integers(-(2**53), 2**53).filter(bool))
def test_any_other_figure_is_a_finding_of_r11(name, by):
    drop, plan = base_drop(), base_plan()
    wrong = replace(plan.cost, **{name: getattr(plan.cost, name) + by})
    found = findings(drop, replace(plan, cost=wrong, lower_bound=None))
    assert [(each.rule, each.where) for each in found] == [("R11", f"/cost/{name}")]


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (("parcels", 0, "lines", 0, "quantity"), 0, "R1"),
        (("parcels", 0, "lines", 0, "contingency"), -1, "R2"),
        (("trips", 0, "metres"), -1, "R7"),
        (("cost", "split"), -1, "R11"),
        (("cost", "total"), 2**53, "R11"),
        (("lower_bound",), 2**53, "R0"),
        (("parcels", 1, "id"), "p1", "R0"),
        (("parcels", 1, "hue"), "blue", "R0"),
        (("parcels", 1, "ready_at"), "noon", "R0"),
        (("unserved", 0, "reason"), "bad-luck", "R0"),
        (("format",), "dropwright.plan/2", "R0"),
        ((), [], "R0"),
    ],
)
def test_a_document_that_is_no_plan_breaks_form_or_the_rule_of_its_impossible_figure(path, value, rule):
    found = _judge(base_drop(), _changed(TREE, path, value))
    assert {(each.rule, each.where) for each in found} == {(rule, "".join(f"/{key}" for key in path))}


@pytest.mark.parametrize("name", [key for key in TREE if key != "certificate"])
def test_a_field_that_is_absent_is_a_finding_of_r0(name):
    found = _judge(base_drop(), {key: value for key, value in TREE.items() if key != name})
    assert [(each.rule, each.where) for each in found] == [("R0", f"/{name}")]
