"""Every fault that a document can have, at its exact place and with its exact code; and nothing but faults."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from router import codec
from router.errors import Fault, Faulty
from router.faults import MOST
from tests.faulty import CASES, DROP, GONE, MATRIX, PLAN, POINT, REPLAN, ROAD, TREES, WAY, document

TEN_MB = 10_000_000
TEXTS = [
    (b"", "not-json"),
    (b"{", "not-json"),
    (b'{"id": 1,}', "not-json"),
    (b'{"id": 01}', "not-json"),
    (b'{"id": "a\nb"}', "not-json"),
    (b"{} {}", "not-json"),
    (b"\xef\xbb\xbf{}", "not-json"),
    ('{"id": "é"}'.encode("latin-1"), "not-utf-8"),
    ("{}".encode("utf-16"), "not-utf-8"),
    (b'{"id": "\xed\xa0\x80"}', "not-utf-8"),
    (b"[" * TEN_MB, "too-deep"),
    (b'{"orders":' * (TEN_MB // 10), "too-deep"),
    (b"[" * (TEN_MB // 2) + b"]" * (TEN_MB // 2), "too-deep"),
    *((text, "wrong-type") for text in (b"null", b"[]", b"3", b'"drop"', b"true", b"NaN")),
]


def faults_of(kind: str, data: bytes) -> tuple[Fault, ...]:
    read = codec.read_plan if kind == PLAN else codec.read_drop
    try:
        read(data)
    except Faulty as faulty:
        return faulty.faults
    return ()


def found(kind: str, tree: Any) -> set[tuple[str, str]]:
    """Place and code of every fault of a document."""
    return {(fault.pointer, fault.code) for fault in faults_of(kind, json.dumps(tree).encode())}


def respelt(kind: str, old: str, new: str) -> set[tuple[str, str]]:
    """Place and code of every fault of a sound document with some text in place of another."""
    text = json.dumps(TREES[kind])
    assert old in text
    return {(fault.pointer, fault.code) for fault in faults_of(kind, text.replace(old, new, 1).encode())}


@pytest.mark.parametrize("kind", [DROP, MATRIX, REPLAN, PLAN])
def test_the_documents_that_are_spoilt_below_are_sound(kind: str) -> None:
    assert found(kind, TREES[kind]) == set()


@pytest.mark.parametrize(("kind", "edits", "expected"), CASES)
def test_a_fault_is_reported_at_its_place_with_its_code_and_nothing_else_is(
    kind: str, edits: list[tuple[str, Any]], expected: set[tuple[str, str]]
) -> None:
    assert found(kind, document(kind, *edits)) == expected


@pytest.mark.parametrize("kind", [DROP, MATRIX, REPLAN, PLAN])
def test_all_faults_of_a_document_are_reported_at_once(kind: str) -> None:
    """As many cases of the table as can stand in one document without getting in each other's way."""
    edits: list[tuple[str, Any]] = []
    expected: set[tuple[str, str]] = set()
    for case in CASES:
        of_kind, more, faults = case.values
        try:
            together = document(kind, *edits, *more) if of_kind == kind else None
        except (LookupError, TypeError):
            continue  # an earlier edit took the place away
        if together is not None and found(kind, together) == expected | faults:
            edits, expected = [*edits, *more], expected | faults
    assert len(expected) >= {DROP: 50, MATRIX: 12, REPLAN: 12, PLAN: 20}[kind]
    assert len({code for _, code in expected}) >= {DROP: 18, MATRIX: 6, REPLAN: 8, PLAN: 9}[kind]


@pytest.mark.parametrize("kind", [DROP, PLAN])
@pytest.mark.parametrize(("data", "code"), TEXTS, ids=lambda value: repr(value)[:30])
def test_text_that_is_no_document_is_one_fault_without_a_place(kind: str, data: bytes, code: str) -> None:
    began = time.process_time()
    (fault,) = faults_of(kind, data)
    assert (fault.pointer, fault.code) == ("", code)
    assert len(fault.message) < 200
    assert time.process_time() - began < 2


