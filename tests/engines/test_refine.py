"""Long routes planned anew by PyVRP: it is really run, in processes of its own, and the referee judges what comes."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from time import monotonic
from typing import Any

import pytest

from router import processes, refine
from router.check import findings
from router.day import NEVER_S, Promise
from router.dispatch import Dispatch
from router.draft import Draft
from router.effort import Effort, ignore
from router.engines import joint
from router.fleet import Fleet
from router.generate import make_drop
from router.hub_job import Tour
from router.model import Drop, Penalty, Step
from router.refine import Part, applied, latest, parts, refined, worthwhile
from router.schedule import finish
from router.tours import route
from tests.drops import replan_drop

SIXTY = make_drop(orders=60, hubs=2, seed=4)


def greedy(drop: Drop, steps: int = 0) -> Draft:
    return joint.solve(drop, seed=1, effort=Effort(steps=steps), workers=1, watch=ignore, stop=Event(), start=None)


def made(drop: Drop, draft: Draft, seconds: float = 4, **named: Any) -> Draft:
    given: dict[str, Any] = {"seed": 1, "workers": 2, "watch": ignore, "stop": Event(), "until": monotonic() + seconds}
    return refined(drop, draft, **given | named)


def parts_of(drop: Drop, draft: Draft) -> list[Part]:
    return parts(Fleet(drop), Dispatch(drop), draft, seed=1)


def routed(part: Part, steps: int) -> list[tuple[Tour, ...]]:
    """What the process sends, in order."""
    sent: list[tuple[Tour, ...]] = []
    job = replace(part.job, steps=steps)
    processes.run(route, [[job]], lambda lane, place, tours: sent.append(tours), until=None, stop=Event())
    return sent


def places(draft: Draft) -> list[tuple[str, str, str, str | None]]:
    return sorted((each.order, each.hub, each.wave, each.collection) for each in draft.parcels)


def test_tours_cost_less_and_parcels_keep_their_hub_and_wave() -> None:
    before = greedy(SIXTY)
    told: list[int] = []
    after = made(SIXTY, before, watch=lambda cost, bound: told.append(cost))
    plan = finish(SIXTY, after)
    assert findings(SIXTY, plan) == ()
    assert plan.cost.total < finish(SIXTY, before).cost.total
    assert told[-1] == plan.cost.total
    assert places(after) == places(before)


@pytest.mark.parametrize("seed", [5, 6])
def test_where_goods_and_time_are_scarce_it_breaks_no_rule_and_costs_no_more(seed: int) -> None:
    drop = make_drop(orders=60, hubs=3, seed=seed, tight=True)
    before = greedy(drop, 30)
    plan = finish(drop, made(drop, before, seconds=3, workers=1))
    assert findings(drop, plan) == ()
    assert plan.cost.total <= finish(drop, before).cost.total


def test_nothing_changes_once_it_is_told_to_stop_or_has_no_time() -> None:
    stop, before = Event(), greedy(SIXTY)
    stop.set()
    assert made(SIXTY, before, stop=stop) == before
    assert made(SIXTY, before, seconds=0.1) == before


def test_committed_work_is_left_as_it_is() -> None:
    drop = replan_drop()
    before = greedy(drop, 50)
    begun = {trip.courier for trip in drop.committed.trips}
    assert begun
    assert all(not part.couriers & begun for part in parts_of(drop, before))
    assert findings(drop, finish(drop, made(drop, before, seconds=2.5))) == ()


def test_a_day_with_two_parcels_of_an_order_from_one_hub_is_left_as_it_is() -> None:
    before = greedy(SIXTY)
    trip = before.trips[0]
    parcel = trip.visits[0][0]
    (sku, units), *rest = parcel.lines
    halves = (
        replace(parcel, lines=((sku, units), *rest)),
        replace(parcel, lines=((sku, units),)),
    )
    split = replace(trip, visits=(halves, *trip.visits[1:]))
    assert any(trip.courier in part.couriers for part in parts_of(SIXTY, before))
    draft = replace(before, trips=(split, *before.trips[1:]))
    assert all(trip.courier not in part.couriers for part in parts_of(SIXTY, draft))


def test_a_courier_away_from_home_is_left_as_it_is() -> None:
    before = greedy(SIXTY)
    trip = before.trips[0]
    elsewhere = next(hub.id for hub in SIXTY.hubs if hub.id != trip.hub)
    draft = replace(before, trips=(replace(trip, hub=elsewhere), *before.trips[1:]))
    assert all(trip.courier not in part.couriers for part in parts_of(SIXTY, draft))


def test_a_part_holds_every_visit_of_its_days_once() -> None:
    before = greedy(SIXTY)
    found = parts_of(SIXTY, before)
    assert found
    for part in found:
        doors = sorted(door for _, trips in part.job.tours for trip in trips for door in trip)
        assert doors == list(range(len(part.visits)))
        whole = applied(before, part, part.job.tours)
        assert finish(SIXTY, whole).cost == finish(SIXTY, before).cost


def test_a_large_hub_is_shared_out_by_days(monkeypatch: pytest.MonkeyPatch) -> None:
    before = greedy(SIXTY)
    whole = parts_of(SIXTY, before)
    monkeypatch.setattr(refine, "MOST", 1)
    shared = parts_of(SIXTY, before)
    assert len(shared) > len(whole)
    assert sum(len(part.visits) for part in shared) == sum(len(part.visits) for part in whole)
    names = [name for part in shared for name in part.couriers]
    assert len(names) == len(set(names))


def test_the_process_begins_with_the_tours_as_they_are() -> None:
    for part in parts_of(SIXTY, greedy(SIXTY)):
        first = routed(part, steps=0)[0]
        trips = sorted(trip for _, own in first for trip in own)
        assert trips == sorted(trip for _, own in part.job.tours for trip in own)


def test_the_same_job_gives_the_same_tours() -> None:
    part = parts_of(SIXTY, greedy(SIXTY))[0]
    assert routed(part, steps=200) == routed(part, steps=200)


def test_tours_that_come_home_too_late_are_not_taken() -> None:
    before = greedy(SIXTY)
    part = max(parts_of(SIXTY, before), key=lambda part: len(part.visits))
    all_aboard = ((part.job.tours[0][0], tuple((door,) for door in range(len(part.visits)))),)
    assert refine.priced(SIXTY, before, [(part, all_aboard)]) == (before, finish(SIXTY, before).cost.total)


# ---- when it is worth while ---------------------------------------------------------------------------------------


def test_it_is_worth_while_on_long_trips_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = greedy(SIXTY)
    assert not worthwhile(SIXTY, before)
    assert not worthwhile(SIXTY, Draft())
    monkeypatch.setattr(refine, "LONG", 2)
    assert worthwhile(SIXTY, before)


def test_it_is_not_worth_while_where_most_visits_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refine, "LONG", 2)
    before = greedy(SIXTY)
    elsewhere = {hub.id: other.id for hub, other in zip(SIXTY.hubs, SIXTY.hubs[::-1], strict=True)}
    moved = tuple(replace(trip, hub=elsewhere[trip.hub]) for trip in before.trips)
    assert not worthwhile(SIXTY, replace(before, trips=moved))


@pytest.mark.parametrize(("effort", "calls"), [(Effort(budget_s=3), 1), (Effort(steps=30), 0)])
def test_joint_finishes_long_routes_where_there_are_seconds(
    effort: Effort, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refine, "LONG", 2)
    monkeypatch.setattr(joint, "ENOUGH_S", 1.0)
    seen: list[Draft] = []

    def spied(drop: Drop, draft: Draft, **named: Any) -> Draft:
        seen.append(draft)
        return refined(drop, draft, **named)

    monkeypatch.setattr(refine, "refined", spied)
    draft = joint.solve(SIXTY, seed=1, effort=effort, workers=2, watch=ignore, stop=Event(), start=None)
    assert findings(SIXTY, finish(SIXTY, draft)) == ()
    assert len(seen) == calls


# ---- how late a visit may be --------------------------------------------------------------------------------------

STEPS = Penalty(steps=(Step(after=0, amount=100), Step(after=600, amount=300)))
BY_THE_MINUTE = Penalty(per_minute=10, cap=50)


@pytest.mark.parametrize(
    ("promise", "start_s", "until_s"),
    [
        (Promise(), 500, None),
        (Promise(delivery=STEPS), 500, None),
        (Promise(delivery=STEPS, deliver_due_s=1000), 500, 1000),
        (Promise(delivery=STEPS, deliver_due_s=1000), 1000, 1000),
        (Promise(delivery=STEPS, deliver_due_s=1000), 1001, 1600),
        (Promise(delivery=STEPS, deliver_due_s=1000), 1601, None),
        (Promise(delivery=STEPS, deliver_due_s=1000, delivered_s=1300), 500, 1600),
        (Promise(delivery=BY_THE_MINUTE, deliver_due_s=1000), 900, 1000),
        (Promise(delivery=BY_THE_MINUTE, deliver_due_s=1000), 1030, 1060),
        (Promise(delivery=BY_THE_MINUTE, deliver_due_s=1000), 1060, 1060),
        (Promise(delivery=BY_THE_MINUTE, deliver_due_s=1000), 1290, None),
        # The courier left 300 s before, and may leave up to 200 s later.
        (Promise(shipping=STEPS, ship_due_s=400), 500, 700),
        (Promise(shipping=STEPS, ship_due_s=400, delivery=STEPS, deliver_due_s=600), 500, 600),
    ],
)
def test_a_visit_may_be_as_late_as_nobody_pays_more_for(promise: Promise, start_s: int, until_s: int | None) -> None:
    assert promise.deliver_due_s <= NEVER_S
    assert latest(promise, depart_s=200 if start_s == 500 else start_s, start_s=start_s) == until_s
