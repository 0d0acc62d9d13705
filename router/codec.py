"""JSON to records and back, canonical JSON with its hash, and the two JSON Schemas.

A document is looked at three times before any record is handed on: as text, as a whole (times, references, doubles),
and for its form (types, ranges, unknown and missing fields). ``router.faults`` does the looking and reports whatever
it finds as ``Fault`` records with a JSON pointer; pydantic makes the records of a document that passes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import SchemaValidator, from_json

from router import faults
from router.errors import Fault, Faulty
from router.model import Drop
from router.plan import Plan
from router.spelling import Spelling

_NEVER_NULL = {
    "Location": ("lat", "lon", "place"),
    "Travel": ("places", "extract"),
    "Profile": ("detour", "metres_per_second", "metres", "seconds", "costing"),
    "Courier": ("hubs",),
    "Order": ("hubs",),
    "Plan": ("certificate",),
    "Unserved": ("detail",),
    "Certificate": ("seconds",),
}
"""Fields that may be absent but not null, though absent is ``None`` in their record."""

_ALWAYS = {"Parcel": ("trip", "collection", "shipped_at", "delivered_at"), "ParcelLine": ("contingency",)}
"""Fields that a plan must show, though a drop's committed records may leave them out."""

_SHOWN = {("Parcel", "trip"), ("Parcel", "collection"), ("ParcelLine", "contingency")}
"""Fields that are written even at their default."""

_TITLES: dict[Any, str] = {Drop: "dropwright.drop/1", Plan: "dropwright.plan/1"}
_Kind = TypeVar("_Kind")
Scan = Callable[[dict[str, Any]], list[Fault]]
"""A look at the values of a document that finds what its form does not show."""


def read_drop(data: bytes) -> Drop:
    """The drop that ``data`` (UTF-8 JSON) spells. Raises ``Faulty`` with every fault of the document."""
    return _read(data, Drop, "drop", faults.of_drop)


def read_plan(data: bytes) -> Plan:
    """The plan that ``data`` (UTF-8 JSON) spells; whether it is valid is for ``router.check``. Raises ``Faulty``."""
    return _read(data, Plan, "plan", faults.of_plan)


def read_as(kind: type[_Kind], data: bytes, what: str, scan: Scan | None = None) -> _Kind:
    """The record of class ``kind`` that ``data`` (UTF-8 JSON) spells; ``what`` names it to the reader of a fault.

    References, and times that contradict each other, are found by ``scan``, which looks at the values before a record
    is made. The character U+0000 is a fault, since no database keeps it. Raises ``Faulty`` with the faults of all, and
    passes on what the record itself raises.
    """

    def look(tree: dict[str, Any]) -> list[Fault]:
        nul = faults.of_nul(tree) if b"\\u0000" in data else ()
        return [*nul, *faults.of_times(tree, _form(kind).described), *(scan(tree) if scan else ())]

    return _read(data, kind, what, look)


def values(data: bytes) -> Any:
    """JSON values and nothing more, for those who read millions of short texts and check them by themselves.

    Of a name that is spelt twice the last counts. Raises ValueError.
    """
    return from_json(data, allow_inf_nan=False)


def made_of(kind: type[_Kind], text: faults.Text, what: str, scan: Scan) -> _Kind:
    """The record of class ``kind`` that values read from any notation spell, looked at as ``read_as`` does.

    ``text``: the values, with the faults of their notation. A record's field ``from_`` is spelt ``from``, and a
    ``Spelling`` is spelt as a string. Raises ``Faulty``.
    """
    form = _form(kind)
    given = _looked_at(replace(text, as_given=False), b"", form, what, scan)
    try:
        made: _Kind = form.maker.validate_json(given)
    except ValidationError as error:
        raise Faulty(what, _every([], text, form) or (_of_pydantic(error),)) from None
    return made


