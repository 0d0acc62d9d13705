"""A process that is told to end stops being ready, finishes what it has begun, and loses nothing."""

from __future__ import annotations

import json
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import httpx2
import pytest
from sqlalchemy import func, select

from api.db.connect import connect
from api.db.tables.accounts import tenants
from tests.web.processes import WITHIN_S, Process, process

RESTARTS = 4


def events(running: Process) -> list[str]:
    return [json.loads(line)["event"] for line in running.log.read_text().splitlines()]


def wait_for(running: Process, event: str) -> None:
    give_up_at = monotonic() + WITHIN_S
    while event not in events(running):
        assert monotonic() < give_up_at
        sleep(0.02)


def test_an_open_request_is_finished_though_the_process_was_told_to_end(tmp_path: Path) -> None:
    path = tmp_path / "dropwright.db"
    with process(f"sqlite:///{path}", tmp_path / "log", notice_s=2) as running, ThreadPoolExecutor() as pool:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with httpx2.Client(timeout=WITHIN_S) as open_before:
            headers = {"Authorization": f"Bearer {running.key}"}
            waits = pool.submit(open_before.post, running.address + "/v1/stalls", json={"id": "late"}, headers=headers)
            sleep(1)
            assert not waits.done()
            running.running.send_signal(signal.SIGTERM)
            wait_for(running, "draining")
            other.execute("ROLLBACK")
            answer = waits.result(WITHIN_S)
        assert (answer.status_code, answer.headers["connection"]) == (201, "close")
        assert running.running.wait(WITHIN_S) == 0
        with pytest.raises(httpx2.TransportError):
            running.ask("GET", "/healthz")
        assert other.execute("SELECT count(*) FROM tenants WHERE id = 'late'").fetchone() == (1,)
        other.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_was_told_to_end_answers_that_it_is_not_ready_until_it_ends(
    tmp_path: Path, number: signal.Signals
) -> None:
    with process(f"sqlite:///{tmp_path / 'dropwright.db'}", tmp_path / "log", notice_s=4) as running:
        assert running.ask("GET", "/readyz").json() == {
            "ready": True,
            "database": "here",
            "tables": "current",
            "draining": False,
        }
        running.running.send_signal(number)
        wait_for(running, "draining")
        answer = running.ask("GET", "/readyz")
        assert (answer.status_code, answer.json()["draining"]) == (503, True)
        assert running.ask("GET", "/v1/me").status_code == 200
        assert running.ask("GET", "/healthz").status_code == 200
        assert running.running.wait(WITHIN_S) == 0


def test_no_request_that_is_repeated_is_lost_or_done_twice_over_restarts(database: str, tmp_path: Path) -> None:
    with process(database, tmp_path / "log") as running:
        stop = False

        def ask(name: str) -> int:
            """Opens stalls one after the other, each as often as it takes; gives how many."""
            done = 0
            while not stop:
                stall = f"{name}-{done}"
                try:
                    answer = running.ask("POST", "/v1/stalls", json={"id": stall}, headers={"Idempotency-Key": stall})
                except httpx2.TransportError:
                    sleep(0.05)
                    continue
                assert answer.status_code in (201, 503), answer.text
                done += answer.status_code == 201
            return done

        with ThreadPoolExecutor() as pool:
            load = [pool.submit(ask, name) for name in ("a", "b", "c")]
            try:
                for _ in range(RESTARTS):
                    sleep(0.3)
                    running.running.send_signal(signal.SIGTERM)
                    assert running.running.wait(WITHIN_S) == 0
                    running.start()
            finally:
                stop = True
            done = sum(each.result(WITHIN_S) for each in load)
    store = connect(database)
    with store.read() as db:
        opened = db.execute(select(func.count()).select_from(tenants).where(tenants.c.id.like("%-%"))).scalar_one()
    store.close()
    assert done >= RESTARTS
    assert opened - 1 == done  # one is the marketplace that the key belongs to
