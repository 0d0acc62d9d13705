"""Whatever is done to a document, reading it gives a record or faults that point into it, and nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from router import codec
from router.errors import Faulty
from router.model import Drop
from router.plan import Plan
from tests.drops import base_drop, base_plan, replan_drop

SOUND: tuple[tuple[type[Drop] | type[Plan], Any], ...] = (
    (Drop, codec.plain(base_drop())),
    (Drop, codec.plain(base_drop("matrix"))),
    (Drop, codec.plain(replan_drop())),
    (Plan, codec.plain(base_plan())),
)
CHECKS = {kind: jsonschema.Draft202012Validator(codec.schema(kind)) for kind in (Drop, Plan)}

Path = tuple[str | int, ...]


def read(kind: type[Drop] | type[Plan], data: bytes) -> Drop | Plan:
    return codec.read_drop(data) if kind is Drop else codec.read_plan(data)


def places(node: Any, path: Path = ()) -> list[Path]:
    """The path of every value in a tree, the tree itself included."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in inside for place in places(value, (*path, key)))]


def at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def nested(depth: int) -> Any:
    made: Any = 0
    for level in range(depth):
        made = {"a": made} if level % 3 else [made]
    return made


RAW = {"@huge": "1e400", "@minus": "-1e400", "@digits": "9" * 5000, "@tiny": "1e-400", "@fine": "1.2345678901234567890"}
"""Numbers that a Python value cannot spell: written as these words, and put in their place in the text."""

JUNK = (
    st.sampled_from([None, True, False, [], {}, [[]], [None], {"": None}, *RAW])
    | st.sampled_from([0, -1, 1, 2**53, 10**30, -(10**30), 0.5, -0.0, 1.0, float("nan"), float("inf"), float("-inf")])
    | st.sampled_from(["", "o1", "kallio", "GIFT-1", "x-", "\0", "\ud800", "é" * 201, "2026-11-20T18:15:00"])
    | st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-20T18:15:00.5Z", "../UTC"])
    | st.sampled_from([5, 31, 33, 120, 250, 500]).map(nested)
    | st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4), lambda more: st.lists(more, max_size=3)
    )
)
KEYS = st.sampled_from(["id", "x-note", "", "~", "a/b", "\ud800", "hubs", "sku", "lines", "profiles"]) | st.text(
    max_size=3
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[type[Drop] | type[Plan], str]:
    """A document with a few values replaced, removed, doubled, moved, renamed or buried."""
    kind, sound = draw(st.sampled_from(SOUND))
    tree: Any = [copy.deepcopy(sound)]
    for _ in range(draw(st.integers(1, 5))):
        path = (0, *draw(st.sampled_from(places(sound))))
        how = draw(st.sampled_from(["set", "set", "remove", "double", "move", "rename", "bury"]))
        try:
            parent, key = at(tree, path[:-1]), path[-1]
            value = parent[key]
            if how == "set":
                parent[key] = draw(JUNK)
            elif how == "remove" and len(path) > 1:
                del parent[key]
            elif how == "double":
                parent.append(copy.deepcopy(value))
            elif how == "move":
                parent[key] = copy.deepcopy(at(sound, draw(st.sampled_from(places(sound)))))
            elif how == "rename":
                parent[draw(KEYS)] = parent.pop(key)
            elif how == "bury":
                parent[key] = draw(st.sampled_from([[value], {"id": value}, {"x-": value}]))
        except (LookupError, TypeError, AttributeError):
            continue  # an earlier change took the place away, or it is not of the right type for this one
    text = json.dumps(tree[0] if tree else None, ensure_ascii=draw(st.booleans()))
    for word, raw in RAW.items():
        text = text.replace(f'"{word}"', raw)
    if draw(st.booleans()):
        key = draw(st.sampled_from(["id", "hub", "lines", "bike", "at", "seed"]))
        text = text.replace(f'"{key}": ', f'"{key}": {draw(st.sampled_from(["null", "[]", "1"]))}, "{key}": ', 1)
    return kind, text


def leads_somewhere(pointer: str, tree: Any) -> bool:
    """Whether all but the last step of a pointer are in the document, and what it says can be read."""
    if pointer:
        assert pointer.startswith("/")
        *steps, _ = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
        for step in steps:
            whole = {readable(key): value for key, value in tree.items()} if isinstance(tree, dict) else None
            tree = tree[int(step)] if whole is None else whole[step]
        assert isinstance(tree, dict | list)
    return pointer.encode().decode() == pointer


def readable(key: str) -> str:
    return key.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@settings(max_examples=300)
@given(given_=spoilt())
def test_a_spoilt_document_is_read_or_refused_with_faults_that_point_into_it(given_):
    kind, text = given_
    data = text.encode(errors="surrogatepass")
    try:
        record = read(kind, data)
    except Faulty as faulty:
        assert faulty.faults
        assert len({(fault.pointer, fault.code) for fault in faulty.faults}) == len(faulty.faults)
        readable_text = not any("\ud800" <= character <= "\udfff" for character in text)
        tree = json.loads(text, parse_int=float) if readable_text else None
        for fault in faulty.faults:
            assert fault.message.isprintable()
            assert not fault.message.startswith("Input ")
            if readable_text and fault.code != "duplicate-key":
                assert leads_somewhere(fault.pointer, tree)
    else:
        assert codec.sha256(read(kind, codec.write(record))) == codec.sha256(record)
        assert not list(CHECKS[kind].iter_errors(codec.plain(record)))


@given(data=st.binary(max_size=60) | st.text('[]{}",:0\\u-.eE\n tnx', max_size=60).map(str.encode))
def test_bytes_that_are_no_document_are_refused(data):
    for kind in (Drop, Plan):
        try:
            read(kind, data)
        except Faulty as faulty:
            assert faulty.faults
            continue
        raise AssertionError("read as a document")