def test_what_is_wrong_with_the_text_is_told_with_its_line_or_byte_and_a_cure() -> None:
    said = [
        str(fault) for data in (b'{\n "id" 1}', b'{"id": "\xe9"}', b"\xef\xbb\xbf{}") for fault in faults_of(DROP, data)
    ]
    assert said == [
        "/: is not JSON at line 2, column 7: Expecting ':' delimiter [not-json]",
        "/: byte 9 of the file is not UTF-8; save the file as UTF-8 [not-utf-8]",
        "/: is not JSON at line 1, column 1: begins with a byte order mark; save the file without it [not-json]",
    ]


@pytest.mark.parametrize(
    ("kind", "old", "new", "fault"),
    [
        (DROP, '"id": "meridian"', '"id": "meridian", "id": "meridian"', ("/id", "duplicate-key")),
        (DROP, '"lat": 60.19', '"lat": 60.19, "lat": 60.2', (f"{POINT}/lat", "duplicate-key")),
        (DROP, '"bike": {', '"bike": {}, "bike": {', (WAY, "duplicate-key")),
        (PLAN, '"metres": 5560', '"metres": 5560, "metres": 5560', ("/trips/0/metres", "duplicate-key")),
        (DROP, '"seller": "kiln"', r'"seller": "\ud83d kiln"', ("/catalog/0/seller", "lone-surrogate")),
        (DROP, '"partner": "pedal"', r'"partner": "\ude00\ud83d"', ("/couriers/0/partner", "lone-surrogate")),
        (PLAN, '"engine": "by-hand"', r'"engine": "\udfff"', ("/certificate/engine", "lone-surrogate")),
        (DROP, '"lat": 60.19', '"lat": 1e400', (f"{POINT}/lat", "not-finite")),
        (DROP, '"split_cost": 150', '"split_cost": 1e2', ("/split_cost", "not-an-integer")),
        (DROP, '"split_cost": 150', '"split_cost": 150.0', ("/split_cost", "not-an-integer")),
        (DROP, '"split_cost": 150', f'"split_cost": {"1" * 4000}', ("/split_cost", "out-of-range")),
        (DROP, '"split_cost": 150', f'"split_cost": {"1" * 5000}', ("/split_cost", "not-an-integer")),
        (DROP, '"lat": 60.19', f'"lat": {"1" * 400}', (f"{POINT}/lat", "out-of-range")),
        (DROP, '"lat": 60.19', f'"lat": -{"1" * 5000}', (f"{POINT}/lat", "not-finite")),
        (PLAN, '"seed": 1', f'"seed": {"1" * 5000}', ("/certificate/seed", "not-an-integer")),
        (DROP, '"detour": 1.25', '"detour": 1.2500000000000001', (f"{WAY}/detour", "too-precise")),
        (DROP, '"detour": 1.25', '"detour": 1.10000000000000000001', (f"{WAY}/detour", "too-precise")),
        (DROP, '"per_second": 5.0', '"per_second": 4.099999999999999999', (f"{WAY}/metres_per_second", "too-precise")),
        (DROP, '"per_second": 5.0', '"per_second": 1.23456789e-320', (f"{WAY}/metres_per_second", "too-precise")),
    ],
)
def test_what_only_the_text_shows_is_reported_at_its_place(
    kind: str, old: str, new: str, fault: tuple[str, str]
) -> None:
    new = new.replace('"per_second"', '"metres_per_second"')
    assert respelt(kind, old.replace('"per_second"', '"metres_per_second"'), new) == {fault}


def test_a_lone_surrogate_in_a_name_is_shown_as_a_replacement_character() -> None:
    faults = faults_of(DROP, json.dumps({**TREES[DROP], "\ud800/": 1}).encode())
    assert [(fault.pointer, fault.code) for fault in faults] == [
        ("/\ufffd~1", "lone-surrogate"),
        ("/\ufffd~1", "unknown-field"),
    ]


