"""Metrics tell how webhooks and jobs fare: what was tried, what waits, and for how long."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from api.db import deliveries, jobs
from api.db.deliveries import Backlog
from tests.db.postgres import Server
from tests.web.hooked import Hooked, hooked
from tests.web.registered import KALLIO
from tests.web.service import TENANT, Service, serving
from tests.web.sink import Reply, sink
from tests.web.test_health import SET, TOKEN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def backlog(of: Hooked) -> Backlog:
    with of.store.read() as db:
        return deliveries.backlog(db)


def metrics(running: Service) -> dict[str, float]:
    """What is told without labels, and of jobs by state."""
    told = running.client.get("/metrics", headers=TOKEN).text
    samples = (sample for family in text_string_to_metric_families(told) for sample in family.samples)
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for sample in samples
        if not sample.labels or sample.name == "dropwright_jobs"
    }


def test_what_waits_is_counted_for_each_webhook_that_wants_it(database: str) -> None:
    with sink(tls=False) as to, hooked(database) as running:
        began = running.at
        assert backlog(running) == Backlog(count=0, since=None)
        running.hook(to, "all")
        running.hook(to, "some", types=["plan.released"])
        running.hook(to, "off")
        running.change("off", enabled=False)
        running.tell("a", "b")
        running.later(30)
        running.tell("c", kind="plan.released")
        assert backlog(running) == Backlog(count=4, since=began)
        running.send()
        assert backlog(running) == Backlog(count=0, since=None)


def test_what_did_not_arrive_waits_since_it_was_tried_first(database: str) -> None:
    tried: Counter[str] = Counter()

    def attempted(outcome: str) -> None:
        tried[outcome] += 1

    with sink(tls=False) as to, hooked(database) as running:
        to.reply = lambda received: Reply(status=500 if b'"a"' in received.body else 200)
        running.hook(to)
        running.tell("a", "b")
        running.later(60)
        first = running.at
        running.send(attempted=attempted)
        running.later(10)
        running.send(attempted=attempted)
        assert backlog(running) == Backlog(count=1, since=first)
        assert tried == {"refused": 2, "delivered": 1}


def test_metrics_tell_what_waits_and_leave_it_out_while_the_database_is_away(durable_postgres: Server) -> None:
    with serving(durable_postgres.create(), **SET) as running:
        url = {"url": "https://hooks.example/dropwright"}
        running.post("/v1/webhooks", json=url).raise_for_status()
        running.post("/v1/hubs", json=KALLIO).raise_for_status()
        running.app.state.metrics.attempted("too-late")
        with running.store.write() as db:
            jobs.add(db, TENANT, "j", kind="none", subject="drop/d", payload={}, actor="key/k", now=datetime.now(UTC))
        before = metrics(running)
        durable_postgres.stop("immediate")
        away = metrics(running)
        durable_postgres.start()
    assert before["dropwright_webhook_events_waiting"] == 1
    assert 0 < before["dropwright_webhook_oldest_waiting_seconds"] < 3600
    assert [before[f"dropwright_jobs {state}"] for state in ("queued", "running", "dead")] == [1, 0, 0]
    assert 0 < before["dropwright_job_oldest_queued_seconds"] < 3600
    assert set(before) - set(away) == {
        "dropwright_webhook_events_waiting",
        "dropwright_webhook_oldest_waiting_seconds",
        "dropwright_jobs queued",
        "dropwright_jobs running",
        "dropwright_jobs dead",
        "dropwright_job_oldest_queued_seconds",
    }


def test_the_page_lists_every_metric_and_no_other(tmp_path: Path) -> None:
    with serving(f"sqlite:///{tmp_path / 'a.db'}", **SET) as running:
        running.app.state.metrics.attempted("delivered")
        told = running.client.get("/metrics", headers=TOKEN).text
    families = [each for each in text_string_to_metric_families(told) if not each.name.endswith("_created")]
    listed = re.findall(r"^\| `(dropwright_\w+)` \| \S", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(f"{each.name}_total" if each.type == "counter" else each.name for each in families)
