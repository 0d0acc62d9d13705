"""The pages on the two formats and on errors say what the code does: every code, every example, every field."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from router import codec, committed
from router.check import findings
from router.errors import Faulty
from router.model import Drop
from router.plan import Plan
from tests.architecture.sources import ROOT, sources
from tests.faulty import CASES

ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
OF_TEXT = {"duplicate-key", "lone-surrogate", "not-json", "not-utf-8", "too-deep", "too-many-faults", "too-precise"}
"""Codes of faults that a text has before it is a document; tests/unit/test_faults.py shows each of them."""

LATER = {"costing-unknown", "off-road"} | {code for code, _ in committed.RULES.values()}
"""Codes of faults that take roads or distances: tests/unit/test_prepare.py and test_committed_faults.py show each."""

SERVICE = {"bad-extract", "drop-id", "held-and-cleared", "overlapping-waves", "unknown-carrier"}
"""Codes of faults that only bodies sent to the service have: tests/unit/test_drop_settings.py, test_ordering.py show
each."""

CONTRACT = {"bad-date"}
"""Codes of faults that take a date, which only contracts have: tests/sla/test_codec.py shows each."""

PYDANTIC = {"dataclass-args", "definition-ref", "function-after"}
"""Hyphenated words that are not codes, but kinds of a core schema."""


def headings(part: str) -> list[str]:
    """The headings of the third level in one part of the page on errors."""
    return re.findall(r"^### (.+)$", ERRORS.partition(f"\n## {part}\n")[2].partition("\n## ")[0], flags=re.MULTILINE)


def fault_codes() -> set[str]:
    """In the files that find faults every hyphenated word is a code; elsewhere, what is handed to Fault as one."""
    found = set()
    for path in sources("router", "api"):
        at_home = path.parent.name == "faults" or path.name in ("codec.py", "committed.py", "drop_settings.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if at_home and isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", node.value) else set()
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault":
                given = {each.arg: each.value for each in node.keywords}.get("code")
                found |= {given.value} if isinstance(given, ast.Constant) else set()
    return found - PYDANTIC


def error_codes() -> Iterator[str]:
    """The code of every class of error: ``code, title = "one", "other"`` in a class, or ``code: ... = "one"``."""
    for path in sources("router", "sla", "api"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for line in node.body if isinstance(node, ast.ClassDef) else ():
                target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
                names = [each.id for each in getattr(target, "elts", [target]) if isinstance(each, ast.Name)]
                if names[:1] == ["code"] and line.value is not None:
                    value = ast.literal_eval(line.value)
                    yield value[0] if isinstance(value, tuple) else value


def test_every_code_of_a_fault_has_its_heading_and_no_heading_is_left_over() -> None:
    assert sorted(headings("Faults of a document")) == sorted(fault_codes())


def test_every_code_of_a_fault_is_shown_to_happen() -> None:
    shown = {code for case in CASES for _, code in case.values[2]}
    assert sorted(shown | OF_TEXT | LATER | SERVICE | CONTRACT) == sorted(fault_codes())


def test_every_code_of_an_error_has_its_heading_and_no_heading_is_left_over() -> None:
    codes = list(error_codes())
    assert len(codes) == len(set(codes))
    assert sorted(headings("Errors")) == sorted(codes)


def test_every_heading_is_followed_by_what_it_means_and_what_to_do() -> None:
    for part in ("Faults of a document", "Errors"):
        for name in headings(part):
            said = ERRORS.partition(f"\n### {name}\n")[2].partition("\n#")[0].split()
            assert len(said) > 8, name


BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", FORMATS, flags=re.DOTALL | re.MULTILINE)
EXAMPLES = [json.loads(text) for kind, text in BLOCKS if kind == "json"]
WHOLE = {each["format"]: each for each in EXAMPLES if "format" in each}
DROP, PLAN = WHOLE["dropwright.drop/1"], WHOLE["dropwright.plan/1"]


def read_drop(tree: dict[str, Any]) -> Drop:
    return codec.read_drop(json.dumps(tree).encode())


def tables() -> dict[str, list[tuple[str, str]]]:
    """For each record that the page has a table of: its fields, with what their absence means."""
    found = {}
    for section in re.split(r"^### ", FORMATS, flags=re.MULTILINE)[1:]:
        rows = re.findall(r"^\| (\w+) \| .* \| ([^|]+) \|$", section.partition("\n## ")[0], flags=re.MULTILINE)
        found[section.split()[0]] = [row for row in rows if row[0] != "field"]
    return found


def records() -> dict[str, dict[str, Any]]:
    """For each record of either format: its part of the JSON Schema. A plan's own word on parcels counts."""
    found: dict[str, dict[str, Any]] = {}
    for kind in (Drop, Plan):
        schema = codec.schema(kind)
        found |= {kind.__name__: schema, **schema["$defs"]}
    return found


def test_every_record_has_its_table_and_every_table_its_record() -> None:
    assert sorted(tables()) == sorted(records())


@pytest.mark.parametrize("name", sorted(records()))
def test_a_table_has_the_fields_of_its_record_and_says_which_may_be_absent_or_null(name: str) -> None:
    record = records()[name]
    said = tables()[name]
    assert [field for field, _ in said] == list(record["properties"])
    assert {field for field, absent in said if absent.startswith("required")} == set(record.get("required", ()))
    nullable = {field for field, spelt in record["properties"].items() if {"type": "null"} in spelt.get("anyOf", ())}
    assert {field for field, absent in said if "null too" in absent} == nullable


def test_the_plan_of_the_example_is_valid_for_the_drop_of_the_example() -> None:
    assert findings(read_drop(DROP), codec.read_plan(json.dumps(PLAN).encode())) == ()


def test_what_the_page_shows_in_part_is_sound_within_the_example_or_has_the_faults_that_are_told() -> None:
    shown = 0
    for (kind, text), (following, told) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        part = json.loads(text) if kind == "json" else {"format": ""}
        if "format" in part:
            continue
        shown += 1
        try:
            read_drop({**DROP, **part})
        except Faulty as faulty:
            assert "".join(f"{fault}\n" for fault in faulty.faults) == told
        else:
            assert following != "text"
    assert shown == 3


def test_the_python_of_the_page_runs(tmp_path: Path) -> None:
    (tmp_path / "drop.json").write_text(json.dumps(DROP), encoding="utf-8")
    code = "".join(text for kind, text in BLOCKS if kind == "python")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.startswith(codec.sha256(read_drop(DROP)))
