"""What is wrong with the form of a document: unknown and missing fields, wrong types, numbers out of their range.

Reads the description of the records that validates and that the JSON Schema is made of (nested dicts, each with a
``type``), so that all three say the same. Lazy: whoever has seen enough may stop.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from router.errors import Fault
from router.faults.scan import Scan, escape, shown
from router.spelling import Misspelt

Schema = dict[str, Any]
_TOLD = 3
"""Faulty numbers and strings of one list that are told one by one, before the others are counted."""


def of_form(tree: Any, schema: Schema) -> Iterator[Fault]:
    """Every way in which ``tree`` departs from ``schema`` (a core schema of pydantic), in the schema's order."""
    described = {each["ref"]: each for each in schema.get("definitions", ())}
    yield from _look(tree, "", schema["schema"] if described else schema, described)


def of_top(tree: dict[str, Any], schema: Schema) -> Iterator[Fault]:
    """Unknown and missing fields of the document itself, which every later look would trip over."""
    described = {each["ref"]: each for each in schema.get("definitions", ())}
    top = schema["schema"] if described else schema
    return _fields(tree, "", top["schema"]["fields"])


def of_times(tree: Any, schema: Schema) -> list[Fault]:
    """Every time in ``tree`` that is spelt, but not as in RFC 3339 with an offset and whole seconds. Never raises."""
    described = {each["ref"]: each for each in schema.get("definitions", ())}
    top = schema["schema"] if described else schema
    return Scan().run(lambda scan, whole: _times(scan, whole, "", top, described), tree)


def _times(scan: Scan, value: Any, pointer: str, schema: Schema, described: dict[str, Schema]) -> None:
    schema = _plain(schema, described)
    kind = schema["type"]
    if kind == "datetime" and isinstance(value, str):
        scan.instant(value, pointer)
    elif kind == "dataclass" and isinstance(value, dict):
        for field in schema["schema"]["fields"]:
            name = in_text(field)
            if name in value:
                _times(scan, value[name], f"{pointer}/{name}", field["schema"], described)
    elif kind == "tuple" and isinstance(value, list):
        for index, entry in enumerate(value):
            _times(scan, entry, f"{pointer}/{index}", schema["items_schema"][0], described)
    elif kind == "dict" and isinstance(value, dict):
        for name, entry in value.items():
            _times(scan, entry, f"{pointer}/{escape(name)}", schema["values_schema"], described)


def in_text(field: Schema) -> str:
    """The name of a field as a document spells it: a record cannot have a field that is named ``from``."""
    return str(field.get("validation_alias") or field["name"])


def _plain(schema: Schema, described: dict[str, Schema]) -> Schema:
    """What a value that is there, and not null, has to be."""
    while schema["type"] in ("default", "nullable", "definition-ref"):
        schema = described[schema["schema_ref"]] if schema["type"] == "definition-ref" else schema["schema"]
    return schema


def _look(value: Any, pointer: str, schema: Schema, described: dict[str, Schema]) -> Iterator[Fault]:
    while schema["type"] in ("default", "nullable", "definition-ref"):
        if schema["type"] == "nullable" and value is None:
            return
        schema = described[schema["schema_ref"]] if schema["type"] == "definition-ref" else schema["schema"]
    kind = schema["type"]
    if kind == "dataclass":
        yield from _record(value, pointer, schema["schema"]["fields"], described)
    elif kind == "tuple":
        yield from _list(value, pointer, schema, described)
    elif kind == "dict":
        yield from _map(value, pointer, schema, described)
    elif kind == "union":
        yield from _one_of(value, pointer, schema, described)
    elif kind != "any":
        wrong = _SCALARS[kind](value, schema)
        if wrong:
            yield Fault(pointer=pointer, code=wrong[0], message=wrong[1])


def _record(value: Any, pointer: str, fields: list[Schema], described: dict[str, Schema]) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield _wrong_type(pointer, "an object, {…}", value)
        return
    yield from _fields(value, pointer, fields)
    for field in fields:
        name = in_text(field)
        if name in value:
            yield from _look(value[name], f"{pointer}/{name}", field["schema"], described)


def _fields(value: dict[str, Any], pointer: str, fields: list[Schema]) -> Iterator[Fault]:
    """Fields that an object lacks, or has and should not."""
    names = {in_text(field) for field in fields}
    for field in fields:
        if in_text(field) not in value and field["schema"]["type"] != "default":
            yield Fault(pointer=f"{pointer}/{in_text(field)}", code="missing-field", message="is required and absent")
    for name in value:
        if name not in names:
            message = "is not a field of the format; remove it, or name it x-…"
            yield Fault(pointer=f"{pointer}/{escape(name)}", code="unknown-field", message=message)


def _one_of(value: Any, pointer: str, schema: Schema, described: dict[str, Schema]) -> Iterator[Fault]:
    """Records of a union are told apart by their first field, which is a literal."""
    choices = [_plain(choice, described)["schema"]["fields"] for choice in schema["choices"]]
    if not isinstance(value, dict):
        yield _wrong_type(pointer, "an object, {…}", value)
        return
    name = choices[0][0]["name"]
    if name not in value:
        yield Fault(pointer=f"{pointer}/{name}", code="missing-field", message="is required and absent")
        return
    fitting = [fields for fields in choices if value[name] in fields[0]["schema"]["expected"]]
    if fitting:
        yield from _record(value, pointer, fitting[0], described)
    else:
        words = [word for fields in choices for word in fields[0]["schema"]["expected"]]
        yield Fault(pointer=f"{pointer}/{name}", code="bad-value", message=_must_be(words))


