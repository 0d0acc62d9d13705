"""The product beside the oracle, on made-up contracts and logs; ``python -m tests.sla.compare`` does it at length."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.sla import oracle
from tests.sla.compare import difference
from tests.sla.generate import world

SEEDS = (*range(16), 38)
"""The last is one that earns a credit back."""


@pytest.mark.parametrize("seed", SEEDS)
def test_no_row_of_a_made_up_log_differs_from_the_oracle(seed: int):
    compared, found = difference(seed)
    assert compared > 100
    assert found == []


@pytest.mark.parametrize("seed", [101, 102])
def test_the_command_prints_the_bytes_of_the_oracle(seed: int, tmp_path: Path):
    made, told, at = world(seed, orders=20)
    contract, events = tmp_path / "contract.json", tmp_path / "events.jsonl"
    contract.write_text(json.dumps(made))
    events.write_text("".join(json.dumps(event) + "\n" for event in told))
    ran = CliRunner().invoke(app, ["sla", "replay", str(events), str(contract), *(["--at", at] if at else [])])
    assert ran.exit_code == 0, ran.output
    assert ran.stdout_bytes == "".join(row + "\n" for row in oracle.replay(made, told, at)).encode()


def test_the_made_up_logs_reach_every_state_and_every_rule():
    seen: set[str] = set()
    for seed in SEEDS:
        made, told, at = world(seed, orders=40)
        for line in oracle.replay(made, told, at):
            row = json.loads(line)
            seen |= {f"{row['kind']} {row.get('state', 'row')}", *(f"{key} set" for key, value in row.items() if value)}
            seen |= {f"cap {name}" for name, took in row.get("cap_took", {}).items() if took}
            if row.get("attributed_to") not in (None, row.get("party")):
                seen.add("recourse")
    states = ("scheduled", "running", "paused", "met", "breached", "cancelled", "not_qualified")
    wanted = {f"clock {state}" for state in states} | {f"ratio {state}" for state in ("met", "breached", "not_judged")}
    wanted |= {"cap event", "cap window", "cap twelve_months", "recourse", "excluded set", "at_risk_at set"}
    wanted |= {"paused_seconds set", "percent_of_fees set", "earned_back set"}
    assert wanted <= seen
