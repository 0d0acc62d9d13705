"""A whole story with a person's data and secrets in it: they are where they belong, and nowhere else."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from api import admission, hook_flows, logs, telemetry
from api.db.erasing import PERSONAL
from api.db.schema import metadata
from api.dispatch import Dispatcher
from api.drain import Drain
from api.examples import STORY, Step
from api.jobs import utc_now
from api.principal import Role
from api.retention import purge
from api.sending import Line
from tests.web.service import OTHER, Service, serving
from tests.web.sink import Sink, sink
from tests.web.story import Told
from tests.web.test_health import SET, TOKEN
from tests.web.test_sign_in import Browser
from tests.web.test_telemetry import Recorder

BUYER = {
    "name": "Zeisig Goldammer",
    "phone": "+358 40 9753124",
    "address": "Nachtigallenweg 17 B",
    "note": "the key is under the yellow bird",
}
STAFF = {"email": "bluethroat@aviary.example", "name": "Bluethroat"}
PASSWORD, WRONG = "five finches on a wire", "four finches on a wire"
BUYERS = ("Zeisig", "9753124", "Nachtigallenweg", "yellow bird")


@dataclass(kw_only=True)
class Seen:
    """What came out, by the way that it took. ``secrets``: what was shown once, or typed by somebody."""

    service: Service
    spans: Recorder
    log: StringIO
    hook: Sink
    problems: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def note(self, answer: Any) -> Any:
        """Keeps what an answer says that nobody personal should be in."""
        heads = ("location", "link", "content-location", "content-disposition")
        self.urls += [answer.headers[name] for name in heads if name in answer.headers]
        self.urls += [opened(each) for each in re.findall(r'"next":"([^"]+)"', answer.text)]
        if answer.status_code >= 400:
            self.problems.append(answer.text)
        return answer

    def ways(self) -> Mapping[str, str]:
        """Everything that came out, except to those who may know."""
        service = self.service
        told = [(span.name, span.attributes, span.events, span.parent.trace_state) for span in self.spans.spans]
        return {
            "log": self.log.getvalue(),
            "traces": repr(told),
            "metrics": service.client.get("/metrics", headers=TOKEN).text,
            "problems": "\n".join(self.problems),
            "answers to others": "\n".join(self.others),
            "addresses": "\n".join(self.urls),
            "feed of events": service.get("/v1/events", params={"limit": 500}).text,
            "log of contracts": service.get("/v1/log", params={"limit": 500}).text,
            "audit log": service.get("/v1/audit", Role.AUDITOR, params={"limit": 500}).text,
            "webhooks": "\n".join(f"{each.path} {each.headers} {each.body.decode()}" for each in self.hook.received),
        }

    def rows(self) -> dict[str, str]:
        """By table all that the database holds."""
        with self.service.store.read() as db:
            return {
                name: "\n".join(spelt(value) for row in db.execute(select(table)) for value in row)
                for name, table in metadata.tables.items()
            }


def spelt(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else json.dumps(value, default=str)


def opened(cursor: str) -> str:
    """A cursor, and what it is the base64 of if it is."""
    return f"{cursor} {base64.urlsafe_b64decode(cursor + '=' * (-len(cursor) % 4))!r}"


def in_it(words: Sequence[str], text: str) -> list[str]:
    return [word for word in words if word in text]


def with_people(body: Any) -> Any:
    """A body of the story that names our buyer and our staff wherever it can name anybody."""
    if isinstance(body, list):
        return [with_people(each) for each in body]
    if not isinstance(body, dict):
        return body
    told = {key: with_people(value) for key, value in body.items()}
    if {"placed_at", "lines"} <= set(told):
        told["recipient"] = BUYER
    if "tracking_number" in told:
        told |= {"customer_name": BUYER["name"], "smses": [BUYER["phone"]], "shipment_note": BUYER["note"]}
    if "password" in told:
        told |= {"password": PASSWORD} | (STAFF if "email" in told else {})
    return told


def spoilt(body: Any) -> Iterator[bytes]:
    """The body as nobody should send it, with everything personal still in it."""
    text = json.dumps(body)
    yield text.encode()[:-3]
    if BUYER["note"] in text:
        yield text.replace(f'"{BUYER["note"]}"', json.dumps([BUYER])).encode()
    if isinstance(body, dict) and "specversion" not in body:  # an event may have attributes of its own
        yield json.dumps({**body, "unknown": BUYER, "lines": BUYER, "password": [PASSWORD]}).encode()


def sent(seen: Seen, told: Told, step: Step) -> None:
    """One step as it should be; as it should not be; and by those who may not, or may not know."""
    step = replace(step, body=with_people(step.body))
    if step.body is not None and step.media == "application/json":
        for content in spoilt(step.body):
            seen.note(told.ask(step, content))
    path = step.path.format(**told.values | dict(step.values))
    personal = "people" in path  # who works there is for all roles that may see it
    given: dict[str, Any] = {"content": step.content, "headers": {"Content-Type": step.media}} if step.content else {}
    if step.method == "GET" or step.path.startswith("/v1/drops/{drop}"):
        seen.others.append(seen.note(seen.service.send(step.method, path, Role.ENGINEER, OTHER, **given)).text)
    if step.role != "hub" and not personal:
        seen.others.append(seen.note(seen.service.send(step.method, path, Role.HUB, **given)).text)
    bad = {"Authorization": f"Bearer {min(seen.secrets)[:-1]}x", "traceparent": BUYER["note"], "Cookie": PASSWORD}
    seen.note(seen.service.client.request(step.method, path, **{**given, "headers": bad}))
    answer = seen.note(told.send(step))
    assert answer.status_code == step.status, (step.method, step.path, answer.text)
    if answer.headers.get("content-type", "").startswith("application/json"):
        shown = answer.json()
        seen.secrets |= {shown[name] for name in ("text", "secret") if isinstance(shown, dict) and shown.get(name)}


@contextmanager
def lived(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """The whole story, somebody who signs in, and every event delivered."""
    recorder, log, root = Recorder(), StringIO(), logging.getLogger()
    made = telemetry.Tracing(config=telemetry.told_to(recorder), finish=lambda: None)
    monkeypatch.setattr(telemetry, "tracing", lambda: made)
    monkeypatch.setattr(admission, "LINGERS_S", 0.0)  # most of the bad keys are too many for a minute
    before = root.handlers, root.level, structlog.get_config()
    with sink(tls=False) as hook:
        way = {"webhook_ports": {443, hook.port}, "webhook_networks": (ip_network("127.0.0.0/8"),)}
        with serving(address, **SET, **way) as service:
            logs.configure(log, level=logging.DEBUG)
            try:
                seen = Seen(service=service, spans=recorder, log=log, hook=hook)
                seen.secrets |= {*service.keys.values(), PASSWORD, WRONG}
                url = {"id": "all", "url": f"http://127.0.0.1:{hook.port}/all"}
                seen.secrets.add(service.post("/v1/webhooks", json=url).json()["secret"])
                told = Told(service=service)
                for step in STORY:
                    sent(seen, told, step)
                browser = Browser(service)
                for typed in (WRONG, PASSWORD):
                    answer = browser.sign_in(STAFF["email"], typed)
                    assert typed not in answer.text
                    seen.urls.append(str(answer.headers.get("location")))
                assert browser.session is not None
                seen.secrets.add(browser.session)
                asyncio.run(dispatcher(service).once())
                yield seen
            finally:
                root.handlers, root.level = before[0], before[1]
                structlog.configure(**before[2])


def dispatcher(service: Service) -> Dispatcher:
    """Sends to our own sink; the other receivers of the story have no address."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    reach = hook_flows.reach(service.app.state.settings)
    line = Line(reach=reach, resolve=resolve, tls=ssl.create_default_context(), now=utc_now)
    return Dispatcher(store=service.store, sealer=service.app.state.sealer, drain=Drain(), line=line)


