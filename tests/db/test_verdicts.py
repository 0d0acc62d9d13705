"""Judgements that are kept: in whatever pieces a log came, they are what judging all of it afresh comes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from api import judging, judging_steps, sla_intake
from api.db import accounts, contracts, migrate, sla_log, verdict_rows
from api.db import verdicts as verdict_store
from api.db.connect import Database, connect
from api.db.outage import DatabaseAway
from api.db.tables.sla import sla_events
from api.db.tables.verdicts import judged_orders, judgements, verdicts
from api.db.verdicts import Which
from sla import event
from sla.codec import read_contract
from sla.contract import Contract
from sla.event import EPOCH
from sla.replay import closing_lines, replay
from sla.rules import prepared
from tests.sla.generate import world

TENANT = "pop-up"


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    """A database with a marketplace."""
    found = connect(database, pool_size=4)
    with found.write() as db:
        accounts.add_tenant(db, TENANT, name="Pop-up", now=datetime(2026, 1, 1, tzinfo=UTC))
    yield found
    found.close()


def publish(store: Database, told: dict[str, Any]) -> Contract:
    bound = read_contract(json.dumps(told).encode(), bound=True)
    with store.write() as db:
        contracts.publish(db, TENANT, bound, actor="key/k", now=datetime(2026, 1, 1, tzinfo=UTC))
    return bound


def tell(store: Database, told: list[dict[str, Any]], now: datetime) -> None:
    entries = [sla_intake.read(json.dumps(each).encode()).entry for each in told]
    with store.write() as db:
        sla_log.append(db, TENANT, entries, now)


def kept(store: Database, bound: Contract, now: datetime, at: datetime | None = None) -> tuple[list[str], datetime]:
    """The lines of a replay, out of what is stored: clocks by term and order, then ratios and settlements."""
    with judging.judged(store, TENANT, bound.id, None, now=now, at=at) as judged:
        found = judged.db.execute(select(verdicts).where(judged.clocks().found())).all()
        clocks = [
            json.dumps(
                [
                    *(row.term, row.order, row.party, row.state),
                    *(None if each is None else us(each) for each in (row.started_at, row.due_at, row.stopped_at)),
                    *(verdict_rows.late_seconds(row, judged.at), row.excluded, row.amount, row.attributed_to),
                ]
            )
            for row in sorted(found, key=lambda row: (row.term, row.order))
        ]
        return [*clocks, *closing_lines(judged.closing())], judged.at


def us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(seconds=1)


def afresh(store: Database, bound: Contract, at: datetime) -> list[str]:
    """The same out of a replay of the whole log."""
    with store.read() as db:
        log = [event.read(each.encode()) for each in db.execute(select(sla_events.c.document)).scalars()]
    found = []
    for line in replay(prepared(bound), log, (at - EPOCH) // timedelta(microseconds=1)):
        told = json.loads(line)
        if told["kind"] != "clock":
            found.append(line)
            continue
        times = [
            told[name] and us(datetime.fromisoformat(told[name])) for name in ("started_at", "due_at", "stopped_at")
        ]
        order = told["subject"].removeprefix("order/")
        names = ("late_seconds", "excluded", "amount", "attributed_to")
        found.append(
            json.dumps([told["term"], order, told["party"], told["state"], *times, *(told[name] for name in names)])
        )
    return found


SEEDS = [seed for seed in range(16) if seed != 14]  # of 14 no clock falls in the contract's time


@pytest.mark.parametrize("seed", SEEDS)
def test_a_log_that_comes_in_pieces_in_any_order_is_judged_as_if_it_had_come_at_once(
    store: Database, seed: int
) -> None:
    draw = Random(seed)
    told, arrived, _ = world(seed, orders=draw.choice((3, 8, 14)))
    bound = publish(store, told)
    times = sorted(datetime.fromisoformat(each["time"]) for each in arrived)
    now = draw.choice(times)
    while arrived:
        some = [arrived.pop() for _ in range(min(len(arrived), draw.choice((1, 3, 10, 40))))]
        tell(store, some, now)
        if draw.random() < 0.6 or not arrived:
            found, at = kept(store, bound, now)
            assert found == afresh(store, bound, at), at
        now += draw.choice((timedelta(0), timedelta(minutes=7), timedelta(hours=5), timedelta(days=9)))
    for later in (timedelta(hours=1), timedelta(days=40)):
        found, at = kept(store, bound, max(now, times[-1]) + later)
        assert found == afresh(store, bound, at)
    assert found
    before = draw.choice(times)
    assert kept(store, bound, now, at=before)[0] == afresh(store, bound, before)


def order_event(number: int, kind: str, minute: int, **data: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 20, 16, tzinfo=UTC) + timedelta(minutes=minute)
    order = f"o{number}"
    told = {"specversion": "1.0", "id": f"{kind}-{order}-{minute}", "source": "m", "type": kind}
    return told | {"time": at.isoformat(), "subject": f"order/{order}", "data": {"order": order, **data}}


LAW = {
    "format": "dropwright.contract/1",
    "id": "pick",
    "version": 1,
    "currency": "EUR",
    "timezone": "Europe/Helsinki",
    "parameters": {"hub": "northdock"},
    "terms": [
        {
            "id": "pick",
            "obligated": "hub",
            "clock": {"start": "plan.released", "stop": "parcel.packed", "target": "PT40M"},
            "remedy": {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 100}], "per_minute": 10},
        }
    ],
    "settlement": {"window": "P1M"},
}
EVENING = datetime(2026, 11, 20, 16, tzinfo=UTC)


def number(store: Database, bound: Contract, minutes: int) -> tuple[int, dict[str, tuple[str, int]]]:
    """Which judgement it is, and by order state and amount."""
    with judging.judged(store, TENANT, bound.id, None, now=EVENING + timedelta(minutes=minutes)) as judged:
        found = judged.db.execute(select(verdicts).where(judged.clocks().found()))
        return judged.number, {row.order: (row.state, row.amount) for row in found}


def test_only_what_is_new_or_runs_is_judged_again(store: Database) -> None:
    bound = publish(store, LAW)
    tell(store, [order_event(each, "plan.released", 0) for each in range(3)], EVENING)
    tell(store, [order_event(0, "parcel.packed", 50)], EVENING)
    first, found = number(store, bound, 10)
    assert found == {f"o{each}": ("running", 0) for each in range(3)}
    for minutes, wanted in ((39, ("running", 0)), (41, ("breached", 110)), (42, ("breached", 120))):
        assert number(store, bound, minutes) == (first, {f"o{each}": wanted for each in range(3)})
    assert number(store, bound, 60)[1] == {"o0": ("breached", 200), "o1": ("breached", 300), "o2": ("breached", 300)}
    with store.write() as db:  # what is not judged again keeps a mark
        db.execute(update(verdicts).values(party="marked"))
    tell(store, [order_event(1, "parcel.packed", 20)], EVENING + timedelta(minutes=61))
    assert number(store, bound, 61) == (first, {"o0": ("breached", 200), "o1": ("met", 0), "o2": ("breached", 310)})
    with store.read() as db:
        marked = db.execute(select(verdicts.c.order).where(verdicts.c.party == "marked")).scalars().all()
    assert marked == ["o0"]


def test_lateness_grows_while_a_calendar_is_open_without_being_judged_again(store: Database) -> None:
    term = LAW["terms"][0]
    dock = {"id": "dock", "hours": {"mon-fri": ["09:00-20:00"]}}  # EVENING is 18:00 there, on a Friday
    by_hours = {**term, "clock": {**term["clock"], "calendar": "dock"}}
    by_hours["remedy"] = {"basis": "fixed", "steps": [{"after": "PT0S", "amount": 100}]}
    bound = publish(store, {**LAW, "calendars": [dock], "terms": [by_hours]})
    tell(store, [order_event(1, "plan.released", 0)], EVENING)

    def late(minutes: int) -> tuple[int, bool]:
        with judging.judged(store, TENANT, bound.id, None, now=EVENING + timedelta(minutes=minutes)) as judged:
            (row,) = judged.db.execute(select(verdicts).where(judged.clocks().found()))
            return verdict_rows.late_seconds(row, judged.at), row.party == "marked"

    assert late(60) == (20 * 60, False)
    with store.write() as db:
        db.execute(update(verdicts).values(party="marked"))
    assert late(70) == (30 * 60, True)
    assert late(119) == (79 * 60, True)
    assert late(121) == (80 * 60, False)  # it closed
    assert late(24 * 60) == (80 * 60, False)
    assert late(3 * 24 * 60) == (80 * 60 + 9 * 3600, False)  # Monday at 18:00


def test_what_is_about_all_judges_all_again_and_leaves_no_old_row(store: Database) -> None:
    bound = publish(store, LAW)
    tell(store, [order_event(each, "plan.released", 0) for each in range(3)], EVENING)
    first, _ = number(store, bound, 10)
    closed = order_event(9, "hub.closed_by_authority", 12, hub="kallio")
    tell(store, [closed | {"subject": "hub/kallio", "data": {}}], EVENING + timedelta(minutes=12))
    second, _ = number(store, bound, 13)
    assert second > first
    with store.read() as db:
        assert {*db.execute(select(verdicts.c.judgement)).scalars()} == {second}
        assert {*db.execute(select(judged_orders.c.judgement)).scalars()} == {second}


def test_another_program_judges_all_again(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = publish(store, LAW)
    tell(store, [order_event(1, "plan.released", 0)], EVENING)
    first, _ = number(store, bound, 10)
    monkeypatch.setattr(judging_steps, "RULES", judging_steps.RULES + 1)
    assert number(store, bound, 10)[0] > first


def test_of_two_that_judge_at_once_one_is_kept_and_the_other_leaves_nothing(store: Database) -> None:
    bound = publish(store, LAW)
    tell(store, [order_event(each, "plan.released", 0) for each in range(3)], EVENING)
    with store.read() as db:
        law = judging.law(db, TENANT, bound.id, None)
    which = Which(tenant=TENANT, contract=bound.id, version=1)
    for _ in range(2):
        judging_steps.judge_all(store, law, which, None, EVENING, now=EVENING)
    with store.read() as db:
        known = verdict_store.find(db, which)
        assert known is not None
        assert {*db.execute(select(verdicts.c.judgement)).scalars()} == {known.number}
    tell(store, [order_event(0, "parcel.packed", 5)], EVENING)
    with store.read() as db:
        step = judging_steps.behind(db, law, which, known, EVENING + timedelta(minutes=9), through=9)
    assert isinstance(step, judging_steps.Step)
    for _ in range(2):
        judging_steps.write(store, which, step)
    assert number(store, bound, 9)[1] == {"o0": ("met", 0), "o1": ("running", 0), "o2": ("running", 0)}


def test_what_is_cut_off_while_it_judges_is_deleted_after_a_day(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = publish(store, LAW)
    tell(store, [order_event(each, "plan.released", 0) for each in range(3)], EVENING)
    with monkeypatch.context() as cut, pytest.raises(DatabaseAway):
        cut.setattr(verdict_store, "begin", away)
        number(store, bound, 10)
    assert rows_of(store) == 3
    whole, _ = number(store, bound, 10)
    assert rows_of(store) == 6
    for hours, left in ((23, 6), (25, 3)):
        with store.write() as db:
            verdict_store.forget(db, EVENING + timedelta(hours=hours) - timedelta(days=1) + timedelta(minutes=10))
        assert rows_of(store) == left
    assert number(store, bound, 11)[0] == whole


def test_what_is_given_up_while_it_is_made_takes_nobodys_place(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = publish(store, LAW)
    tell(store, [order_event(1, "plan.released", 0)], EVENING)
    finish, given_up = verdict_store.finish, list[int]()

    def late(db: Connection, which: Which, made: int) -> bool:
        if not given_up:
            given_up.append(verdict_store.forget(db, EVENING + timedelta(days=2)))
        return finish(db, which, made)

    monkeypatch.setattr(verdict_store, "finish", late)
    assert number(store, bound, 10)[1] == {"o1": ("running", 0)}
    assert given_up == [1]
    assert rows_of(store) == 1


def away(*_asked: object) -> bool:
    raise DatabaseAway


def rows_of(store: Database) -> int:
    with store.read() as db:
        return len(db.execute(select(judged_orders)).all())


def test_of_judgements_as_of_an_instant_the_latest_are_kept(store: Database) -> None:
    bound = publish(store, LAW)
    tell(store, [order_event(1, "plan.released", 0)], EVENING)
    for minutes in range(verdict_store.KEPT + 3):
        kept(store, bound, EVENING, at=EVENING + timedelta(minutes=minutes))
    with store.read() as db:
        assert len(db.execute(select(judgements)).all()) == verdict_store.KEPT
        assert len(db.execute(select(verdicts)).all()) == verdict_store.KEPT


def test_events_that_were_there_before_verdicts_were_kept_are_judged_as_well(store: Database) -> None:
    bound = publish(store, LAW)
    closed = order_event(9, "hub.closed_by_authority", 12) | {"subject": "hub/kallio", "data": {}}
    right = order_event(1, "parcel.packed", 20, corrects={"source": "m", "id": "parcel.packed-o1-50"})
    tell(store, [order_event(1, "plan.released", 0), order_event(1, "parcel.packed", 50), right, closed], EVENING)
    with store.read() as db:
        before = db.execute(select(sla_events).order_by(sla_events.c.id)).all()
    migrate.move(store, "0001")
    migrate.upgrade(store)
    with store.read() as db:
        assert db.execute(select(sla_events).order_by(sla_events.c.id)).all() == before
    assert number(store, bound, 60)[1] == {"o1": ("met", 0)}
