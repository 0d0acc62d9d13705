"""Two marketplaces in one service, each with the whole story behind it and work of two partners of each kind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi.routing import APIRoute
from sqlalchemy import insert, select

from api.db.schema import metadata
from api.db.tables.webhooks import deliveries, webhooks
from api.examples import bodies
from api.principal import OPERATORS, Role
from tests.handed_over import release
from tests.web.service import NOW, OTHER, TENANT, Service, serving
from tests.web.story import Told, spelt

MISSING = "nothing-has-this-name"
ALIKE = ("version", "position", "contract")
"""What everybody has under the same name: what is foreign about it is whose it is."""

OPEN = {
    "code": "no-drop",
    "name": "dropwright.css",
    "service": "aftership",
    "report": "breaches",
    "ending": "json",
    "term": "pick",
}
"""What belongs to nobody."""


@dataclass(frozen=True, kw_only=True)
class World:
    """``own`` fills the paths of ``TENANT``'s routes for a role, ``foreign`` has what is ``OTHER``'s.

    ``others``: by role of an operator, what belongs to the same marketplace and not to their partner. ``answers``: all
    that ``TENANT`` was answered, by role, without the names that it gave itself.
    """

    service: Service
    own: Mapping[Role, Mapping[str, str]]
    foreign: Mapping[str, str]
    others: Mapping[Role, Mapping[str, str]]
    answers: dict[Role, list[str]] = field(default_factory=dict)

    @property
    def routes(self) -> Iterator[tuple[str, str, APIRoute]]:
        """Every route of the application with its method and path."""
        for router in self.service.app.state.routers:
            for route in router.routes:
                for method in route.methods:
                    yield method, route.path_format, route

    def ask(self, method: str, path: str, values: Mapping[str, str], role: Role, **given: Any) -> Any:
        """The answer to ``TENANT``'s role, with the example of a body where the route takes one."""
        headers = {"If-Match": '"r1"'}
        for media, example in bodies(method, path).items():
            body = spelt(example, TENANT)
            for key in ("id", "sku"):
                if isinstance(body, dict) and key in body and method == "PUT":
                    body[key] = values[path.rpartition("{")[2].removesuffix("}")]
            given, headers = {"json": body} | given, headers | {"Content-Type": media}
        answer = self.service.send(method, path.format(**values), role, headers=headers, **given)
        said = f"{answer.text} {answer.headers!r}"
        for name in (*values.values(), *given.get("params", {}).values()):
            said = said.replace(name, "…") if name.endswith(f"-{OTHER}") else said
        self.answers.setdefault(role, []).append(said)
        return answer

    def of_the_other(self) -> str:
        """A hash of all that the database holds of ``OTHER``."""
        rows = []
        with self.service.store.read() as db:
            for table in metadata.sorted_tables:
                if "tenant" in table.c:
                    wanted = select(table).where(table.c.tenant == OTHER)
                    rows += sorted(f"{table.name} {tuple(row)}" for row in db.execute(wanted))
        assert len(rows) > 50
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@contextmanager
def world(address: str) -> Iterator[World]:
    """Both marketplaces at the end of the story."""
    with serving(address) as service:
        told = {tenant: Told(service=service, tenant=tenant) for tenant in (TENANT, OTHER)}
        for each in told.values():
            for step, answer in each.each():
                assert answer.status_code == step.status, (step.method, step.path, answer.text)
        with service.store.write() as db:
            released = {tenant: release(db, tenant, drop=f"small-{tenant}") for tenant in told}
        hooks = {role: hooked(service, role) for role in OPERATORS}
        delivered(service)
        own = {role: told[TENANT].values | OPEN | {"position": "1"} for role in Role}
        own[Role.COURIER] |= {"term": "door"}  # the clause that is the couriers' own
        yield World(
            service=service,
            own={role: values | ({"webhook": hooks[role]} if role in hooks else {}) for role, values in own.items()},
            foreign=told[OTHER].values,
            others={
                Role.HUB: {
                    "hub": "pasila",
                    "pick_list": next(each.id for each in released[TENANT].pick_lists if each.partner == "southdock"),
                    "webhook": hooks[Role.COURIER],
                },
                Role.COURIER: {
                    "courier": "van-1",
                    "trip": next(each.id for each in released[TENANT].trips if each.partner == "wheels"),
                    "webhook": told[TENANT].values["webhook"],
                },
            },
        )


def hooked(service: Service, role: Role) -> str:
    """A webhook of a partner."""
    (example,) = bodies("POST", "/v1/webhooks").values()
    made: str = service.post("/v1/webhooks", role, json=example).json()["id"]
    return made


def delivered(service: Service) -> None:
    """Has the first event sent to every webhook there is."""
    row = {"position": 1, "event": "e", "type": "t", "state": "dead", "attempts": 9, "first_at": NOW, "last_at": NOW}
    with service.store.write() as db:
        for each in db.execute(select(webhooks.c.tenant, webhooks.c.id)).all():
            db.execute(insert(deliveries).values(tenant=each.tenant, webhook=each.id, **row))
