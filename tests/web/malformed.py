"""Bodies as nobody should send them, made of good ones, each of a kind that has a name."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

HERE = "\u2316"
"""What stands in a tree where something else shall."""

VALUES = (
    *("-0", "-1", "0.5", str(2**63), "01", "0x1F", "1_000", "true", "null", "[]", "{}", "[null]", '{"id": 1}'),
    *('""', '" "', '"\\u202e"', '"a/b"', '"a~b"', '"../.."', '"%00"', '"7"', "'x'", "undefined", "/**/1", '"\\x"'),
    *('"2026-02-30T00:00:00Z"', '"2026-11-20T18:00:00"', '"9999-12-31T23:59:59-12:00"', '"0001-01-01T00:00:00+14:00"'),
    *('"\n"', "", ",", "}", '"'),
)
"""Texts of values, good and bad JSON."""

JUNK = (
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xc3", b'"', b"{", b"}", b"[", b",", b":", b"\\"),
    *(b"\r\n", b"1e9", b"\xe2\x80\xa8"),
)
"""Bytes that something is made worse with."""

Spoil = Callable[[Random, dict[str, Any]], bytes]


def instead(*texts: str) -> Spoil:
    """Another value in one place, the text of it one of these."""

    def spoil(random: Random, tree: dict[str, Any]) -> bytes:
        return replaced(random, tree, lambda _value: random.choice(texts))

    return spoil


def truncated(random: Random, tree: dict[str, Any]) -> bytes:
    data = json.dumps(tree).encode()
    return data[: random.randrange(1, len(data))]


def doubled_key(random: Random, tree: dict[str, Any]) -> bytes:
    key = random.choice(sorted(tree))
    return (
        b"{" + json.dumps(key).encode() + b": " + json.dumps(tree[key]).encode() + b", " + json.dumps(tree).encode()[1:]
    )


def unknown_field(random: Random, tree: dict[str, Any]) -> bytes:
    return json.dumps(
        tree | {random.choice(("tenant", "unheard_of", "__class__", "ID")): random.choice((1, "x"))}
    ).encode()


def missing_field(random: Random, tree: dict[str, Any]) -> bytes:
    gone = random.choice(sorted(tree))
    return json.dumps({key: value for key, value in tree.items() if key != gone}).encode()


def other_encoding(random: Random, tree: dict[str, Any]) -> bytes:
    return json.dumps(tree).encode(random.choice(("utf-16", "utf-16-be", "utf-32", "utf-7", "cp037"))) + b"\xe9"


def boolean_for_a_number(random: Random, tree: dict[str, Any]) -> bytes:
    return replaced(random, tree, lambda value: "true" if type(value) in (int, float) else "1" + "0" * 30)


def other_bytes(random: Random, tree: dict[str, Any]) -> bytes:
    """A body that is cut, or has bytes flipped, put in, left out or repeated, up to three times."""
    data = json.dumps(tree).encode()
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(data) + 1)
        to = min(len(data), at + random.randrange(1, 20))
        data = random.choice(
            (
                data[:at],
                data[:at] + bytes([random.randrange(256)]) + data[at + 1 :],
                data[:at] + random.choice(JUNK) + data[at:],
                data[:at] + data[to:],
                data[:to] + data[at:],
            )
        )
    return data


def replaced(random: Random, tree: dict[str, Any], text: Callable[[Any], str]) -> bytes:
    """A body with the text of another value in one place; ``text`` is told what stood there."""
    made = copy.deepcopy(tree)
    at: Any = made
    while True:
        key = random.choice(list(at) if isinstance(at, dict) else range(len(at)))
        if not (isinstance(at[key], (dict, list)) and at[key] and random.random() < 0.7):
            break
        at = at[key]
    put = text(at[key])
    at[key] = HERE
    return json.dumps(made).replace(json.dumps(HERE), put).encode()


KINDS: dict[str, tuple[Spoil, bool]] = {
    "not a number": (instead("NaN", "Infinity", "-Infinity", "1e400", "-1e999"), True),
    "lone surrogate": (instead('"\\ud800"', '"a\\udfff"', '{"\\udc00": 1}'), True),
    "character nul": (instead('"\\u0000"', '"a\\u0000b"'), True),
    "nested deeply": (instead("[" * 2_000, "[" * 500 + "]" * 500, '{"a":' * 500 + "1" + "}" * 500), True),
    "truncated": (truncated, True),
    "doubled key": (doubled_key, True),
    "unknown field": (unknown_field, True),
    "other encoding": (other_encoding, True),
    "huge number": (instead("1" + "0" * 30, "-1" + "0" * 30, "9" * 5_000, "1." + "0" * 400 + "1", "1e-999"), False),
    "boolean for a number": (boolean_for_a_number, True),
    "huge string": (instead(f'"{"x" * 300}"', f'"{"ä" * 20_000}"'), False),
    "missing field": (missing_field, False),
    "another value": (instead(*VALUES), False),
    "other bytes": (other_bytes, False),
}
"""How a body is spoilt, by kind, and whether nothing that is spoilt like that is lawful for a record."""


def is_json(data: bytes) -> bool:
    """Whether bytes are one JSON text after RFC 8259, no key twice."""
    try:
        json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_none)
    except (ValueError, RecursionError):
        return False
    return True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


def _none(text: str) -> Any:
    raise ValueError(f"{text} is no number")
