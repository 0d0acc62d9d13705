"""Downloads for partners: each gets its own, whole, and nothing of anyone else's."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest

from api.db import pick_lists, trips
from api.db.releases import Release
from api.principal import Role
from tests.handed_over import DROP, PICKED_BY, RELEASED_AT, handed_over, release
from tests.web.service import OTHER, TENANT, Service

HOUSE = (Role.ENGINEER, Role.MANAGER, Role.AUDITOR)
MAY = {"pick-lists": (*HOUSE, Role.HUB), "trips": (*HOUSE, Role.COURIER)}
FILES = {
    "pick-lists": {".csv": "text/csv", ".json": "application/json"},
    "trips": {
        "/manifest.csv": "text/csv",
        "/manifest.json": "application/json",
        "/manifest.geojson": "application/geo+json",
    },
}
MISSING = "0" * 32


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A service in which both marketplaces have released the same plan."""

    service: Service
    of: dict[str, Release]

    def ids(self, kind: str, partner: str | None = None, tenant: str = TENANT) -> list[str]:
        """Ids of a marketplace's pick lists or trips, of one partner or all."""
        entries: Any = self.of[tenant].pick_lists if kind == "pick-lists" else self.of[tenant].trips
        return [each.id for each in entries if partner in (None, each.partner)]


@pytest.fixture
def handed(service: Service) -> Handed:
    with service.store.write() as db:
        of = {tenant: release(db, tenant) for tenant in (TENANT, OTHER)}
    return Handed(service=service, of=of)


def paths(kind: str, name: str) -> Iterator[str]:
    """Every address below the list that tells of one pick list or trip."""
    for ending in ("", *FILES[kind]):
        yield f"/v1/{kind}/{name}{ending}"


def items(service: Service, path: str, role: Role, tenant: str = TENANT) -> list[dict[str, Any]]:
    """All of a list, two a page."""
    found, cursor = [], ""
    while cursor is not None:
        sign = "&" if "?" in path else "?"
        page = service.get(f"{path}{sign}limit=2" + (f"&cursor={cursor}" if cursor else ""), role, tenant).json()
        found += page["items"]
        cursor = page["next"]
    return found


def told(answer: Any) -> tuple[Any, ...]:
    """All of an answer that could give something away."""
    once = {"date", "x-request-id", "ratelimit"}
    return answer.status_code, answer.content, sorted(each for each in answer.headers.items() if each[0] not in once)


@pytest.mark.parametrize("role", HOUSE)
@pytest.mark.parametrize("kind", ["pick-lists", "trips"])
def test_the_marketplace_sees_all_of_its_own(handed: Handed, kind: str, role: Role) -> None:
    assert [each["id"] for each in items(handed.service, f"/v1/{kind}", role)] == handed.ids(kind)
    for name in handed.ids(kind):
        assert [handed.service.get(path, role).status_code for path in paths(kind, name)] == [200] * (
            1 + len(FILES[kind])
        )


@pytest.mark.parametrize(
    ("kind", "role", "partner"), [("pick-lists", Role.HUB, "northdock"), ("trips", Role.COURIER, "pedal")]
)
def test_an_operator_sees_its_partners_own(handed: Handed, kind: str, role: Role, partner: str) -> None:
    own = handed.ids(kind, partner)
    assert len(own) == 2
    assert [each["id"] for each in items(handed.service, f"/v1/{kind}", role)] == own
    for path in itertools.chain.from_iterable(paths(kind, name) for name in own):
        assert handed.service.get(path, role).status_code == 200


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", ["pick-lists", "trips"])
def test_what_is_foreign_is_answered_like_what_is_missing(handed: Handed, kind: str, role: Role) -> None:
    partner = {Role.HUB: "northdock", Role.COURIER: "pedal"}.get(role)
    foreign = handed.ids(kind, tenant=OTHER)
    if partner:
        foreign += [name for name in handed.ids(kind) if name not in handed.ids(kind, partner)]
    assert foreign
    for name in foreign:
        for path, missing in zip(paths(kind, name), paths(kind, MISSING), strict=True):
            answer = handed.service.get(path, role)
            assert answer.status_code == (404 if role in MAY[kind] else 403)
            assert told(answer) == told(handed.service.get(missing, role))


@pytest.mark.parametrize(("kind", "role"), [("pick-lists", Role.COURIER), ("trips", Role.HUB)])
def test_an_operator_of_the_other_kind_is_not_let_in(handed: Handed, kind: str, role: Role) -> None:
    for path in (f"/v1/{kind}", *paths(kind, handed.ids(kind)[0]), *paths(kind, MISSING)):
        answer = handed.service.get(path, role)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-allowed")


