"""Leases under fire: workers are processes that are killed and paused, and no job is lost or published twice."""

from __future__ import annotations

from tests.jobs import chaos, lost


def test_no_job_is_lost_or_published_twice_where_workers_are_killed_and_paused(database: str) -> None:
    found = chaos.run(database, count=60, kills=6, pauses=6, within_s=240)
    assert (found.kills, found.pauses) == (6, 6)
    assert (found.lost, found.twice, found.unpublished) == (0, 0, 0)
    assert sum(found.states.values()) == 60
    assert set(found.states) <= {"done", "dead"}
    assert found.again > 0


def test_the_job_of_a_worker_that_is_killed_in_a_solve_is_done_by_another_and_its_solver_ends(database: str) -> None:
    found = lost.kill_in_solve(database)
    assert (found.attempts, found.state, found.left) == (2, "cancelled", 0)
    assert found.solver_gone_s < found.claimed_s
