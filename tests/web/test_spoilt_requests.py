"""Requests of the story with something in them that may not be there: each is refused, and the story goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.db.schema import metadata
from api.examples import JSON, NDJSON, STORY, Step
from api.routing import FORMS
from tests.web.service import OTHER, Service
from tests.web.story import NAMES, Told, spelt

MISSING = "nothing-has-this-name"
OWN = ("id", "sku")
"""Where a body gives its own name."""

BY_NAME = ("partner", "reason", "tier", "collections", "waves", "tiers")
"""What names something that is told in the same body, or nothing that is kept under that name."""

AHEAD = (("/v1/loans", ("drop",)),)
"""References to what need not be there yet: sellers may lend before the drop is set up."""


OPEN_BODIES = (
    "/v1/events",
    "/v1/events/{service}",
    "/v1/contracts",
    "/v1/contracts/{contract}/{version}/succeed",
    "/v1/sla/what-if/{contract}/{version}",
)
"""Events may have attributes of their own and tell of anything; contracts are YAML too, and have tests of their own."""


def every_field(description: dict[str, Any]) -> frozenset[str]:
    """The fields of all that is described, and the columns of all tables."""
    schemas = description["components"]["schemas"].values()
    fields = {name for schema in schemas for name in schema.get("properties", ())}
    return frozenset(fields | {column.name for table in metadata.sorted_tables for column in table.c})


class Model:
    """What a body may be, by its schema."""

    def __init__(self, description: dict[str, Any], schema: dict[str, Any]) -> None:
        self.description, self.schema = description, schema

    def places(self, tree: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any], frozenset[str] | None]]:
        """Every object in a body with its pointer and the fields it may have, ``None`` where they are any names."""
        if isinstance(tree, list):
            for index, each in enumerate(tree):
                items = self.alike("items")
                yield from items.places(each, f"{at}/{index}")
        elif isinstance(tree, dict):
            known = [part["properties"] for part in self.parts(self.schema) if "properties" in part]
            yield at, tree, frozenset().union(*known) if known else None
            for name, value in tree.items():
                inner = [
                    part["properties"][name] for part in self.parts(self.schema) if name in part.get("properties", ())
                ]
                inner += [] if inner else [part["additionalProperties"] for part in self.parts(self.schema)]
                yield from Model(self.description, {"anyOf": inner}).places(value, f"{at}/{name}")

    def alike(self, key: str) -> Model:
        return Model(self.description, {"anyOf": [part[key] for part in self.parts(self.schema) if key in part]})

    def parts(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """A schema as its alternatives, references followed."""
        if "$ref" in schema:
            return self.parts(self.description["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        several = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, ())]
        return [part for each in several for part in self.parts(each)] or [schema]


def with_bodies(told: Told) -> Iterator[tuple[Step, Any]]:
    """Each step with a body, before it is sent, and its body (of rows: the first); every step is sent then."""
    for step in STORY:
        if step.body is not None and step.path not in OPEN_BODIES:
            yield step, spelt(step.body[0] if step.media == NDJSON else step.body, told.tenant)
        assert told.send(step).status_code == step.status, (step.method, step.path)


def test_a_field_that_is_none_of_a_bodys_own_is_refused_wherever_it_stands(service: Service) -> None:
    description = service.client.get("/openapi.json").json()
    fields, told, tried = every_field(description), Told(service=service), 0
    for step, body in with_bodies(told):
        content = description["paths"][step.path][step.method.lower()]["requestBody"]["content"]
        for at, place, known in Model(description, content[step.media]["schema"]).places(body):
            if known is None:
                continue
            foreign = sorted(fields - known - set(place))
            place |= dict.fromkeys(foreign, "x")
            answer = told.ask(step, json.dumps(body).encode())
            for name in foreign:
                del place[name]
            refused = {each["pointer"] for each in answer.json()["errors"] if each["code"] == "unknown-field"}
            assert answer.status_code == 422, (step.path, at)
            assert {f"{at}/{name}" for name in foreign} <= refused, (step.path, at)
            tried += len(foreign)
    assert tried > 10_000


def references(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a body names something that is kept elsewhere."""
    if isinstance(tree, (dict, list)):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            if key not in BY_NAME and not (at == () and key in OWN):
                yield from references(value, (*at, key))
    elif isinstance(tree, str) and tree in NAMES:
        yield at


def renamed(tree: Any, at: tuple[Any, ...], name: str) -> Any:
    """A copy of a body with another name in one place."""
    if not at:
        return name
    made = dict(tree) if isinstance(tree, dict) else list(tree)
    made[at[0]] = renamed(tree[at[0]], at[1:], name)
    return made


def test_a_reference_to_what_is_foreign_is_refused_like_one_to_nothing(service: Service) -> None:
    for step, answer in Told(service=service, tenant=OTHER).each():
        assert answer.status_code == step.status
    told, tried = Told(service=service), 0
    for step, body in with_bodies(told):
        for at in references(body):
            if (step.path, at) in AHEAD:
                continue
            name = body
            for key in at:
                name = name[key]
            said = []
            for instead in (spelt(name, OTHER), MISSING):
                answer = told.ask(step, json.dumps(renamed(body, at, instead)).encode())
                assert 400 <= answer.status_code < 500, (step.path, at, answer.text)
                said.append((answer.status_code, answer.text.replace(instead, "…")))
            assert said[0] == said[1], (step.path, at)
            tried += 1
    assert tried > 30


@pytest.mark.parametrize("media", FORMS)
def test_a_body_that_a_form_on_a_web_page_could_send_is_not_read(service: Service, media: str) -> None:
    told = Told(service=service)
    for step, body in with_bodies(told):
        if step.media == JSON:
            answer = told.ask(replace(step, media=f"{media}; charset=utf-8"), json.dumps(body).encode())
            assert (answer.status_code, answer.json()["type"]) == (415, "/problems/no-forms"), (step.path, answer.text)
