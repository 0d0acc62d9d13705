"""Solvers that come to grief in a job: it ends in a state that says so, and the worker goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from api import planning, solver
from api.db import plans
from tests.jobs import selling
from tests.jobs.crashes import CRASHES, LARGEST, TIMES, crashing
from tests.web.service import TENANT, Service, serving

SCRIPTS = ("segfault", "claim_a_lower_cost")
"""``test_solver.py`` has them all, ``bench.crashes`` has them all in jobs."""


@pytest.fixture
def service(database: str) -> Iterator[Service]:
    with serving(database) as running:
        selling.fill(running)
        yield running


def planned_by(service: Service, **solving: Any) -> str:
    """Has the drop planned by a job whose solver is this one, and gives the path of the job."""
    path, worker = selling.asked(service), service.app.state.worker
    solve = partial(solver.plan, **{"grant": LARGEST, **solving})
    worker.handlers = {planning.PLAN: partial(worker.handlers[planning.PLAN], solve=solve)}
    lease = worker.claim()
    assert lease is not None
    worker.do(lease)
    return path


def test_a_job_whose_solver_comes_to_grief_is_done_by_greedy_and_the_plan_says_why(service: Service) -> None:
    for version, name in enumerate(SCRIPTS, 1):
        path = planned_by(service, solver=crashing(name), deadline_s=TIMES.get(name))
        found = selling.job(service, path)
        assert (found.state, found.result and found.result["version"]) == ("done", version), name
        with service.store.read() as db:
            entry = plans.get(db, TENANT, selling.DROP.id, version)
        assert entry.instead_of is not None
        assert entry.instead_of.code == CRASHES[name][0]


def test_a_job_for_which_every_solver_comes_to_grief_has_failed_and_may_be_tried_again(service: Service) -> None:
    path = planned_by(service, grant=replace(solver.GRANT, memory_bytes=64 * 2**20))
    found = selling.job(service, path)
    assert found.state == "failed"
    assert found.reason in solver.MISHAPS
    assert found.detail is not None
    assert "then, with greedy" in found.detail
    assert service.get(selling.PLANS).json()["items"] == []
    assert service.post(f"{path}/retry").json()["state"] == "queued"


def test_what_a_solver_writes_instead_of_a_reason_is_kept_as_far_as_a_database_can(service: Service) -> None:
    found = selling.job(service, planned_by(service, solver=crashing("refuse_unspeakably")))
    assert (found.state, found.reason, found.detail) == ("failed", "unspeakable", "? and ?")