def _list(value: Any, pointer: str, schema: Schema, described: dict[str, Schema]) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield _wrong_type(pointer, "a list, […]", value)
        return
    if len(value) < schema.get("min_length", 0):
        yield Fault(pointer=pointer, code="empty-list", message="must have at least 1 entry")
    (item,) = schema["items_schema"]
    nullable = item["type"] == "nullable"
    inner = item["schema"] if nullable else item
    if inner["type"] in _SCALARS:
        yield from _plain_list(value, pointer, inner, nullable)
    else:
        for index, entry in enumerate(value):
            yield from _look(entry, f"{pointer}/{index}", item, described)


def _plain_list(value: list[Any], pointer: str, item: Schema, nullable: bool) -> Iterator[Fault]:
    """A row of a matrix can be wrong from end to end: the first few entries say enough."""
    faulty, look = 0, _SCALARS[item["type"]]
    for index, entry in enumerate(value):
        wrong = None if nullable and entry is None else look(entry, item)
        if wrong:
            faulty += 1
            if faulty <= _TOLD:
                yield Fault(pointer=f"{pointer}/{index}", code=wrong[0], message=wrong[1])
    if faulty > _TOLD:
        message = f"has {faulty} faulty entries; only the first {_TOLD} are listed"
        yield Fault(pointer=pointer, code="and-more", message=message)


def _map(value: Any, pointer: str, schema: Schema, described: dict[str, Schema]) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield _wrong_type(pointer, "an object, {…}", value)
        return
    for name, entry in value.items():
        place = f"{pointer}/{escape(name)}"
        wrong = _text(name, schema.get("keys_schema", {}))
        if wrong:
            yield Fault(pointer=place, code=wrong[0], message=f"the name {wrong[1]}")
        yield from _look(entry, place, schema["values_schema"], described)


def _wrong_type(pointer: str, wanted: str, value: Any) -> Fault:
    return Fault(pointer=pointer, code="wrong-type", message=f"must be {wanted}, and is {_kind(value)}")


def _kind(value: Any) -> str:
    """What a JSON value is, for a sentence."""
    if value is None:
        return "null"
    names = {bool: "true or false", dict: "an object", list: "a list", str: "a string"}
    return names.get(type(value), "a number")


_Wrong = tuple[str, str] | None


def _whole_number(value: Any, schema: Schema) -> _Wrong:
    if type(value) is not int:
        cure = "written without a fraction or exponent" if isinstance(value, float) else f"and is {_kind(value)}"
        return "not-an-integer", f"must be an integer, {cure}"
    return _range(value, schema)


def _number(value: Any, schema: Schema) -> _Wrong:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "wrong-type", f"must be a number, and is {_kind(value)}"
    if isinstance(value, float) and not math.isfinite(value):
        return "not-finite", "must be a finite number"
    return _range(value, schema)


def _range(value: float, schema: Schema) -> _Wrong:
    if "ge" in schema and value < schema["ge"]:
        return "out-of-range", f"must be at least {schema['ge']}"
    if "gt" in schema and value <= schema["gt"]:
        return "out-of-range", f"must be greater than {schema['gt']}"
    if "le" in schema and value > schema["le"]:
        return "out-of-range", f"must be at most {schema['le']}"
    return None


def _text(value: Any, schema: Schema) -> _Wrong:
    if not isinstance(value, str):
        return "wrong-type", f"must be a string, and is {_kind(value)}"
    least, most = schema.get("min_length", 0), schema.get("max_length", math.inf)
    if not least <= len(value) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        return "bad-length", f"must have {wanted} characters, and has {len(value)}"
    return None


def _truth(value: Any, schema: Schema) -> _Wrong:
    if type(value) is not bool:
        return "wrong-type", f"must be true or false, and is {_kind(value)}"
    return None


def _time(value: Any, schema: Schema) -> _Wrong:
    if not isinstance(value, str):
        return "bad-time", f'must be a time, such as "2026-11-20T18:15:00+02:00", and is {_kind(value)}'
    return None  # what is wrong with the string is found when times are compared


def _literal(value: Any, schema: Schema) -> _Wrong:
    expected = schema["expected"]
    return None if value in expected else ("bad-value", _must_be(expected))


def _must_be(expected: list[Any]) -> str:
    return f"must be {' or '.join(repr(each) for each in expected)}"


def _date(value: Any, schema: Schema) -> _Wrong:
    if not isinstance(value, str):
        return "bad-date", f'must be a date, such as "2026-11-20", and is {_kind(value)}'
    try:
        is_date = re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) is not None and bool(date.fromisoformat(value))
    except ValueError:
        is_date = False
    return None if is_date else ("bad-date", f"{shown(value)} is not a date, such as 2026-11-20")


def _spelling(value: Any, schema: Schema) -> _Wrong:
    if not isinstance(value, str):
        return "wrong-type", f"must be a string, and is {_kind(value)}"
    try:
        schema["function"]["function"](value)
    except Misspelt as wrong:
        return wrong.code, str(wrong)
    return None


_SCALARS: dict[str, Callable[[Any, Schema], _Wrong]] = {
    "int": _whole_number,
    "float": _number,
    "str": _text,
    "bool": _truth,
    "date": _date,
    "datetime": _time,
    "decimal": _number,
    "function-after": _spelling,
    "literal": _literal,
}