def files(database: str) -> dict[str, str]:
    """The raw bytes of SQLite's file and its log; those of PostgreSQL are looked at in ``test_retention.py``."""
    if not database.startswith("sqlite"):
        return {}
    found = Path(database.removeprefix("sqlite:///"))
    return {file.name: file.read_bytes().decode("latin-1") for file in found.parent.glob(f"{found.name}*")}


def test_nobody_is_named_and_no_secret_told_where_they_do_not_belong(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lived(database, monkeypatch) as seen:
        ways, secrets = seen.ways(), sorted(seen.secrets)
        assert min(map(len, ways.values())) > 100, "each of them was listened to"
        assert len(secrets) > 14
        leaks = {name: in_it((*BUYERS, *secrets), text) for name, text in ways.items()}
        assert leaks == {name: [] for name in ways}
        staff = {name: in_it(tuple(STAFF.values()), text) for name, text in ways.items()}
        assert staff == {name: [] for name in ways}
        rows = seen.rows()
        assert {name: found for name, text in rows.items() if (found := in_it(secrets, text))} == {}
        assert {name for name, text in rows.items() if in_it(BUYERS, text)} <= set(PERSONAL)
        assert in_it(BUYERS, rows["recipients"]) == list(BUYERS)
        assert in_it(BUYERS, rows["trip_files"])
        purge(seen.service.store, lambda _rule: datetime.now(UTC) + timedelta(days=3650))
        assert {name for name, text in seen.rows().items() if in_it(BUYERS, text)} == set()
        assert {
            name: found for name, text in files(database).items() if (found := in_it([*BUYERS, *secrets], text))
        } == {}