@pytest.mark.parametrize("depth", [40, 150, 300, 600])
def test_a_value_without_a_bottom_is_reported_where_the_format_has_no_level_left(depth: int) -> None:
    bottomless: Any = 1
    for _ in range(depth):
        bottomless = [bottomless]
    tree, plan = document(DROP, ("/split_cost", 1.5)), document(PLAN)
    tree["orders"][0]["note"] = plan["certificate"]["effort"]["steps"] = bottomless
    others = {("/split_cost", "not-an-integer"), ("/orders/0/note", "unknown-field")}
    assert found(DROP, tree) - {("/orders/0/note" + "/0" * 30, "too-deep")} == others
    effort = found(PLAN, plan)
    assert {code for _, code in effort} == {"too-deep"}
    assert min(effort) == ("/certificate/effort/steps" + "/0" * 8, "too-deep")


def test_no_depth_is_too_deep_to_be_refused_beside_an_ignored_field() -> None:
    """Such a document is written anew before its form is looked at, and writers have their own limit."""
    text = json.dumps(document(DROP, ("/x-note", 1), ("/orders/0/note", "@")))
    for depth in range(800, 1000, 3):
        codes = {fault.code for fault in faults_of(DROP, text.replace('"@"', "[" * depth + "]" * depth).encode())}
        assert codes in ({"unknown-field", "too-deep"}, {"too-deep"})


@pytest.mark.parametrize(
    ("kind", "edits"),
    [
        (DROP, [("/x-note", [1])]),
        (DROP, [("/orders/0/x-note", {"id": None, "x-deeper": 1}), (f"{POINT}/x-alt", float("nan"))]),
        (DROP, [(f"{WAY}/x-note", "slow"), ("/travel/x-made-by", "us"), ("/tiers/0/late_delivery/steps/0/x-", 1)]),
        (PLAN, [("/certificate/effort/x-note", float("inf")), ("/trips/0/stops/0/x-note", "\ud800")]),
        *[(DROP, [(f"/tiers/0/{name}", None)]) for name in ("ship_within", "deliver_within", "late_shipping")],
        (DROP, [("/tiers/0/late_delivery", None), ("/tiers/1/late_shipping", {})]),
        (DROP, [("/tiers/0/late_delivery/cap", None), ("/tiers/0/late_delivery/steps", [])]),
        *[(DROP, [(f"/couriers/0/capacity/{name}", None)]) for name in ("grams", "millilitres", "parcels")],
        *[(DROP, [(f"/couriers/0/{name}", None)]) for name in ("max_trips", "max_duty_seconds")],
        (DROP, [("/carriers/0/collections/0/parcels", None)]),
        *[(DROP, [(f"/orders/0/{name}", None)]) for name in ("cleared_at", "not_before", "ship_by", "deliver_by")],
        (PLAN, [("/lower_bound", None)]),
        (PLAN, [("/certificate", GONE), ("/unserved/0/detail", GONE)]),
        (REPLAN, [("/committed/parcels/2/trip", GONE), ("/committed/parcels/2/shipped_at", None)]),
        (DROP, [("/orders/0/hubs", []), ("/couriers/0/hubs", []), ("/couriers/0/capacity", {})]),
        (DROP, [(name, []) for name in ("/hubs", "/stock", "/couriers", "/carriers", "/orders")]),
        (DROP, [("/catalog/0/seller", ""), ("/hubs/0/partner", ""), ("/carriers/0/partner", "")]),
        (DROP, [("/id", "é" * 200)]),
        (DROP, [("/id", "\0 \n / ~ 😀")]),
        (DROP, [("/split_cost", 2**53 - 1), ("/split_cost", 0)]),
        (DROP, [(f"{POINT}/lat", -90), (f"{POINT}/lon", 180)]),
        (DROP, [("/hubs/0/waves/0/end", "2026-11-20T18:15:00+02:00")]),
        *[
            (DROP, [("/orders/0/not_before", text)])
            for text in (
                *("2026-11-20t18:15:00z", "2026-11-20T18:15:00.000000000Z", "2026-11-20T18:15:00-00:00"),
                *("0001-01-01T00:00:00Z", "0001-01-01T02:00:00+02:00", "9999-12-31T23:59:59Z"),
                "9999-12-31T21:59:59-02:00",
            )
        ],
        *[(DROP, [("/timezone", name)]) for name in ("UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+12")],
        (DROP, [("/travel", ROAD)]),
        (MATRIX, [(f"{POINT}/lat", 60.1), (f"{POINT}/lon", 24.9)]),
        (MATRIX, [(f"{WAY}/metres/2/1", None), (f"{WAY}/seconds/2/1", None)]),
    ],
)
def test_what_the_format_allows_is_no_fault(kind: str, edits: list[tuple[str, Any]]) -> None:
    assert found(kind, document(kind, *edits)) == set()