def write(document: Drop | Plan) -> bytes:
    """A drop or plan as JSON, one record a line; reading it gives an equal record back."""
    dump = json.JSONEncoder(ensure_ascii=False).encode
    rows = []
    for key, value in plain(document).items():
        if isinstance(value, list) and value:
            spelt = "[\n" + ",\n".join([f"    {dump(item)}" for item in value]) + "\n  ]"
        else:
            spelt = dump(value)
        rows.append(f"  {dump(key)}: {spelt}")
    return ("{\n" + ",\n".join(rows) + "\n}\n").encode()


def canonical(record: object) -> bytes:
    """One spelling for equal records: keys sorted, no spaces, times in UTC, defaults left out."""
    return json.dumps(plain(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(record: object) -> str:
    """Hash of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(record)).hexdigest()


def schema(kind: type[Drop] | type[Plan]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a format. Times, references and doubles are checked beyond it on reading."""
    made: dict[str, Any] = _for_readers(GenerateJsonSchema().generate(_form(kind).described))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": _TITLES[kind], **made}


def schema_of(kind: type[Any], *, ref_template: str) -> dict[str, Any]:
    """The JSON Schema of any record class as ``read_as`` reads it, its parts under ``$defs``."""
    made = GenerateJsonSchema(ref_template=ref_template).generate(_form(kind).described)
    described: dict[str, Any] = _for_readers(made)
    return {"title": kind.__name__, **described}


def plain(record: object) -> Any:
    """A record as JSON values; optional fields at their default are left out, a parcel's trip and collection never."""
    shape = _SHAPES.get(type(record))
    if shape is not None:
        made = {}
        for name, unwritten, is_real in shape:
            value = getattr(record, name)
            if value is not unwritten and value != unwritten:
                if is_real and value is not None:
                    value = float(value) + 0.0  # 60 is 60.0, and -0.0 is 0.0
                made[name.removesuffix("_")] = value if type(value) in _SCALARS else plain(value)
        return made
    if isinstance(record, datetime):
        return record.astimezone(UTC).isoformat()[:19] + "Z"
    if isinstance(record, date):
        return record.isoformat()
    if isinstance(record, Spelling):
        return str(record)
    if isinstance(record, Decimal):
        return int(record) if record == record.to_integral_value() else float(record)
    if isinstance(record, tuple):
        return list(record) if not record or type(record[0]) in _SCALARS else [plain(item) for item in record]
    if isinstance(record, dict):
        return {key: plain(item) for key, item in record.items()}
    if is_dataclass(record):
        _SHAPES[type(record)] = _shape(type(record))
        return plain(record)
    return record


_SCALARS = frozenset({str, int, float, bool, type(None)})
_Shape = tuple[tuple[str, object, bool], ...]
_SHAPES: dict[Any, _Shape] = {}


def _shape(kind: Any) -> _Shape:
    """Of each field of a record: its name, the value at which it is left out, and whether it is a real number."""
    hints = get_type_hints(kind)

    def unwritten(name: str, default: object, factory: Any) -> object:
        if (kind.__name__, name) in _SHOWN:
            return MISSING
        return default if factory is MISSING else factory()

    return tuple(
        (
            part.name,
            unwritten(part.name, part.default, part.default_factory),
            float in (hints[part.name], *get_args(hints[part.name])),
        )
        for part in fields(kind)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A format as pydantic describes it, and what makes records of JSON that keeps to the description."""

    described: Any
    maker: SchemaValidator


_FORMS: dict[Any, _Form] = {}


def _form(kind: type[Any]) -> _Form:
    """Made at first use: it takes a while, and the command line often needs only one of the two."""
    if kind not in _FORMS:
        described = _stricter(TypeAdapter(kind).core_schema, _ALWAYS if kind is Plan else {})
        _FORMS[kind] = _Form(described=described, maker=SchemaValidator(described))
    return _FORMS[kind]


def _stricter(node: Any, always: dict[str, tuple[str, ...]]) -> Any:
    """The description with what type hints cannot say, and with lists that give up at their first bad entry.

    Without that, a document that is wrong in a million places would fill the memory before it is refused; which
    entries are bad is told by ``faults.of_form``.
    """
    if isinstance(node, list):
        return [_stricter(each, always) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: each if key in ("cls", "config", "default") else _stricter(each, always) for key, each in node.items()}
    if made.get("type") == "tuple":
        made["fail_fast"] = True
    for field in made["fields"] if made.get("type") == "dataclass-args" else ():
        if field["name"].endswith("_"):  # a word that Python keeps for itself, such as from
            field["validation_alias"] = field["name"].removesuffix("_")
        name = (made["dataclass_name"], field["name"])
        if name[1] in always.get(name[0], ()):
            field["schema"] = field["schema"]["schema"]
            if name[1].endswith("_at"):
                field["schema"] = field["schema"]["schema"]
        elif name[1] in _NEVER_NULL.get(name[0], ()):
            field["schema"]["schema"] = field["schema"]["schema"]["schema"]
    return made


def _read(data: bytes, kind: type[_Kind], what: str, scan: Scan) -> _Kind:
    form = _form(kind)
    given = _looked_at(faults.parse(data), data, form, what, scan)
    try:
        document: _Kind = form.maker.validate_json(given)
    except ValidationError as error:
        raise Faulty(what, _of_refused(error, data, form)) from None
    return document


def _looked_at(text: faults.Text, data: bytes, form: _Form, what: str, scan: Scan) -> bytes | str:
    """JSON without the oddities that ``faults.parse`` takes out, for pydantic. Raises ``Faulty``.

    ``data``: the JSON of which the text was read, to be used where it has no oddities.
    """
    found = [*text.faults]
    if isinstance(text.tree, dict):
        found += [*scan(text.tree), *islice(faults.of_top(text.tree, form.described), faults.MOST)]
    if found or not isinstance(text.tree, dict):
        raise Faulty(what, _every(found, text, form))
    if text.as_given:
        return data
    try:
        return json.dumps(text.tree)
    except RecursionError:
        text = faults.tidy(text)
    raise Faulty(what, _every([*text.faults], text, form))


def _of_refused(error: ValidationError, data: bytes, form: _Form) -> tuple[Fault, ...]:
    """Every fault of a document that pydantic refused."""
    first = error.errors(include_url=False, include_input=False)[0]
    text = faults.parse(data)
    if first["type"] == "json_invalid":  # nested deeper than that reader goes
        text = faults.tidy(text)
    found = _every([*text.faults], text, form)
    if not found:  # pydantic knows something that faults.of_form does not: better its words than none
        found = (_of_pydantic(error),)
    return found


def _of_pydantic(error: ValidationError) -> Fault:
    first = error.errors(include_url=False, include_input=False)[0]
    pointer = "".join(f"/{faults.escape(str(part))}" for part in first["loc"])
    return Fault(pointer=pointer, code="wrong-type", message=first["msg"])


def _every(found: list[Fault], text: faults.Text, form: _Form) -> tuple[Fault, ...]:
    """The faults found, those of form, and a last one where there are too many to list."""
    if text.tree is None and text.faults:
        return faults.in_order(found)
    every = [*found, *islice(faults.of_form(text.tree, form.described), faults.MOST)]
    if len(every) < faults.MOST:
        return faults.in_order(every)
    message = f"has too many faults to list; the first {faults.MOST} are here"
    return (*faults.in_order(every)[: faults.MOST], Fault(pointer="", code="too-many-faults", message=message))


def _for_readers(node: Any) -> Any:
    """pydantic's JSON Schema, with x- fields let through, and without what no document can spell."""
    if isinstance(node, list):
        return [_for_readers(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _for_readers(each) for key, each in node.items() if key != "title" or not isinstance(each, str)}
    if made.get("additionalProperties") is False:
        made["patternProperties"] = {"^x-": True}
    if str(made.get("default")).startswith("9999-12-31") or (made.get("default", 0) is None and "anyOf" not in made):
        del made["default"]
    if isinstance(said := made.get("description"), str):
        made["description"] = f"{said.split('. ')[0].rstrip('.')}.".replace("``", "`").replace("`None`", "`null`")
    return made
