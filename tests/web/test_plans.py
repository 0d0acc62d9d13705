"""Plans over HTTP: made, looked at, overridden, released; by one planner at a time."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import func, select

from api.db.tables.events import events
from api.db.tables.jobs import jobs as job_rows
from api.db.tables.orders import order_units
from api.db.tables.plans import documents, plans
from api.db.tables.registry import couriers
from api.db.tables.releases import pick_lists
from api.db.tables.stock import stock
from api.principal import Role
from router import codec
from router.check import findings
from router.plan import Plan
from tests.db.shelves import counted
from tests.drops import base_drop
from tests.market import keen_settings_of, orders_of, register, settings_of
from tests.web.service import OTHER, Service

DROP = base_drop()
PATH = f"/v1/drops/{DROP.id}"
PLANS = f"{PATH}/plans"
WITHIN_S = 120


@pytest.fixture
def selling(service: Service) -> Service:
    """A closed drop with its four orders."""
    with service.store.write() as db:
        register(db, DROP)
    assert service.post("/v1/drops", json=keen_settings_of(DROP)).status_code == 201
    for order in orders_of(DROP):
        assert service.post(f"{PATH}/orders", json=order).status_code == 201
    assert service.post(f"{PATH}/close").status_code == 200
    return service


def made(service: Service, **asked: Any) -> dict[str, Any]:
    """A plan that was made while the request waited."""
    answer = service.post(PLANS, json={"seconds": 0.2, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def work(service: Service) -> None:
    """Does what waits, as a worker of another process would."""
    worker = service.app.state.worker
    while (lease := worker.claim()) is not None:
        worker.do(lease)


def counts(service: Service, table: Any) -> int:
    with service.store.read() as db:
        return int(db.execute(select(func.count()).select_from(table)).scalar_one())


def happened(service: Service, kind: str) -> list[Any]:
    with service.store.read() as db:
        return list(db.execute(select(events).where(events.c.type == kind).order_by(events.c.position)))


def test_a_small_drop_is_planned_while_one_waits_and_the_referee_agrees(selling: Service) -> None:
    found = made(selling)
    assert (found["version"], found["plan"]["drop"]) == (1, DROP.id)
    drop = codec.read_drop(selling.get(f"{PLANS}/1/drop.json").content)
    plan = codec.read_plan(selling.get(f"{PLANS}/1/plan.json").content)
    assert findings(drop, plan) == ()
    assert codec.plain(plan) == found["plan"]
    entry = selling.get(f"{PLANS}/1").json()
    assert (entry["state"], entry["cost"], entry["orders"]) == ("draft", plan.cost.total, 4)
    assert entry["unserved"] == len(plan.unserved) == found["unserved"]
    assert [json.loads(each.data)["version"] for each in happened(selling, "plan.made")] == [1]


def test_a_document_is_not_sent_again_to_whoever_has_it(selling: Service) -> None:
    made(selling)
    etag = selling.get(f"{PLANS}/1/plan.json").headers["etag"]
    assert etag.strip('"') == selling.get(f"{PLANS}/1").json()["plan_sha256"]
    assert selling.get(f"{PLANS}/1/plan.json", headers={"If-None-Match": etag}).status_code == 304


def test_a_larger_drop_is_planned_by_a_worker_and_followed(selling: Service) -> None:
    answer = selling.post(PLANS, json={"seconds": 6, "seed": 3})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    where = answer.headers["location"]
    work(selling)
    job = selling.get(where).json()
    assert (job["state"], job["result"]["version"]) == ("done", 1)
    followed = selling.get(f"{where}/progress").text
    assert followed.startswith("id: done-")
    assert json.loads(followed.split("data: ")[1])["result"] == job["result"]
    assert selling.get(f"{PLANS}/1").json()["seed"] == 3
    assert [each["id"] for each in selling.get("/v1/jobs?state=done").json()["items"]] == [job["id"]]


def test_progress_comes_while_the_solver_works(selling: Service) -> None:
    where = selling.post(PLANS, json={"seconds": 6}).headers["location"]
    worker = threading.Thread(target=work, args=(selling,))
    worker.start()
    told = [
        json.loads(line.removeprefix("data: "))
        for line in selling.get(f"{where}/progress").text.splitlines()
        if line.startswith("data: ")
    ]
    worker.join()
    assert told[-1]["state"] == "done"
    costs = [each["progress"]["cost"] for each in told if each["progress"]]
    assert costs == sorted(costs, reverse=True)
    assert costs


def test_a_running_plan_is_cancelled_and_leaves_nothing(selling: Service) -> None:
    where = selling.post(PLANS, json={"seconds": 60}).headers["location"]
    worker = threading.Thread(target=work, args=(selling,))
    worker.start()
    give_up_at = monotonic() + WITHIN_S
    while selling.get(where).json()["progress"] is None and monotonic() < give_up_at:
        sleep(0.1)
    assert selling.post(f"{where}/cancel").status_code == 200
    worker.join(WITHIN_S)
    assert selling.get(where).json()["state"] == "cancelled"
    assert selling.get(PLANS).json()["items"] == []
    assert selling.post(f"{where}/cancel").json()["state"] == "cancelled"
    assert selling.post(f"{where}/retry").json()["state"] == "queued"


def test_a_dry_run_makes_no_version(selling: Service) -> None:
    found = made(selling, dry_run=True)
    assert found["version"] is None
    assert found["plan"]["drop"] == DROP.id
    assert selling.get(PLANS).json()["items"] == []


def test_of_many_planners_of_a_drop_one_wins(selling: Service) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: selling.post(PLANS, json={"seconds": 6}), range(16)))
    assert sorted(each.status_code for each in answers) == [202] + [409] * 15
    lost = next(each.json() for each in answers if each.status_code == 409)
    assert lost["type"] == "/problems/planning-already"
    work(selling)
    assert [each["version"] for each in selling.get(PLANS).json()["items"]] == [1]


def test_a_request_that_is_sent_again_plans_once(selling: Service) -> None:
    again = {"headers": {"Idempotency-Key": "k1"}}
    first, second = (selling.post(PLANS, json={"seconds": 0.2}, **again) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert counts(selling, job_rows) == 1
    other = selling.post(PLANS, json={"seconds": 2}, **again)
    assert other.json()["type"] == "/problems/idempotency-key-reused"


def test_a_later_version_supersedes_the_earlier_one(selling: Service) -> None:
    made(selling)
    made(selling, seed=2)
    listed = selling.get(f"{PLANS}?limit=1").json()
    rest = selling.get(f"{PLANS}?limit=1&cursor={listed['next']}").json()
    assert [(each["version"], each["state"]) for each in (*listed["items"], *rest["items"])] == [
        (2, "draft"),
        (1, "superseded"),
    ]
    answer = selling.post(f"{PLANS}/1/release")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/plan-outdated")
    assert selling.get(PATH).json()["state"] == "closed"


def test_a_pinned_order_comes_from_its_hub_until_the_pin_is_taken_back(selling: Service) -> None:
    def hubs_of(order: str) -> set[str]:
        return {each["hub"] for each in made(selling)["plan"]["parcels"] if each["order"] == order}

    pin = {"kind": "pin-order", "order": "o3", "hub": "pasila", "reason": "they asked"}
    assert hubs_of("o3") == {"kallio"}
    kept = selling.post(f"{PATH}/overrides", json=pin)
    assert (kept.status_code, kept.json()["created_by"]) == (201, "key/pop-up-engineer")
    assert hubs_of("o3") == set()  # pasila has no tea, so the order is left over rather than taken from elsewhere
    assert [each["order"] for each in selling.get(f"{PATH}/overrides").json()["items"]] == ["o3"]
    assert selling.send("DELETE", f"{PATH}/overrides/{kept.json()['id']}").status_code == 204
    assert selling.send("DELETE", f"{PATH}/overrides/{kept.json()['id']}").status_code == 404
    assert hubs_of("o3") == {"kallio"}


def test_a_forbidden_courier_does_not_drive(selling: Service) -> None:
    assert "bike-1" in {each["courier"] for each in made(selling)["plan"]["trips"]}
    selling.post(f"{PATH}/overrides", json={"kind": "forbid-courier", "courier": "bike-1"})
    assert "bike-1" not in {each["courier"] for each in made(selling)["plan"]["trips"]}


def test_an_override_that_names_nothing_of_the_drop_is_refused_with_every_fault(selling: Service) -> None:
    def faults(**given: str) -> list[tuple[str, str]]:
        answer = selling.post(f"{PATH}/overrides", json=given)
        assert answer.status_code == 422
        return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]

    assert faults(kind="pin-order", order="none", hub="nowhere") == [
        ("/hub", "unknown-hub"),
        ("/order", "unknown-order"),
    ]
    assert faults(kind="pin-order", courier="bike-1") == [
        ("/courier", "bad-value"),
        ("/hub", "missing-field"),
        ("/order", "missing-field"),
    ]
    assert faults(kind="forbid-courier", courier="nobody") == [("/courier", "unknown-courier")]


def test_a_release_takes_the_stock_hands_out_the_work_and_tells_the_partners(selling: Service) -> None:
    plan = codec.read_plan(json.dumps(made(selling)["plan"]).encode())
    with selling.store.read() as db:
        before = counted(db, ("kallio", "TEA-1"))
    answer = selling.post(f"{PLANS}/1/release")
    assert (answer.status_code, answer.json()["state"]) == (200, "released")
    picked = sum(
        line.quantity - line.contingency
        for parcel in plan.parcels
        for line in parcel.lines
        if (parcel.hub, line.sku) == ("kallio", "TEA-1")
    )
    with selling.store.read() as db:
        assert counted(db, ("kallio", "TEA-1")) == (before[0] - picked, 0)
    moved = selling.get("/v1/stock/movements?reason=picked&sku=TEA-1&hub=kallio").json()["items"]
    assert [(each["change"], each["reference"]) for each in moved] == [(-picked, f"drop/{DROP.id}")]
    left = {each.order for each in plan.unserved}
    states = {each["id"]: each["stock"] for each in selling.get(f"{PATH}/orders").json()["items"]}
    assert states == {order.id: "short" if order.id in left else "taken" for order in DROP.orders}
    assert selling.get(PATH).json()["state"] == "released"
    lists = selling.get("/v1/pick-lists", Role.HUB).json()["items"]
    assert {each["hub"] for each in lists} == {"kallio"}
    assert selling.get("/v1/trips", Role.COURIER).json()["items"]
    told = happened(selling, "pick-list.released")
    assert {each.partner for each in told} == {hub.partner for hub in DROP.hubs if hub.id in _hubs(plan)}
    assert {each.partner for each in happened(selling, "trip.released")} == {"pedal"}
    again = selling.post(f"{PLANS}/1/release")
    assert (again.status_code, again.json()) == (200, answer.json())
    assert len(happened(selling, "plan.released")) == 1


def _hubs(plan: Plan) -> set[str]:
    return {parcel.hub for parcel in plan.parcels}


def test_only_a_closed_drop_is_released_and_a_released_one_is_not_planned(service: Service) -> None:
    with service.store.write() as db:
        register(db, DROP)
    service.post("/v1/drops", json=settings_of(DROP))
    service.post(f"{PATH}/orders", json=orders_of(DROP)[0])
    made(service)
    assert service.post(f"{PLANS}/1/release").json()["type"] == "/problems/drop-not-open"
    service.post(f"{PATH}/close")
    assert service.post(f"{PLANS}/1/release").status_code == 200
    for asked in (PLANS, f"{PATH}/overrides"):
        body = {"kind": "forbid-courier", "courier": "bike-1"} if asked != PLANS else {"seconds": 0.2}
        assert service.post(asked, json=body).json()["type"] == "/problems/drop-not-open"


def test_a_plan_of_orders_that_changed_since_is_not_released(selling: Service) -> None:
    made(selling)
    selling.post(f"{PATH}/orders/o1/cancel")
    answer = selling.post(f"{PLANS}/1/release")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/plan-outdated")
    assert "1 orders changed" in answer.json()["detail"]
    assert (selling.get(PATH).json()["state"], selling.get(f"{PLANS}/1").json()["state"]) == ("closed", "draft")


def test_a_plan_whose_stock_is_gone_is_not_released_and_nothing_is_half_done(selling: Service) -> None:
    made(selling)
    before = counts(selling, pick_lists)
    with selling.store.write() as db:
        cell = (stock.c.hub == "kallio", stock.c.sku == "TEA-1")
        db.execute(stock.update().where(*cell).values(on_hand=0, reserved=0))
        db.execute(order_units.delete().where(order_units.c.hub == "kallio", order_units.c.sku == "TEA-1"))
    answer = selling.post(f"{PLANS}/1/release")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/stock-short")
    assert selling.get(PATH).json()["state"] == "closed"
    assert selling.get(f"{PLANS}/1").json()["state"] == "draft"
    assert (counts(selling, pick_lists), happened(selling, "plan.released")) == (before, [])


def test_of_many_releases_one_happens(selling: Service) -> None:
    made(selling)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: selling.post(f"{PLANS}/1/release"), range(8)))
    assert {each.status_code for each in answers} == {200}
    assert len(happened(selling, "plan.released")) == 1


def test_a_drop_that_no_longer_fits_the_registry_fails_with_its_reason(selling: Service) -> None:
    with selling.store.write() as db:
        spoilt = json.dumps({"id": "bike-1", "partner": "pedal", "profile": "rocket", "home": "kallio"})
        db.execute(couriers.update().where(couriers.c.id == "bike-1").values(document=spoilt))
    answer = selling.post(PLANS, json={"seconds": 0.2})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/plan-failed")
    assert selling.get("/v1/jobs").json()["items"][0]["reason"] == "faulty-document"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.HUB, Role.COURIER])
def test_only_engineers_plan_and_operators_see_no_plan(selling: Service, role: Role) -> None:
    made(selling)
    job = selling.get("/v1/jobs").json()["items"][0]["id"]
    sees = 200 if role in (Role.MANAGER, Role.AUDITOR) else 403
    for path in (PLANS, f"{PLANS}/1", f"{PLANS}/1/plan.json", f"{PATH}/overrides", "/v1/jobs", f"/v1/jobs/{job}"):
        assert selling.get(path, role).status_code == sees, path
    for path in (PLANS, f"{PLANS}/1/release", f"{PATH}/overrides", f"/v1/jobs/{job}/cancel"):
        assert selling.post(path, role, json={}).status_code == 403, path


def test_plans_and_jobs_of_somebody_else_are_answered_like_none(selling: Service) -> None:
    made(selling)
    job = selling.get("/v1/jobs").json()["items"][0]["id"]
    for method, path in (
        ("GET", f"{PLANS}/1"),
        ("GET", f"{PLANS}/1/plan.json"),
        ("POST", f"{PLANS}/1/release"),
        ("POST", PLANS),
        ("GET", f"{PATH}/overrides"),
    ):
        theirs = selling.send(method, path, tenant=OTHER)
        none = selling.send(method, path.replace(DROP.id, "missing"), tenant=OTHER)
        assert theirs.status_code == none.status_code == 404, path
        assert theirs.text.replace(DROP.id, "missing") == none.text
    for path in (f"/v1/jobs/{job}", f"/v1/jobs/{job}/progress"):
        assert selling.get(path, tenant=OTHER).json() == selling.get(path.replace(job, "x"), tenant=OTHER).json()
    assert selling.get("/v1/jobs", tenant=OTHER).json()["items"] == []
    assert counts(selling, documents) > 0
    assert counts(selling, plans) == 1


def test_versions_are_asked_for_by_numbers(selling: Service) -> None:
    for version in ("0", "x", "99999999999"):
        assert selling.get(f"{PLANS}/{version}").status_code == 422
    assert selling.get(f"{PLANS}/7").json()["type"] == "/problems/no-plan"


@pytest.mark.parametrize("body", [{"seconds": 0}, {"seconds": 1e9}, {"seed": -1}, {"second": 1}, {"dry_run": 1}])
def test_a_spoilt_wish_is_422(selling: Service, body: dict[str, Any]) -> None:
    assert selling.post(PLANS, json=body).status_code == 422


def test_a_plan_is_made_at_the_time_of_planning_where_the_drop_gives_none(service: Service) -> None:
    with service.store.write() as db:
        register(db, DROP)
    given = settings_of(DROP)
    given.pop("plan_at")
    service.post("/v1/drops", json=given)
    service.post(f"{PATH}/orders", json=orders_of(DROP)[0])
    before = datetime.now(UTC).replace(microsecond=0)
    made(service)
    drop = codec.read_drop(service.get(f"{PLANS}/1/drop.json").content)
    assert before <= drop.plan_at <= datetime.now(UTC)
    service.post(f"{PATH}/close")
    assert service.post(f"{PLANS}/1/release").status_code == 200