@pytest.mark.parametrize(
    "detour", ["1.1", "1.2300000000000", "0.30000000000000004", "1e0", "125E-2", "1", "1.10000000000000000000"]
)
def test_a_factor_that_a_record_holds_exactly_as_written_is_no_fault(detour: str) -> None:
    assert respelt(DROP, '"detour": 1.25', f'"detour": {detour}') == set()


def test_a_profile_may_have_a_name_that_begins_as_an_ignored_field_does() -> None:
    profile = {"detour": 1.3, "metres_per_second": 6, "x-note": "cargo"}
    tree = document(DROP, ("/travel/profiles/x-cargo", profile), ("/couriers/0/profile", "x-cargo"))
    drop = codec.read_drop(json.dumps(tree).encode())
    assert list(drop.travel.profiles) == ["bike", "x-cargo"]
    assert found(DROP, document(DROP, ("/travel/profiles/x-cargo", {}))) == {
        ("/travel/profiles/x-cargo/detour", "missing-field"),
        ("/travel/profiles/x-cargo/metres_per_second", "missing-field"),
    }
    spelt = json.dumps(tree).replace('"x-cargo": {', '"x-cargo": {}, "x-cargo": {').encode()
    assert [fault.pointer for fault in faults_of(DROP, spelt)] == ["/travel/profiles/x-cargo"]


@pytest.mark.parametrize("name", ["catalog", "tiers", "hubs", "stock", "orders", "bundles", "couriers", "carriers"])
def test_a_list_that_cannot_be_read_does_not_make_every_reference_to_it_a_fault(name: str) -> None:
    assert found(DROP, document(DROP, (f"/{name}", "elsewhere"))) == {(f"/{name}", "wrong-type")}


def test_faults_stand_in_the_order_of_their_places() -> None:
    tree = document(DROP, *((f"/stock/{index}/hub", 7) for index in range(4)))
    tree["stock"] = tree["stock"] * 3
    assert [fault.pointer for fault in faults_of(DROP, json.dumps(tree).encode())] == [
        f"/stock/{index}/hub" for index in range(12)
    ]


@pytest.mark.parametrize(
    ("start", "entry", "count"),
    [('{"orders":[', "{}", 300_000), ('{"orders":[', "0", 500_000), ('{"orders":[{"lines":[', "[]", 400_000)],
)
def test_a_document_that_is_wrong_everywhere_is_refused_with_a_list_of_bounded_length(
    start: str, entry: str, count: int
) -> None:
    closing = "}]" if "lines" in start else ""
    data = f"{start}{','.join([entry] * count)}]{closing}}}".encode()
    faults = faults_of(DROP, data)
    assert len(faults) == MOST + 1
    assert faults[-1].code == "too-many-faults"


def test_a_matrix_that_is_wrong_everywhere_is_told_row_by_row() -> None:
    size = 100
    tree = document(MATRIX, ("/travel/places", size), (f"{WAY}/metres", [[-1] * size] * size))
    tree["travel"]["profiles"]["bike"]["seconds"] = [[0.5] * size] * size
    faults = faults_of(MATRIX, json.dumps(tree).encode())
    assert len(faults) == 2 * size * 4
    assert (f"{WAY}/metres/99", "and-more") in {(fault.pointer, fault.code) for fault in faults}


@pytest.mark.parametrize(("kind", "edits", "expected"), CASES)
def test_what_is_said_is_short_and_quotes_no_long_names(
    kind: str, edits: list[tuple[str, Any]], expected: set[tuple[str, str]]
) -> None:
    long = [(place, value * 1000 if isinstance(value, str) else value) for place, value in edits]
    for fault in faults_of(kind, json.dumps(document(kind, *long)).encode()):
        assert 10 < len(fault.message) < 250
        assert fault.message.isprintable()
        assert not fault.message.startswith(("Input ", "Value "))
