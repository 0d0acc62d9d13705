"""The cases worked out by hand, through the command and through the oracle."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.sla import oracle
from tests.sla.table import Case, cases

CASES = cases()


def test_there_are_as_many_cases_as_names_and_more_than_eighty():
    assert len({case.name for case in CASES}) == len(CASES) > 80


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_command_prints_the_rows_worked_out_by_hand(case: Case, tmp_path: Path):
    contract, events = tmp_path / "contract.json", tmp_path / "events.jsonl"
    contract.write_text(json.dumps(case.contract))
    events.write_text("".join(json.dumps(event) + "\n" for event in case.events))
    at = ["--at", case.at] if case.at else []
    ran = CliRunner().invoke(app, ["sla", "replay", str(events), str(contract), *at])
    assert ran.exit_code == 0, ran.output
    _compare(case, ran.stdout.splitlines())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_oracle_comes_to_the_rows_worked_out_by_hand(case: Case):
    _compare(case, oracle.replay(case.contract, case.events, case.at))


def _compare(case: Case, lines: list[str]) -> None:
    found = [json.loads(line) for line in lines]
    of_kinds = [row for row in found if row["kind"] in case.kinds()]
    assert [_only(row, wanted) for row, wanted in zip(of_kinds, case.rows, strict=False)] == list(case.rows)
    assert len(of_kinds) == len(case.rows), of_kinds
    assert not [row for row in found if row["kind"] in case.none]


def _only(row: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The fields of a row that the case is about, and its kind."""
    return {key: row.get(key, "no such field") for key in wanted}
