"""Leases under fire: workers are processes that are killed and paused, and no job is lost or published twice."""

from __future__ import annotations

from pathlib import Path

from tests.jobs import chaos, lost


def test_no_job_is_lost_or_published_twice_where_workers_are_killed_and_paused(database: str) -> None:
    found = chaos.run(database, count=30, kills=4, pauses=4, within_s=240)
    assert (found.kills, found.pauses) == (4, 4)
    assert (found.lost, found.twice, found.unpublished) == (0, 0, 0)
    assert sum(found.states.values()) == 30
    assert set(found.states) <= {"done", "dead"}
    assert found.again > 0


def test_the_job_of_a_worker_that_is_killed_in_a_solve_is_done_by_another_and_its_solver_ends(tmp_path: Path) -> None:
    found = lost.kill_in_solve(f"sqlite:///{tmp_path / 'd.db'}")  # bench.leases has it on PostgreSQL too
    assert (found.attempts, found.state, found.left) == (2, "cancelled", 0)
    assert found.solver_gone_s < found.claimed_s
