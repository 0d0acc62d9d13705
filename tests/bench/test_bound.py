"""The table of bounds: what it tells adds up."""

from __future__ import annotations

import pytest

from bench import bound


def test_the_gap_is_told_apart_by_allocation_and_routing(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--orders", "30", "--hubs", "2", "--seeds", "3", "--tight", "--seconds", "3", "--plan-seconds", "2"]
    assert bound.main(asked) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[:7] == ["drop", "plan", "bound", "gap", "%", "allocation", "routing"]
    name, plan, proved, gap, allocation, routing, *_ = row.split()
    assert name == "30-3-tight"
    assert 0 < int(proved) <= int(plan)
    assert float(gap) == pytest.approx(100 * (1 - int(proved) / int(plan)), abs=0.06)
    assert float(gap) == pytest.approx(float(allocation) + float(routing), abs=0.16)
    assert float(allocation) >= 0
