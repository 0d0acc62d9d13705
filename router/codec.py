"""JSON to records and back, canonical JSON with its hash, and the two JSON Schemas.

A document is looked at three times before any record is handed on: as text, as a whole (times, references, doubles),
and for its form (types, ranges, unknown and missing fields). ``router.faults`` does the looking and reports whatever
it finds as ``Fault`` records with a JSON pointer; pydantic makes the records of a document that passes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import SchemaValidator

from router import faults
from router.errors import Fault, Faulty
from router.model import Drop
from router.plan import Plan

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

_Document = TypeVar("_Document", Drop, Plan)


def read_drop(data: bytes) -> Drop:
    """The drop that ``data`` (UTF-8 JSON) spells. Raises ``Faulty`` with every fault of the document."""
    return _read(data, Drop, "drop", faults.of_drop)


def read_plan(data: bytes) -> Plan:
    """The plan that ``data`` (UTF-8 JSON) spells; whether it is valid is for ``router.check``. Raises ``Faulty``."""
    return _read(data, Plan, "plan", faults.of_plan)


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
    made = GenerateJsonSchema().generate(_form(kind).described)
    _allow_x_fields(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind.__name__, **made}


def plain(record: object) -> Any:
    """A record as JSON values; optional fields at their default are left out, a parcel's trip and collection never."""
    kind = type(record)
    if kind in _SCALARS:
        return record
    if isinstance(record, datetime):
        return record.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"
    if isinstance(record, tuple):
        return list(record) if not record or type(record[0]) in _SCALARS else [plain(item) for item in record]
    if isinstance(record, dict):
        return {key: plain(item) for key, item in record.items()}
    if is_dataclass(kind):
        made: dict[str, Any] = {}
        for part in _SHAPES.get(kind) or _shape(kind):
            value = getattr(record, part.name)
            if value is not part.unwritten and value != part.unwritten:
                if part.is_real and value is not None:
                    made[part.name] = float(value) + 0.0  # 60 is 60.0, and -0.0 is 0.0
                else:
                    made[part.name] = value if type(value) in _SCALARS else plain(value)
        return made
    return record


_SCALARS = frozenset({str, int, float, bool, type(None)})


class _Part(NamedTuple):
    """A field of a record, the value at which it is left out, and whether it holds a real number."""

    name: str
    unwritten: object
    is_real: bool


_SHAPES: dict[Any, tuple[_Part, ...]] = {}


def _shape(kind: Any) -> tuple[_Part, ...]:
    hints = get_type_hints(kind)

    def unwritten(name: str, default: object, factory: Any) -> object:
        if (kind.__name__, name) in _SHOWN:
            return MISSING
        return default if factory is MISSING else factory()

    return _SHAPES.setdefault(
        kind,
        tuple(
            _Part(
                part.name,
                unwritten(part.name, part.default, part.default_factory),
                float in (hints[part.name], *get_args(hints[part.name])),
            )
            for part in fields(kind)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A format as pydantic describes it, and what makes records of JSON that keeps to the description."""

    described: Any
    maker: SchemaValidator


_FORMS: dict[Any, _Form] = {}


def _form(kind: type[Drop] | type[Plan]) -> _Form:
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
        name = (made["dataclass_name"], field["name"])
        if name[1] in always.get(name[0], ()):
            field["schema"] = field["schema"]["schema"]
            if name[1].endswith("_at"):
                field["schema"] = field["schema"]["schema"]
        elif name[1] in _NEVER_NULL.get(name[0], ()):
            field["schema"]["schema"] = field["schema"]["schema"]["schema"]
    return made


def _read(data: bytes, kind: type[_Document], what: str, scan: Callable[[dict[str, Any]], list[Fault]]) -> _Document:
    text = faults.parse(data)
    found = [*text.faults, *(scan(text.tree) if isinstance(text.tree, dict) else ())]
    if found:
        raise Faulty(what, _every(found, text, kind))
    given = data if text.as_given else json.dumps(text.tree)
    del text  # a matrix of 2 000 places is large enough to hold only once
    try:
        document: _Document = _form(kind).maker.validate_json(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        text = faults.parse(data)
        raise Faulty(what, _every([], faults.tidy(text), kind) or (_as_told(dict(first)),)) from None
    return document


def _every(found: list[Fault], text: faults.Text, kind: type[Drop] | type[Plan]) -> tuple[Fault, ...]:
    """The faults found, those of form, and a last one where there are too many to list."""
    if text.tree is None and text.faults:
        return faults.in_order(found)
    every = [*found, *islice(faults.of_form(text.tree, _form(kind).described), faults.MOST)]
    if len(every) < faults.MOST:
        return faults.in_order(every)
    message = f"has too many faults to list; the first {faults.MOST} are here"
    return (*faults.in_order(every)[: faults.MOST], Fault(pointer="", code="too-many-faults", message=message))


def _as_told(error: dict[str, Any]) -> Fault:
    """A fault in pydantic's own words, should it ever refuse what ``router.faults`` lets through."""
    pointer = "".join(f"/{part}".replace("~", "~0") for part in error["loc"])
    return Fault(pointer=pointer, code="wrong-type", message=error["msg"])


def _allow_x_fields(node: Any) -> None:
    """Closed objects let x- fields through; defaults that no document can spell are taken out."""
    if isinstance(node, dict):
        if node.pop("additionalProperties", None) is False:
            node |= {"additionalProperties": False, "patternProperties": {"^x-": {}}}
        if str(node.get("default", "")).startswith("9999-12-31"):
            del node["default"]
        for value in node.values():
            _allow_x_fields(value)
    elif isinstance(node, list):
        for value in node:
            _allow_x_fields(value)