def test_without_a_key_nothing_is_handed_out(handed: Handed) -> None:
    for kind in FILES:
        for path in (f"/v1/{kind}", *paths(kind, handed.ids(kind)[0])):
            assert handed.service.client.get(path).status_code == 401


def all_that(handed: Handed, kind: str, role: Role) -> bytes:
    """Every byte that a role gets of its pick lists or trips, heads included."""
    names = [each["id"] for each in items(handed.service, f"/v1/{kind}", role)]
    addresses = [f"/v1/{kind}", *itertools.chain.from_iterable(paths(kind, name) for name in names)]
    answers = [handed.service.get(path, role) for path in addresses]
    return b"".join(answer.content + repr(sorted(answer.headers.items())).encode() for answer in answers)


def test_a_hub_learns_nothing_of_buyers_nor_of_other_hubs(handed: Handed) -> None:
    read = all_that(handed, "pick-lists", Role.HUB)
    drop, plan = handed_over()
    others = [parcel.id for parcel in plan.parcels if parcel.hub != PICKED_BY["northdock"]]
    words = ["Canary o", "+358", "Kanarienweg", "recipient", "southdock", "kamppi", "CANDLE", *map(quoted, others)]
    words += [str(order.location.lat) for order in drop.orders]
    assert b"Canary mug" in read
    assert [word for word in words if word.encode() in read] == []


def test_a_courier_learns_nothing_of_goods_nor_of_other_couriers(handed: Handed) -> None:
    read = all_that(handed, "trips", Role.COURIER)
    drop, plan = handed_over()
    met = {stop.order for trip in plan.trips if trip.id in ("t1", "t2") for stop in trip.stops}
    words = [f"Canary {order.id}" for order in drop.orders if order.id not in met]
    words += [f"{order.location.lat}," for order in drop.orders if order.id not in met]
    words += [article.sku for article in drop.catalog] + ["wheels", "bike-2", "northdock", "southdock", "Canary mug"]
    words += [article.seller for article in drop.catalog]
    assert all(f"Canary {order}".encode() in read for order in met)
    assert [word for word in words if word.encode() in read] == []


def quoted(word: str) -> str:
    return f'"{word}"'


def test_what_is_due_first_comes_first_whatever_the_page(handed: Handed) -> None:
    listed = items(handed.service, "/v1/pick-lists", Role.ENGINEER)
    assert [(each["hub"], each["wave"]) for each in listed] == [
        ("kamppi", "w1"),  # its first parcel leaves ten minutes before that of kallio
        ("kallio", "w1"),
        ("kallio", "w2"),
        ("kamppi", "w2"),
    ]
    assert [each["trip"] for each in items(handed.service, "/v1/trips", Role.ENGINEER)] == ["t3", "t1", "t2", "t4"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("pick-lists?hub=kallio", 2),
        ("pick-lists?wave=w1", 2),
        ("pick-lists?hub=kallio&wave=w1", 1),
        ("pick-lists?hub=kallio&hub=kamppi", 2),
        (f"pick-lists?drop={DROP}", 4),
        ("pick-lists?drop=another", 0),
        ("pick-lists?hub=%00", 0),
        ("pick-lists?due_after=2026-11-20T16:44:59Z", 4),
        ("pick-lists?due_after=2026-11-20T18:45:00%2B02:00", 2),
        ("trips?courier=bike-1", 2),
        ("trips?hub=kamppi&drop=small", 2),
        ("trips?load_after=2026-11-20T16:55:00Z", 2),
    ],
)
def test_lists_are_narrowed_by_what_is_asked(handed: Handed, query: str, count: int) -> None:
    assert len(items(handed.service, f"/v1/{query}", Role.ENGINEER)) == count


