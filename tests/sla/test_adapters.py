"""What tracking services tell becomes events: the right ones, with their own times, the same ones every time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.errors import Faulty
from sla import adapters
from sla.event import read
from tests.architecture.sources import ROOT

AT = "2026-11-20T18:50:00+02:00"


def told(service: str, status: str) -> dict[str, Any]:
    """A notification with one checkpoint."""
    if service == "aftership":
        subtag = {"subtag": status} if status.startswith("Exception") else {"tag": status}
        return {"msg": {"tracking_number": "T1", "slug": "posti", "checkpoints": [{**subtag, "checkpoint_time": AT}]}}
    if service == "easypost":
        detail = {"status": status, "datetime": AT}
        return {"result": {"tracking_code": "T1", "carrier": "Posti", "tracking_details": [detail]}}
    return {"data": {"tracking_number": "T1", "events": [{"status_code": status, "occurred_at": AT}]}}


def rows() -> list[tuple[str, str, str]]:
    """Service, status and event of the table in the documentation."""
    page = (ROOT / "docs" / "events-in.md").read_text(encoding="utf-8").split("## Tracking services")[1]
    found = []
    for line in page.splitlines():
        if line.startswith("| `"):
            event, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            for service, statuses in zip(("aftership", "easypost", "shipengine"), cells, strict=True):
                named = (each.strip().removeprefix("subtag ") for each in statuses.split(","))
                found += [(service, status, event.strip("`")) for status in named if status]
    return found


@pytest.mark.parametrize(("service", "status", "kind"), rows())
def test_each_status_of_the_table_becomes_its_event(service: str, status: str, kind: str) -> None:
    (made,) = adapters.events(service, told(service, status), source=f"tracking/{service}", order="o1")
    event = read(json.dumps(made).encode())
    assert (event.type, event.subject, event.order, made["time"]) == (kind, "parcel/T1", "o1", AT)


def test_the_table_has_every_status_that_is_known() -> None:
    known = {(service, status) for service, status, _ in rows()}
    assert known == {
        *(("aftership", each) for each in (*adapters.AFTERSHIP, "Exception_011")),
        *(("easypost", each) for each in adapters.EASYPOST),
        *(("shipengine", each) for each in adapters.SHIPENGINE),
    }


@pytest.mark.parametrize("service", adapters.SERVICES)
def test_a_status_that_moves_no_clock_is_left_out(service: str) -> None:
    assert list(adapters.events(service, told(service, "Pending"), source="s")) == []


@pytest.mark.parametrize("service", adapters.SERVICES)
def test_the_same_checkpoint_is_the_same_event(service: str) -> None:
    status = {"aftership": "Delivered", "easypost": "delivered", "shipengine": "DE"}[service]
    first, again = (list(adapters.events(service, told(service, status), source="s")) for _ in range(2))
    assert first == again
    other = json.loads(json.dumps(told(service, status)).replace("18:50", "18:51"))
    assert first[0]["id"] != next(adapters.events(service, other, source="s"))["id"]


@pytest.mark.parametrize("spoilt", [{}, {"msg": 1, "result": 1, "data": 1}, {"msg": {"tracking_number": 7}}])
@pytest.mark.parametrize("service", adapters.SERVICES)
def test_what_is_no_notification_is_said_so(service: str, spoilt: dict[str, Any]) -> None:
    with pytest.raises(Faulty):
        list(adapters.events(service, spoilt, source="s"))
