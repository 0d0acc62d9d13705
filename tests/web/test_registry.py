"""The registry: every kind is added, read, edited, deleted and loaded alike, and nothing that is needed goes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from api.db.tables.events import events
from api.principal import Role
from tests.web.registered import ALL, BIKE, GIFT, KALLIO, MUG, PASILA, TEA, id_of, register
from tests.web.service import OTHER, Service

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv"}


def rows(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def problems(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


@pytest.fixture
def full(service: Service) -> Service:
    register(service)
    return service


@pytest.mark.parametrize("kind", ALL)
def test_a_record_is_read_as_it_was_added(full: Service, kind: str) -> None:
    for record in ALL[kind]:
        answer = full.get(f"/v1/{kind}/{id_of(record)}")
        assert (answer.json(), answer.headers["etag"]) == (record, '"r1"')
    assert full.get(f"/v1/{kind}").json()["items"] == sorted(ALL[kind], key=id_of)


@pytest.mark.parametrize("kind", ALL)
def test_the_location_of_a_new_record_leads_to_it(service: Service, kind: str) -> None:
    register(service, *[each for each in ALL if each != kind and each in ("skus", "hubs")])
    odd = ALL[kind][0] | {("sku" if "sku" in ALL[kind][0] else "id"): "a/b ü?#%"}
    answer = service.post(f"/v1/{kind}", json=odd)
    assert service.get(answer.headers["location"]).json() == odd


@pytest.mark.parametrize("kind", ALL)
def test_an_id_is_given_once(full: Service, kind: str) -> None:
    answer = full.post(f"/v1/{kind}", json=ALL[kind][0])
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/entry-exists")


@pytest.mark.parametrize("kind", ALL)
def test_an_edit_needs_the_revision_that_it_edits(full: Service, kind: str) -> None:
    record = ALL[kind][0]
    path, key = f"/v1/{kind}/{id_of(record)}", "title" if "sku" in record else "name"
    assert full.send("PUT", path, json=record).status_code == 428
    edited = full.send("PUT", path, json=record | {key: "Else"}, headers={"If-Match": '"r1"'})
    assert (edited.status_code, edited.headers["etag"]) == (200, '"r2"')
    assert full.get(path).json()[key] == "Else"
    late = full.send("PUT", path, json=record, headers={"If-Match": '"r1"'})
    assert (late.status_code, late.json()["type"]) == (412, "/problems/changed-meanwhile")
    assert full.send("DELETE", path, headers={"If-Match": '"r1"'}).status_code == 412
    other = full.send("PUT", f"/v1/{kind}/none", json=record, headers={"If-Match": '"r1"'})
    assert (other.status_code, problems(other)[0][1]) == (422, "bad-value")


@pytest.mark.parametrize("kind", ALL)
def test_of_many_edits_of_one_revision_one_wins(full: Service, kind: str) -> None:
    record = ALL[kind][0]
    key = "title" if "sku" in record else "name"

    def edit(number: int) -> int:
        body, match = record | {key: f"n{number}"}, {"If-Match": '"r1"'}
        status: int = full.send("PUT", f"/v1/{kind}/{id_of(record)}", json=body, headers=match).status_code
        return status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(edit, range(6))) == [200, 412, 412, 412, 412, 412]


@pytest.mark.parametrize("kind", ALL)
def test_records_of_others_are_not_found_and_stay(full: Service, kind: str) -> None:
    path = f"/v1/{kind}/{id_of(ALL[kind][0])}"
    missing = full.get(f"/v1/{kind}/none", tenant=OTHER).json()
    assert full.get(path, tenant=OTHER).json() | {"detail": ""} == missing | {"detail": ""}
    body = {"json": ALL[kind][0], "headers": {"If-Match": '"r1"'}}
    assert full.send("PUT", path, tenant=OTHER, **body).status_code == 404
    assert full.send("DELETE", path, tenant=OTHER, headers={"If-Match": '"r1"'}).status_code == 404
    assert full.get(f"/v1/{kind}", tenant=OTHER).json()["items"] == []
    register(full, tenant=OTHER)


@pytest.mark.parametrize("kind", ALL)
def test_only_engineers_change_the_registry(full: Service, kind: str) -> None:
    record = ALL[kind][0]
    for role in set(Role) - {Role.ENGINEER}:
        match = {"If-Match": '"r1"'}
        assert full.post(f"/v1/{kind}", role, json=record).status_code == 403
        assert full.post(f"/v1/{kind}/bulk", role, content=rows(record), headers=NDJSON).status_code == 403
        assert full.send("PUT", f"/v1/{kind}/{id_of(record)}", role, json=record, headers=match).status_code == 403
        assert full.send("DELETE", f"/v1/{kind}/{id_of(record)}", role, headers=match).status_code == 403


def test_operators_see_what_is_their_partner_s_alone(full: Service) -> None:
    assert [each["id"] for each in full.get("/v1/hubs", Role.HUB).json()["items"]] == ["kallio"]
    assert full.get("/v1/hubs/kallio", Role.HUB).status_code == 200
    assert full.get("/v1/hubs/pasila", Role.HUB).status_code == 404
    assert [each["id"] for each in full.get("/v1/couriers", Role.COURIER).json()["items"]] == ["bike-1"]
    assert full.get("/v1/couriers/van-1", Role.COURIER).status_code == 404
    for path in ("/v1/skus", "/v1/bundles", "/v1/carriers", "/v1/couriers"):
        assert full.get(path, Role.HUB).status_code == 403


def test_what_a_record_names_must_be_there_and_all_of_it_is_told(service: Service) -> None:
    register(service, "skus")
    bundle = GIFT | {
        "components": [{"sku": "NO-1", "quantity": 1}, {"sku": "MUG-1", "quantity": 1}, {"sku": "NO-2", "quantity": 1}]
    }
    assert problems(service.post("/v1/bundles", json=bundle)) == [
        ("/components/0/sku", "unknown-sku"),
        ("/components/2/sku", "unknown-sku"),
    ]
    assert problems(service.post("/v1/couriers", json=BIKE)) == [
        ("/home", "unknown-hub"),
        ("/hubs/0", "unknown-hub"),
        ("/hubs/1", "unknown-hub"),
    ]


def test_a_bundle_within_a_bundle_is_refused(full: Service) -> None:
    answer = full.post("/v1/bundles", json={"sku": "BOX-1", "components": [{"sku": "GIFT-1", "quantity": 1}]})
    assert problems(answer) == [("/components/0/sku", "unknown-sku")]


def test_no_name_is_a_sku_and_a_bundle(full: Service) -> None:
    for path, body in (("/v1/skus", MUG | {"sku": "GIFT-1"}), ("/v1/bundles", GIFT | {"sku": "MUG-1"})):
        answer = full.post(path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/name-taken")
        told = full.post(f"{path}/bulk", content=rows(body), headers=NDJSON)
        assert problems(told) == [("/sku", "name-taken")]
    assert full.send("DELETE", "/v1/bundles/GIFT-1", headers={"If-Match": '"r1"'}).status_code == 204
    assert full.post("/v1/skus", json=MUG | {"sku": "GIFT-1"}).status_code == 201


@pytest.mark.parametrize(
    ("kind", "record", "pointer", "code"),
    [
        ("hubs", KALLIO | {"location": {"lat": 60}}, "/location/lon", "missing-field"),
        ("hubs", KALLIO | {"location": {}}, "/location/lat", "missing-field"),
        ("hubs", KALLIO | {"waves": []}, "/waves", "unknown-field"),
        ("hubs", KALLIO | {"partner": "p" * 201}, "/partner", "bad-length"),
        ("skus", MUG | {"grams": -1}, "/grams", "out-of-range"),
        ("bundles", GIFT | {"components": []}, "/components", "empty-list"),
        ("bundles", GIFT | {"components": [{"sku": "MUG-1", "quantity": 0}]}, "/components/0/quantity", "out-of-range"),
        ("couriers", BIKE | {"capacity": {"grams": "many"}}, "/capacity/grams", "not-an-integer"),
        (
            "carriers",
            {"id": "c", "partner": "p", "tariff": [{"up_to_grams": 2, "amount": 1}, {"up_to_grams": 2, "amount": 2}]},
            "/tariff/1/up_to_grams",
            "not-ascending",
        ),
    ],
)
def test_a_spoilt_record_is_told_with_its_place(
    full: Service, kind: str, record: dict[str, Any], pointer: str, code: str
) -> None:
    one = full.post(f"/v1/{kind}", json=record)
    many = full.post(f"/v1/{kind}/bulk", content=rows(record), headers=NDJSON)
    assert (one.status_code, many.status_code) == (422, 422)
    assert (pointer, code) in problems(one)
    assert problems(one) == problems(many)


@pytest.mark.parametrize(
    ("needed", "by"),
    [
        ("skus/MUG-1", ["bundles/GIFT-1"]),
        ("hubs/pasila", ["couriers/bike-1", "couriers/van-1"]),
    ],
)
def test_what_is_needed_is_not_deleted_until_nothing_needs_it(full: Service, needed: str, by: list[str]) -> None:
    match = {"If-Match": '"r1"'}
    answer = full.send("DELETE", f"/v1/{needed}", headers=match)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/entry-in-use")
    for path in by:
        assert full.send("DELETE", f"/v1/{path}", headers=match).status_code == 204
    assert full.send("DELETE", f"/v1/{needed}", headers=match).status_code == 204
    assert full.get(f"/v1/{needed}").status_code == 404


@pytest.mark.parametrize("kind", ALL)
def test_bulk_adds_what_is_new_replaces_what_is_other_and_leaves_the_rest(full: Service, kind: str) -> None:
    first = ALL[kind][0]
    key, named = ("sku", "title") if "sku" in first else ("id", "name")
    new, other = first | {key: "new"}, first | {named: "Else"}
    answer = full.post(f"/v1/{kind}/bulk", content=rows(*ALL[kind], new), headers=NDJSON)
    assert answer.json()["outcomes"] == {"created": 1, "unchanged": len(ALL[kind])}
    answer = full.post(f"/v1/{kind}/bulk", content=rows(other, new), headers=NDJSON)
    assert answer.json()["outcomes"] == {"replaced": 1, "unchanged": 1}
    assert full.get(f"/v1/{kind}/{id_of(first)}").headers["etag"] == '"r2"'
    assert full.get(f"/v1/{kind}/new").headers["etag"] == '"r1"'


def test_a_bulk_replacement_changes_what_a_record_is_made_of(full: Service) -> None:
    answer = full.post(
        "/v1/bundles/bulk", content=rows(GIFT | {"components": [{"sku": "TEA-1", "quantity": 1}]}), headers=NDJSON
    )
    assert answer.json()["outcomes"] == {"replaced": 1}
    assert full.send("DELETE", "/v1/skus/MUG-1", headers={"If-Match": '"r1"'}).status_code == 204


def test_all_faults_of_a_bulk_request_are_told_with_their_lines_and_nothing_is_kept(service: Service) -> None:
    register(service, "hubs")
    body = rows(BIKE | {"id": "b1"}, BIKE | {"id": "b2", "home": "no"}, BIKE | {"id": "b1"}) + b"{}\n"
    answer = service.post("/v1/couriers/bulk", content=body, headers=NDJSON)
    assert answer.status_code == 422
    assert [(each["line"], each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        (2, "/home", "unknown-hub"),
        (3, "/id", "duplicate-id"),
        (4, "/home", "missing-field"),
        (4, "/id", "missing-field"),
        (4, "/partner", "missing-field"),
        (4, "/profile", "missing-field"),
    ]
    assert service.get("/v1/couriers").json()["items"] == []
    answer = service.post("/v1/couriers/bulk?partial=true", content=body, headers=NDJSON)
    assert (answer.json()["kept"], answer.json()["refused"]) == (1, 3)
    assert [each["id"] for each in service.get("/v1/couriers").json()["items"]] == ["b1"]


def test_csv_loads_every_kind(service: Service) -> None:
    files = {
        "skus": "sku,seller,grams,millilitres,handling,title\nMUG-1,kiln,350,900,,\nTEA-1,leaf,80,200,dry,Green tea\n",
        "bundles": 'sku,components\nGIFT-1,"[{""sku"":""MUG-1"",""quantity"":2},{""sku"":""TEA-1"",""quantity"":1}]"\n',
        "hubs": "id;partner;location.lat;location.lon;cost_per_parcel;name\n"
        "kallio;northdock;60.184;24.95;45;\npasila;southdock;60.199;24.93;;Pasila yard\n",
        "couriers": "id,partner,profile,home,hubs,capacity.parcels\n"
        "bike-1,pedal,bike,kallio,kallio|pasila,\nvan-1,motor,van,pasila,,60\n",
        "carriers": 'id,partner,tariff\npost,post,"[{""up_to_grams"":2000,""amount"":590}]"\n',
    }
    for kind, text in files.items():
        answer = service.post(f"/v1/{kind}/bulk", content=text.encode(), headers=CSV)
        assert answer.json().get("outcomes") == {"created": len(ALL[kind])}, answer.text
        assert service.get(f"/v1/{kind}").json()["items"] == sorted(ALL[kind], key=id_of)


def test_a_long_list_comes_in_pages_of_which_none_repeats_or_skips(service: Service) -> None:
    records = [TEA | {"sku": f"T-{number:03d}"} for number in range(130)]
    service.post("/v1/skus/bulk", content=rows(*records), headers=NDJSON)
    found, cursor = [], None
    while True:
        page = service.get("/v1/skus", params={"limit": 50, **({"cursor": cursor} if cursor else {})}).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == records


def test_a_record_that_names_text_a_database_cannot_hold_is_no_fault_of_the_service(full: Service) -> None:
    for path in ("/v1/skus/a%00b", "/v1/hubs/%00", "/v1/skus/%F0%9F%8D%B5"):
        assert full.get(path).status_code in (404, 422)
    assert full.post("/v1/skus", json=MUG | {"sku": "a\0b"}).status_code == 422
    assert full.post("/v1/skus/bulk", content=rows(MUG | {"title": "a\0b"}), headers=NDJSON).status_code == 422


def test_everything_that_changes_is_told_in_the_feed(full: Service) -> None:
    full.send("PUT", "/v1/hubs/pasila", json=PASILA | {"name": "Yard"}, headers={"If-Match": '"r1"'})
    full.send("DELETE", "/v1/carriers/post", headers={"If-Match": '"r1"'})
    with full.store.read() as db:
        told = [(row.type, row.subject) for row in db.execute(select(events).order_by(events.c.position))]
    assert told[:2] == [("sku.added", "sku/MUG-1"), ("sku.added", "sku/TEA-1")]
    assert told[-2:] == [("hub.changed", "hub/pasila"), ("carrier.removed", "carrier/post")]