@pytest.mark.parametrize(
    "given", ["yesterday", "2026-11-20T16:45:00", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+23:00"]
)
def test_a_time_that_is_none_is_told(handed: Handed, given: str) -> None:
    answer = handed.service.get("/v1/pick-lists", params={"due_after": given})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/due_after")


@pytest.mark.parametrize("kind", ["pick-lists", "trips"])
def test_work_that_was_withdrawn_is_found_by_its_id_alone_and_its_files_are_gone(handed: Handed, kind: str) -> None:
    partner, role, module = ("northdock", Role.HUB, pick_lists)
    if kind == "trips":
        partner, role, module = ("pedal", Role.COURIER, trips)
    gone, stays = handed.ids(kind, partner)
    with handed.service.store.write() as db:
        module.withdraw(db, TENANT, [gone], RELEASED_AT)
    assert [each["id"] for each in items(handed.service, f"/v1/{kind}", role)] == [stays]
    assert handed.service.get(f"/v1/{kind}/{gone}", role).json()["superseded_at"] == "2026-11-20T16:16:00Z"
    for ending in FILES[kind]:
        answer = handed.service.get(f"/v1/{kind}/{gone}{ending}", role)
        assert (answer.status_code, answer.json()["type"]) == (410, "/problems/withdrawn")
        assert handed.service.get(f"/v1/{kind}/{stays}{ending}", role).status_code == 200


@pytest.mark.parametrize("kind", ["pick-lists", "trips"])
def test_a_file_comes_as_an_attachment_with_its_hash_and_is_kept_by_nobody_between(handed: Handed, kind: str) -> None:
    for name, (ending, media_type) in itertools.product(handed.ids(kind), FILES[kind].items()):
        answer = handed.service.get(f"/v1/{kind}/{name}{ending}")
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
        assert answer.headers["content-type"].partition(";")[0] == media_type
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith('attachment; filename="')


def test_a_file_is_named_after_drop_version_and_place(handed: Handed) -> None:
    names = {
        handed.service.get(f"/v1/pick-lists/{name}.csv").headers["content-disposition"]
        for name in handed.ids("pick-lists")
    }
    assert 'attachment; filename="pick-list-small-v1-kallio-w1.csv"' in names
    assert len(names) == 4
    last = handed.ids("trips")[-1]
    shown = handed.service.get(f"/v1/trips/{last}/manifest.geojson").headers["content-disposition"]
    assert shown == 'attachment; filename="manifest-small-v1-bike-2-t4.geojson"'


def test_who_has_the_file_already_gets_304_and_who_has_another_gets_it(handed: Handed) -> None:
    path = f"/v1/pick-lists/{handed.ids('pick-lists')[0]}.csv"
    first = handed.service.get(path)
    for known in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = handed.service.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert handed.service.get(path, headers={"If-None-Match": '"x"'}).content == first.content


def test_no_title_becomes_a_formula_and_json_has_it_as_it_is(handed: Handed) -> None:
    (first, _) = handed.ids("pick-lists", "northdock")
    rows = csv.DictReader(io.StringIO(handed.service.get(f"/v1/pick-lists/{first}.csv", Role.HUB).text, newline=""))
    assert {row["title"] for row in rows} == {"Canary mug", "'=Canary()"}
    lines = handed.service.get(f"/v1/pick-lists/{first}.json", Role.HUB).json()["lines"]
    assert {line["title"] for line in lines} == {"Canary mug", "=Canary()"}


def test_json_files_keep_to_their_description(handed: Handed) -> None:
    described = handed.service.client.get("/openapi.json").json()
    for kind, name, ending in (("pick-lists", "PickList", ".json"), ("trips", "Manifest", "/manifest.json")):
        schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        for each in handed.ids(kind):
            jsonschema.validate(handed.service.get(f"/v1/{kind}/{each}{ending}").json(), schema)


def test_no_address_leads_anywhere_else(handed: Handed) -> None:
    own = handed.ids("pick-lists")[0]
    dots = ("..", "%2e%2e", "%252e%252e", "..%00", "%c0%ae%c0%ae", "....", "．．")
    slashes = ("%2f", "%252f", "%5c", "\\", "%c0%af", "%2f%2f")
    ends = ("etc%2fpasswd", own, f"{own}.csv%00.json", "%00", "C:%5cboot.ini", "x" * 3000)
    payloads = [f"{dot}{slash}{end}" for dot, slash, end in itertools.product(dots, slashes, ends)]
    payloads += [f"{own}{tail}" for tail in ("%00", "%20", ".", "..", ".csv.csv", ".xml", "'--", "%0a", "*", "%25")]
    payloads += [own[:-1], own.upper() + "A", f"%20{own}", "%ff", "%ed%a0%80", "-1", "null"]
    asked = [f"/v1/{kind}/{payload}{ending}" for payload in payloads for kind in FILES for ending in ("", *FILES[kind])]
    assert len(payloads) * len(FILES) >= 500
    assert {path: status for path in asked if (status := handed.service.get(path).status_code) != 404} == {}
