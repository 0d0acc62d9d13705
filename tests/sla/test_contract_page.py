"""docs/contracts.md says what the code does: every field, every event, every code, every reason."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, fields, is_dataclass
from typing import get_args

from router.model import Record
from sla import contract, template
from sla.compile import Reason
from sla.event_types import EVENT_TYPES
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
FINDERS = ("compile", "faults", "spelling", "text", "versions")
"""Modules of sla in which a hyphenated word is a code of a fault or of an error, or a reason."""

HEADS = (("field", "absent"), ("code", "means"), ("reason", "because"))


def part(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[tuple[str, str]]:
    """First cell and last word of each row of the tables in a text, headings left out."""
    found = re.findall(r"^\| ([a-z0-9_-]+) \|.* ([^|]+) \|$", text, flags=re.MULTILINE)
    return [row for row in found if row not in HEADS]


def records() -> dict[str, type]:
    return {
        name: value
        for name, value in vars(contract).items()
        if is_dataclass(value) and isinstance(value, type) and issubclass(value, Record)
    }


def test_every_record_has_its_table_with_every_field_and_what_is_required() -> None:
    sections = re.split(r"^### ", part("Fields"), flags=re.MULTILINE)[1:]
    said = {section.split()[0]: rows(section) for section in sections}
    assert sorted(said) == sorted(records())
    for name, record in records().items():
        parts = fields(record)
        assert [field for field, _ in said[name]] == [each.name.removesuffix("_") for each in parts], name
        required = {each.name.removesuffix("_") for each in parts if each.default is each.default_factory is MISSING}
        assert {field for field, absent in said[name] if absent == "required"} == required, name


def test_every_type_of_event_is_named() -> None:
    assert tuple(re.findall(r"`([a-z_.]+)`", part("Events"))) == EVENT_TYPES


def test_every_reason_is_told() -> None:
    assert [reason for reason, _ in rows(part("What a drop is told"))] == sorted(get_args(Reason))


def test_every_code_of_a_fault_or_error_is_told_somewhere_and_none_is_left_over() -> None:
    used = set()
    for name in FINDERS:
        for node in ast.walk(ast.parse((ROOT / "sla" / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used |= {node.value} if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", node.value) else set()
    used |= {f"unknown-{what}" for what in ("calendar", "pool", "term", "tier")}
    used -= {"utf-8-sig", "utf-16-le", "door-to-door"} | set(get_args(Reason))
    own = {code for code, _ in rows(part("Faults"))}
    shared = set(re.findall(r"^### ([a-z0-9-]+)$", ERRORS, flags=re.MULTILINE))
    assert used - shared - own == set()
    assert own - used == set()
    assert [code for code, _ in rows(part("Faults"))] == sorted(own)


def test_every_template_is_named() -> None:
    named = PAGE.partition("\nTemplates: ")[2].partition("\n\n")[0]
    assert re.findall(r"`([a-z-]+)`", named) == [
        each for each in ("collective-fulfilment", "hub", "courier", "parcel-carrier") if each in template.names()
    ]
    assert len(template.names()) == 4
