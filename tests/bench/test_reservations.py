"""The service is killed while many reserve: what it acknowledged is there, once, and nothing else."""

from __future__ import annotations

from bench.reservations import HUBS, hot, run, tried
from router.generate import make_drop
from tests.db.postgres import Server


def test_nothing_is_lost_oversold_or_taken_twice_when_the_service_is_killed(database: str) -> None:
    found = run(database, tries=600, clients=8, kills=3, seed=1)
    assert (found.lost, found.oversold, found.double) == (0, 0, 0)
    assert len(found.ready_s) == 3
    assert found.reserved > 100
    assert found.short > 100


def test_nothing_is_lost_when_the_database_crashes_between_kills(durable_postgres: Server) -> None:
    found = run(durable_postgres.create(), tries=300, clients=8, kills=1, seed=2, server=durable_postgres, restarts=2)
    assert (found.lost, found.oversold, found.double) == (0, 0, 0)
    assert (len(found.ready_s), len(found.back_s)) == (1, 2)
    assert found.reserved > 50


def test_the_same_seed_asks_the_same_and_never_the_same_id_twice() -> None:
    drop = make_drop(orders=5, hubs=HUBS, seed=1)
    asked = list(tried(drop, 90, 1))
    assert asked == list(tried(drop, 90, 1))
    assert len({name for _, name, _, _ in asked}) == 90
    assert {line["sku"] for _, _, _, body in asked for line in body["lines"]} == set(hot(drop))
