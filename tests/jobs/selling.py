"""A service with a small drop that can be planned."""

from __future__ import annotations

from api.db import jobs
from api.db.jobs import Job
from tests.drops import base_drop
from tests.market import orders_of, register, settings_of
from tests.web.service import TENANT, Service

DROP = base_drop()
PLANS = f"/v1/drops/{DROP.id}/plans"


def fill(service: Service) -> None:
    """Opens the drop and posts its orders."""
    with service.store.write() as db:
        register(db, DROP)
    service.post("/v1/drops", json=settings_of(DROP)).raise_for_status()
    for order in orders_of(DROP):
        service.post(f"/v1/drops/{DROP.id}/orders", json=order).raise_for_status()


def asked(service: Service, **given: object) -> str:
    """Has the drop planned by a worker, and gives the path of the job."""
    found: str = service.post(PLANS, json={"seconds": 6, **given}).raise_for_status().headers["location"]
    return found


def job(service: Service, path: str) -> Job:
    with service.store.read() as db:
        return jobs.get(db, TENANT, path.rpartition("/")[2])
