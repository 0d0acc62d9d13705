"""Every route, asked by every role for what is its own, what is somebody else's and what is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from api.openapi import roles_of
from api.principal import Role
from tests.db.postgres import Server
from tests.web.matrix import NOBODY_ASKED, ROUTES
from tests.web.service import OTHER, TENANT
from tests.web.story import CANARY
from tests.web.world import ALIKE, MISSING, OPEN, World, world

ORDER = ("GET", "POST", "PUT", "DELETE")
"""What takes things away comes last."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The marketplaces, which the tests of this file share."""
    if request.param == "sqlite":
        with world(f"sqlite:///{tmp_path_factory.mktemp('matrix') / 'dropwright.db'}") as made:
            yield made
        return
    server: Server = request.getfixturevalue("postgres_server")
    address = server.create()
    with world(address) as made:
        yield made
    server.drop(address)


def asked(both: World) -> list[tuple[str, str, tuple[Role, ...]]]:
    """Method, path and roles of each route that asks who one is."""
    found = [
        (method, path, ROUTES[f"{method} {path}"] or ())
        for method, path, _ in both.routes
        if ROUTES[f"{method} {path}"] is not NOBODY_ASKED
    ]
    return sorted(found, key=lambda each: (ORDER.index(each[0]), each[1]))


def told(answer: Any, name: str) -> tuple[Any, ...]:
    """All of an answer that could give something away, whatever name was asked for."""
    once = ("date", "x-request-id", "content-length", "ratelimit")
    heads = sorted(each for each in answer.headers.items() if each[0] not in once)
    return answer.status_code, answer.text.replace(name, "…"), heads


def names_in(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def instead(both: World, path: str, role: Role) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """A name of a path with what is foreign to a role, one at a time, and all of them at once."""
    inside = [name for name in names_in(path) if name not in (*OPEN, *ALIKE)]
    for values in (both.foreign, both.others.get(role, {})):
        for name in inside:
            if name in values:
                yield name, values[name], {**both.own[role], name: values[name]}
        if len(inside) > 1 and all(name in values for name in inside):
            yield inside[-1], values[inside[-1]], {**both.own[role], **{name: values[name] for name in inside}}


def test_every_route_is_in_the_table_and_nothing_else_is(both: World) -> None:
    assert {f"{method} {path}" for method, path, _ in both.routes} == set(ROUTES)


def test_the_description_tells_the_roles_of_the_table(both: World) -> None:
    for method, path, route in both.routes:
        said, wanted = roles_of(route), ROUTES[f"{method} {path}"]
        assert set(said if said is not None else Role if wanted else ()) == set(wanted or ()), (method, path)


def test_without_a_key_nobody_gets_past_the_open_routes(both: World) -> None:
    for method, path, _ in both.routes:
        address = path.format(**both.own[Role.ENGINEER])
        answer = both.service.client.request(method, address, follow_redirects=False)
        if ROUTES[f"{method} {path}"] is NOBODY_ASKED:
            assert answer.status_code in (200, 303, 403, 404, 422), (method, path)  # signing in has rules of its own
        elif not path.startswith("/v1/"):
            assert answer.status_code == 401 or answer.headers["location"].startswith("/sign-in"), (method, path)
        else:
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), (method, path)


@pytest.mark.parametrize("role", Role)
def test_what_is_foreign_is_answered_like_what_is_missing_and_stays_as_it_was(both: World, role: Role) -> None:
    before, seen = both.of_the_other(), 0
    for method, path, roles in asked(both):
        for name, foreign, values in instead(both, path, role):
            answer = both.ask(method, path, values, role)
            missing = both.ask(method, path, {**values, name: MISSING}, role)
            refused = (404, 409) if role in roles else (403,)  # 409 says how one's own drop is
            assert answer.status_code in refused, (method, path, name, answer.text)
            assert told(answer, foreign) == told(missing, MISSING), (method, path, name)
            seen += 1
    assert seen > 60
    assert both.of_the_other() == before


@pytest.mark.parametrize("role", Role)
def test_a_list_is_narrowed_to_what_is_foreign_like_to_what_is_missing(both: World, role: Role) -> None:
    seen = 0
    for method, path, route in both.routes:
        if method != "GET" or role not in (ROUTES[f"{method} {path}"] or ()):
            continue
        for query in (
            each.alias for part in (route.dependant, *route.dependant.dependencies) for each in part.query_params
        ):
            here = () if query in ALIKE else (both.foreign, both.others.get(role, {}))
            for foreign in {each[query] for each in here if query in each}:
                answer = both.ask(method, path, both.own[role], role, params={query: foreign})
                missing = both.ask(method, path, both.own[role], role, params={query: MISSING})
                assert told(answer, foreign) == told(missing, MISSING), (path, query)
                seen += 1
            if query == "cursor" and route.include_in_schema:
                of_the_other = {**both.own[role], **both.foreign}
                page = both.service.get(path.format(**of_the_other), role, OTHER, params={"limit": 1}).json()
                if page.get("next"):
                    answer = both.ask(method, path, both.own[role], role, params={"cursor": page["next"]})
                    assert answer.status_code in (200, 422)
                    seen += 1
    assert seen > 3


def test_every_role_gets_at_its_own_and_at_nothing_else(both: World) -> None:
    for method, path, roles in asked(both):
        for role in sorted(Role, key=lambda role: role in roles):
            answer = both.ask(method, path, both.own[role], role)
            if role in roles:
                assert answer.status_code < 500, (method, path, role)
                assert answer.status_code not in (401, 403, 404), (method, path, role, answer.text)
            else:
                assert answer.status_code == 403, (method, path, role, answer.text)


def test_no_answer_had_a_word_of_the_other_marketplace_nor_a_buyer_for_a_hub(both: World) -> None:
    for method, path, roles in asked(both):
        for role in roles if method == "GET" else ():
            both.ask(method, path, both.own[role], role)
    texts = {role: "\n".join(said) for role, said in both.answers.items()}
    assert CANARY[TENANT] in texts[Role.ENGINEER]
    assert [role for role, text in texts.items() if CANARY[OTHER] in text or f"-{OTHER}" in text] == []
    assert "Aino" in texts[Role.COURIER]
    assert "Aino" not in texts[Role.HUB]
    assert "+358" not in texts[Role.HUB]
