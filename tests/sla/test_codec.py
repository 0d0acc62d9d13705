"""Contracts are read from YAML 1.2 and JSON: what texts mean, what is wrong with them and where, all at once."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from router.errors import Faulty
from sla import codec, contract
from sla.spelling import Duration, Good, LocalTime, Opening
from tests.sla.contracts import FULL, spoilt

CALENDAR = '{mon-fri: ["08:00-20:00"], sat: ["10:00-16:00"], sun: none}'


def faults(data: bytes, *, bound: bool = False) -> list[tuple[int, str, str]]:
    """Line, pointer and code of every fault."""
    with pytest.raises(Faulty) as caught:
        codec.read_contract(data, bound=bound)
    return [(each.line, each.pointer, each.code) for each in caught.value.faults if isinstance(each, codec.PlacedFault)]


def line(piece: str) -> int:
    """The line of the sound contract in which a piece stands."""
    return FULL[: FULL.index(piece)].count("\n") + 1


def term(index: int, where: str = "") -> str:
    return f"/terms/{index}{where}"


def test_a_contract_of_every_field_becomes_records_with_exact_values() -> None:
    read = codec.read_contract(FULL.encode())
    assert (read.from_, read.to, read.hubs) == (date(2026, 1, 1), None, ("kallio", "pasila"))
    assert read.parameters == {"hub": "northdock", "courier": "pedal", "marketplace": None}
    assert (read.party("hub"), read.party("seller")) == ("hub/northdock", "seller")
    (dock,) = read.calendars
    assert dock.hours["mon-fri"] == (Opening(open_s=8 * 3600, close_s=20 * 3600),)
    assert list(dock.hours) == ["mon-fri", "sat"]
    assert dock.holidays == contract.Holidays(country="FI", dates=(date(2026, 12, 24),))
    handover, door, rate, quality = read.terms
    assert handover.scope == contract.Scope(tiers=("express-2h",), hubs=None)
    assert handover.clock is not None
    assert (handover.clock.start, handover.clock.target) == (("order.cleared",), Duration(seconds=3600))
    assert handover.clock.cutoff == contract.Cutoff(local_time=LocalTime(seconds=18 * 3600))
    assert isinstance(handover.remedy, contract.Fixed)
    assert door.clock is not None
    assert door.clock.at_risk == contract.AtRisk(before=Duration(seconds=600))
    assert rate.ratio is not None
    assert (rate.ratio.good, rate.ratio.target) == (Good(term="door-to-door", state="met"), Decimal("0.97"))
    assert isinstance(rate.remedy, contract.PercentOfFees)
    assert [rung.value for rung in rate.remedy.ladder] == [Decimal(5), Decimal("2.5")]
    assert quality.remedy == contract.FromPool(basis="pool", pool="quality", share_percent=Decimal(40))


def test_what_is_written_is_read_again_as_the_same_contract() -> None:
    read = codec.read_contract(FULL.encode())
    assert codec.read_contract(codec.write(read)) == read
    assert codec.read_contract(codec.canonical(read)) == read
    assert codec.canonical(codec.read_contract(codec.write(read))) == codec.canonical(read)


def test_json_with_tabs_and_escapes_is_read_like_yaml() -> None:
    read = codec.read_contract(FULL.encode())
    tree = {**codec.plain(read), "title": "Kuriiri 🚲 / päivä"}
    spelt = json.dumps(tree, indent="\t").replace("/", "\\/").encode()
    assert codec.read_contract(spelt).title == "Kuriiri 🚲 / päivä"


def test_plain_words_that_older_yaml_takes_for_something_else_stay_texts() -> None:
    read = codec.read_contract(spoilt(("country: FI", "country: NO"), ('"18:00"', "17:30"), ("bike-1", "on")))
    assert read.calendars[0].holidays.country == "NO"
    assert read.couriers == ("on", "bike-2")
    assert read.terms[0].clock is not None
    assert str(read.terms[0].clock.cutoff.local_time if read.terms[0].clock.cutoff else "") == "17:30"


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [("0x10", 16), ("0o17", 15), ("+7", 7), ("1_000", None), ("1e3", None), ("~", None), (".nan", None), ("yes", None)],
)
def test_numbers_are_those_of_yaml_1_2(spelt: str, meant: int | None) -> None:
    data = spoilt(("max_lines: 20", f"max_lines: {spelt}"))
    if meant is not None or spelt == "~":
        assert codec.read_contract(data).tiers[0].eligible.max_lines == meant
    else:
        assert faults(data) == [(line("max_lines"), "/tiers/0/eligible/max_lines", "not-an-integer")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("start: order.cleared", "start: [order.cleared]"),
        ("hubs: all", "hubs: null"),
        ("sun: none", "sun: []"),
        ("sun: none", "sun: null"),
        ('sat: ["10:00-16:00"]', "sat: 10:00-16:00"),
        ("holidays: {country: FI, dates: [2026-12-24]}", "holidays: {country: FI}\n    dates: [2026-12-24]"),
        ('good: "door-to-door: met"', "good: {door-to-door: met}"),
        ("to: null", "x-note: {anything: [1, 2]}"),
    ],
)
def test_two_ways_to_spell_one_thing_are_the_same_contract(old: str, new: str) -> None:
    assert codec.read_contract(spoilt((old, new))) == codec.read_contract(FULL.encode())


def test_every_fault_of_a_contract_is_told_at_once_each_in_its_line() -> None:
    data = spoilt(
        ("version: 3", "version: 0"),
        ("Europe/Helsinki", "Europe/Helsingfors"),
        ("target: PT1H\n", "target: 1 hour\n"),
        ("calendar: dock", "calendar: quay"),
        ("of: door-to-door", "of: doorstep"),
        ("target: 0.97", "target: 1.2"),
        ("budget: PT15M, party: marketplace", "budget: P1M, party: customs"),
    )
    assert faults(data) == [
        (line("stages") + 1, "/stages/0/budget", "bad-duration"),
        (line("stages") + 1, "/stages/0/party", "unknown-party"),
        (line("calendar: dock"), term(0, "/clock/calendar"), "unknown-calendar"),
        (line("target: PT1H"), term(0, "/clock/target"), "bad-duration"),
        (line("of: door"), term(2, "/ratio/of"), "unknown-term"),
        (line("target: 0.97"), term(2, "/ratio/target"), "out-of-range"),
        (line("timezone"), "/timezone", "unknown-timezone"),
        (line("version"), "/version", "out-of-range"),
    ]


CASES = [
    ("currency: EUR", "currency: eur", "/currency", "bad-currency"),
    ("to: null", "to: 2026-13-01", "/to", "bad-date"),
    ("to: null", "to: 2026-01-01", "/to", "ends-before-start"),
    ("to: 2026-12-01", "to: 2026-10-01", "/fees/0/to", "ends-before-start"),
    ("mon-fri:", "mo-fr:", "/calendars/0/hours/mo-fr", "bad-weekday"),
    ("10:00-16:00", "10-16", "/calendars/0/hours/sat/0", "bad-hours"),
    ("10:00-16:00", "10:00-24:30", "/calendars/0/hours/sat/0", "bad-hours"),
    ("10:00-16:00", "16:00-10:00", "/calendars/0/hours/sat/0", "ends-before-start"),
    ('"10:00-16:00"', '"10:00-16:00", "15:00-18:00"', "/calendars/0/hours/sat/1", "overlapping-hours"),
    ("country: FI", "country: QQ", "/calendars/0/holidays/country", "unknown-country"),
    ("country: FI", "country: FI, subdivision: Q", "/calendars/0/holidays/subdivision", "unknown-country"),
    ("2026-12-24", "24.12.2026", "/calendars/0/holidays/dates/0", "bad-date"),
    ("tiers: [express-2h]", "tiers: [express]", "/terms/0/scope/tiers/0", "unknown-tier"),
    ("start: order.cleared", "start: order.clear", "/terms/0/clock/start/0", "unknown-event"),
    ("to: hub.reopened", "to: hub.open", "/terms/0/clock/pause/0/to", "unknown-event"),
    ('"18:00"', '"25:00"', "/terms/0/clock/cutoff/local_time", "bad-local-time"),
    ("{percent: 80}", "{percent: 80, before: PT1M}", "/terms/0/clock/at_risk", "percent-or-before"),
    ("{percent: 80}", "{}", "/terms/0/clock/at_risk", "percent-or-before"),
    ("grace: PT5M", "grace: P1M", "/terms/0/clock/grace", "bad-duration"),
    ("grace: PT5M", "grace: P101Y", "/terms/0/clock/grace", "bad-duration"),
    ("basis: fixed", "basis: fee", "/terms/0/remedy/basis", "bad-value"),
    ("basis: fixed, ", "", "/terms/0/remedy/basis", "missing-field"),
    ("{after: PT0S, amount: 100}", "{after: PT0S, amount: 1}, {after: P0D, amount: 2}", "/terms/0/remedy/steps/1/after",
     "duplicate-step"),
    ("below: 0.94", "below: 0.97", "/terms/2/remedy/ladder/1/below", "duplicate-step"),
    ('"door-to-door: met"', "door-to-door", "/terms/2/ratio/good", "bad-good"),
    ('"door-to-door: met"', '"quality: met"', "/terms/2/ratio/good", "unknown-term"),
    ("{calendar: P1W}", "{calendar: P1M1D}", "/terms/3/ratio/window/calendar", "bad-window"),
    ("pool: quality, share", "pool: speed, share", "/terms/3/remedy/pool", "unknown-pool"),
    ("  at_risk_percent: 15\n", "", "/settlement/at_risk_percent", "missing-field"),
    ("term: on-time-rate", "term: handover", "/settlement/earn_back/term", "unknown-term"),
    ("not_in: [11, 12]", "not_in: [11, 13]", "/settlement/earn_back/not_in/1", "out-of-range"),
    ("id: door-to-door", "id: handover", "/terms/1/id", "duplicate-id"),
    ("id: door,", "id: review,", "/stages/1/id", "duplicate-id"),
    ("  - id: door-to-door\n    obligated: courier\n", "  - id: door-to-door\n    obligated: porter\n",
     "/terms/1/obligated", "unknown-party"),
    ("title: Express", "titel: Express", "/tiers/0/titel", "unknown-field"),
    ("id: dock\n", "id: 7\n", "/calendars/0/id", "wrong-type"),
    ("title: Collective", 'title: "\\0"\nx-was: Collective', "/title", "bad-value"),
    ("title: Collective", 'title: "\\ud800"\nx-was: Collective', "/title", "lone-surrogate"),
    ("title: Collective", "title: a\ntitle: Collective", "/title", "duplicate-key"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "pointer", "code"), CASES, ids=[f"{case[3]} {case[2]}" for case in CASES])
def test_a_fault_is_found_at_its_place(old: str, new: str, pointer: str, code: str) -> None:
    found = [each for each in faults(spoilt((old, new))) if each[2] != "unknown-term" or code == "unknown-term"]
    assert (pointer, code) in [each[1:] for each in found]
    lines = {each[0] for each in found if each[1:] == (pointer, code)}
    assert lines <= {line(old), line(old) + 1} or code == "missing-field"


@pytest.mark.parametrize(
    ("old", "new", "pointer", "code"),
    [
        ('clause: "4.2(a)"', "ratio: {good: 'handover: met', of: handover, target: 1}", "/terms/0", "clock-or-ratio"),
        (
            "basis: fixed",
            "basis: pool, pool: quality, share_percent: 1",
            "/terms/0/remedy/basis",
            "remedy-does-not-fit",
        ),
        (
            "basis: pool, pool: quality, share_percent: 40",
            "basis: fixed",
            "/terms/3/remedy/basis",
            "remedy-does-not-fit",
        ),
    ],
)
def test_parts_that_do_not_go_together_are_faults(old: str, new: str, pointer: str, code: str) -> None:
    assert (pointer, code) in [each[1:] for each in faults(spoilt((old, new)))]


def test_a_bound_contract_needs_a_partner_for_whom_it_obliges_and_forgives_what_counts_nothing() -> None:
    data = spoilt(("hub: northdock", "hub: null"), ("of: door-to-door", "of: doorstep"))
    assert faults(data) == [(line("of: door"), "/terms/2/ratio/of", "unknown-term")]
    assert faults(data, bound=True) == [
        (line("obligated: hub"), "/terms/0/obligated", "unbound-parameter"),
        (line("- id: quality") + 1, "/terms/3/obligated", "unbound-parameter"),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"[" * 20_000, "too-deep"),
        (b"{a: " * 12_000, "too-deep"),
        (b'{"a":' * 12_000, "too-deep"),
        (b"- " * 20_000, "too-deep"),
        (b"a: &x [1]\nb: *x\n", "yaml-alias"),
        (b"a: *x\n", "yaml-alias"),
        (b"a: !!python/object/apply:os.system [ls]\n", "yaml-tag"),
        (b"a: !!str 3\n", "yaml-tag"),
        (b"%YAML 1.1\n---\na: NO\n", "not-yaml"),
        (b"a: 1\n---\nb: 2\n", "not-yaml"),
        (b"a: [1, 2\n", "not-yaml"),
        (b"? [a]\n: 1\n", "not-yaml"),
        (b"a: \xff\n", "not-utf-8"),
        (b"a: \x01\n", "not-yaml"),
        (b"#" * 65_537, "too-large"),
        (b"- 1\n" * 5_001, "too-large"),
    ],
)
def test_a_text_that_is_no_plain_document_is_refused_with_its_line(data: bytes, code: str) -> None:
    ((where, pointer, found),) = faults(data)
    assert (pointer, found) == ("", code)
    assert where >= 1


@pytest.mark.parametrize("data", [b"", b"3", b"[]", b"null", b"a"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    assert [each[2] for each in faults(data)] == ["wrong-type"]


def test_a_larger_contract_is_read_by_whoever_allows_it() -> None:
    data = FULL.encode() + b"# " + b"x" * 65_536
    assert codec.read_contract(data, most_bytes=200_000) == codec.read_contract(FULL.encode())


def test_places_in_json_are_told_too() -> None:
    tree = {**codec.plain(codec.read_contract(FULL.encode())), "version": "three"}
    spelt = json.dumps(tree, indent=1, sort_keys=True)
    where = spelt[: spelt.index('"version"')].count("\n") + 1
    assert faults(spelt.encode()) == [(where, "/version", "not-an-integer")]


@pytest.mark.parametrize(
    ("spelt", "written"),
    [("PT1H30M", "PT1H30M"), ("PT90M", "PT1H30M"), ("P1W", "P7D"), ("P1Y", "P12M"), ("PT0S", "PT0S"), ("P1DT1S",
     "P1DT1S"), ("PT36H", "PT36H")],
)  # fmt: skip
def test_a_span_is_written_as_the_span_it_was(spelt: str, written: str) -> None:
    assert str(Duration.parse(spelt)) == written
    assert Duration.parse(written) == Duration.parse(spelt)


@pytest.mark.parametrize(
    "spelt", ["P", "PT", "1H", "PT1.5H", "P1H", "PT-1H", "p1d", "PT1H ", "P" + "9" * 60 + "D", "٣"]
)
def test_what_is_no_span_is_none(spelt: str) -> None:
    with pytest.raises(ValueError, match=r"span|hundred"):
        Duration.parse(spelt)


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    assert Duration(months=1).after(date(2028, 1, 31)) == date(2028, 2, 29)
    assert Duration(months=12, days=1).after(date(2026, 12, 31)) == date(2028, 1, 1)
