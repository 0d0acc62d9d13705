"""The OpenAPI description: valid, whole, and its examples work."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from api.examples import STORY
from api.principal import Role
from tests.web.service import Service
from tests.web.story import Told

METHODS = ("get", "post", "put", "delete", "patch")


@pytest.fixture
def description(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.client.get("/openapi.json").json()
    return found


def operations(description: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): said
        for path, methods in description["paths"].items()
        for method, said in methods.items()
        if method in METHODS
    }


def response(description: dict[str, Any], operation: dict[str, Any], status: int) -> dict[str, Any]:
    """What the description says of an answer, references followed."""
    said: dict[str, Any] = operation["responses"][str(status)]
    if "$ref" in said:
        said = description["components"]["responses"][said["$ref"].rpartition("/")[2]]
    return said


def faults(description: dict[str, Any], operation: dict[str, Any], answer: Any) -> list[str]:
    """What about an answer is not as described."""
    if str(answer.status_code) not in operation["responses"]:
        return [f"{answer.status_code} is not described: {answer.text[:200]}"]
    content = response(description, operation, answer.status_code).get("content", {})
    media = answer.headers.get("content-type", "").partition(";")[0]
    if not answer.content:
        return [] if not content else ["empty"]
    if media not in content:
        return [f"{media} is not described"]
    if not media.endswith("json"):
        return []
    schema = {**content[media]["schema"], "components": description["components"]}
    check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{each.json_path}: {each.message[:200]}" for each in check.iter_errors(answer.json())]


def test_every_example_works_and_is_answered_as_described(service: Service, description: dict[str, Any]) -> None:
    described = operations(description)
    for step, answer in Told(service=service).each():
        assert answer.status_code == step.status, (step.method, step.path, answer.text)
        assert faults(description, described[step.method, step.path], answer) == [], (step.method, step.path)


def test_every_route_with_a_body_has_an_example(description: dict[str, Any]) -> None:
    told = {(step.method, step.path) for step in STORY if step.body is not None}
    with_body = {key for key, said in operations(description).items() if said.get("requestBody", {}).get("required")}
    assert with_body - told == set()
    for key in with_body:
        content = operations(description)[key]["requestBody"]["content"]
        assert any("examples" in said for said in content.values()), key


def test_every_reference_leads_somewhere_and_every_operation_has_its_own_name(description: dict[str, Any]) -> None:
    def references(tree: Any) -> set[str]:
        if isinstance(tree, dict):
            own = {tree["$ref"]} if isinstance(tree.get("$ref"), str) else set()
            return own.union(*(references(value) for value in tree.values())) if tree else own
        return set().union(*map(references, tree)) if isinstance(tree, list) and tree else set()

    for reference in references(description):
        at: Any = description
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
    names = [said["operationId"] for said in operations(description).values()]
    assert len(names) == len(set(names))


def test_every_schema_is_one(description: dict[str, Any]) -> None:
    for schema in description["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_problem_is_as_described(service: Service, description: dict[str, Any]) -> None:
    described = operations(description)
    asked = {
        ("GET", "/v1/skus"): service.client.get("/v1/skus"),
        ("POST", "/v1/skus"): service.post("/v1/skus", content=b'{"grams": -1}'),
        ("GET", "/v1/hubs/{hub}"): service.get("/v1/hubs/none"),
        ("PUT", "/v1/hubs/{hub}"): service.send("PUT", "/v1/hubs/none", content=b"{}"),
        ("POST", "/v1/drops"): service.post("/v1/drops", Role.AUDITOR, json={}),
        ("POST", "/v1/skus/bulk"): service.post("/v1/skus/bulk", content=b"x", headers={"Content-Type": "text/plain"}),
    }
    assert [answer.status_code for answer in asked.values()] == [401, 422, 404, 422, 403, 415]
    for key, answer in asked.items():
        assert faults(description, described[key], answer) == [], key


def test_roles_are_told(description: dict[str, Any]) -> None:
    described = operations(description)
    assert described["POST", "/v1/drops"]["x-roles"] == ["engineer"]
    assert "x-roles" not in described["GET", "/healthz"]
