"""Templates, versions, bindings and what differs between two versions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from router.errors import Faulty
from sla import codec, compare, template, versions
from sla.contract import PARTIES, Contract
from sla.versions import Binding
from tests.sla.contracts import spoilt

PARTNERS = dict.fromkeys(PARTIES, "northdock")


def full(*edits: tuple[str, str]) -> Contract:
    return codec.read_contract(spoilt(*edits))


def binding(**more: Any) -> Binding:
    return Binding(**{"parameters": {"hub": "northdock", "courier": "pedal"}, "from_": date(2026, 6, 1), **more})


def faults(version: Contract, given: Binding) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as caught:
        versions.bind(version, given)
    return [(each.pointer, each.code) for each in caught.value.faults]


def test_there_are_four_templates() -> None:
    assert template.names() == ("collective-fulfilment", "courier", "hub", "parcel-carrier")
    with pytest.raises(template.TemplateUnknown, match="courier"):
        template.text("../contract")


@pytest.mark.parametrize("name", template.names())
def test_a_template_is_published_and_bound_as_it_is(name: str) -> None:
    draft = codec.read_contract(template.text(name))
    assert set(draft.parameters.values()) == {None}
    version = versions.publish(draft, on=date(2026, 12, 1))
    assert codec.read_contract(codec.canonical(version)) == version
    partners = {role: PARTNERS[role] for role in draft.parameters}
    bound = versions.bind(version, Binding(parameters=partners, from_=date(2027, 1, 1)))
    assert codec.read_contract(codec.write(bound), bound=True) == bound


def test_publishing_stores_the_holidays_of_every_year_it_may_count_in() -> None:
    version = versions.publish(full(("to: null", "to: 2027-07-01")))
    stored = version.calendars[0].holidays.expanded
    assert stored is not None
    assert {day.year for day in stored} == {2025, 2026, 2027, 2028}
    assert date(2026, 12, 6) in stored
    assert version.calendars[0].holidays.dates == (date(2026, 12, 24),)
    assert versions.publish(version) == version


def test_a_draft_without_a_date_is_published_from_a_day_or_not_at_all() -> None:
    draft = full(("from: 2026-01-01\n", ""))
    with pytest.raises(versions.NoBeginning):
        versions.publish(draft)
    stored = versions.publish(draft, on=date(2030, 1, 1)).calendars[0].holidays.expanded
    assert stored is not None
    assert {day.year for day in stored} == set(range(2029, 2042))


def test_equal_versions_have_equal_hashes_and_any_change_another() -> None:
    version = versions.publish(full())
    assert versions.sha256(version) == versions.sha256(codec.read_contract(codec.write(version)))
    assert versions.sha256(version) != versions.sha256(replace(version, version=4))


def test_a_clone_has_the_next_number_and_holidays_by_country_again() -> None:
    draft = full()
    assert versions.clone(versions.publish(draft)) == replace(draft, version=4)


def test_a_binding_names_partners_dates_and_what_is_agreed_otherwise() -> None:
    overrides = {"/terms/0/clock/target": "PT45M", "/settlement/cap_12_months": None, "/terms/0/remedy/per_minute": 7}
    bound = versions.bind(full(), binding(hubs=("kallio",), to=date(2026, 9, 1), overrides=overrides))
    assert (bound.from_, bound.to, bound.hubs) == (date(2026, 6, 1), date(2026, 9, 1), ("kallio",))
    found = {each.pointer: (each.kind, each.after) for each in compare.changes(full(), bound)}
    assert found["/terms/0/clock/target"] == ("changed", "PT45M")
    assert found["/terms/0/remedy/per_minute"] == ("added", 7)
    assert found["/settlement/cap_12_months"] == ("removed", None)


def test_every_fault_of_a_binding_is_told_at_once() -> None:
    given = Binding(
        parameters={"porter": "x"},
        from_=date(2026, 6, 1),
        to=date(2026, 6, 1),
        overrides={"/terms/9/title": "x", "/version": 4, "no": 1},
    )
    assert faults(full(("hub: northdock", "hub: null")), given) == [
        ("/overrides/no", "fixed-place"),
        ("/overrides/~1terms~19~1title", "unknown-place"),
        ("/overrides/~1version", "fixed-place"),
        ("/parameters/hub", "unbound-parameter"),
        ("/parameters/porter", "unknown-party"),
        ("/to", "ends-before-start"),
    ]


def test_an_override_that_makes_a_contract_faulty_is_told_at_the_override() -> None:
    wrong = binding(overrides={"/terms/0/clock": {"start": [], "stop": "parcel.delivered", "target": "soon"}})
    place = "/overrides/~1terms~10~1clock"
    assert faults(full(), wrong) == [(place, "bad-duration"), (place, "empty-list")]


def test_a_successor_begins_where_its_predecessor_ends() -> None:
    before = full()
    after = replace(full(), version=4)
    ended, begun = versions.succeed(before, after, on=date(2026, 7, 1))
    assert (ended.to, begun.from_) == (date(2026, 7, 1), date(2026, 7, 1))
    assert versions.in_force((ended, begun), date(2026, 6, 30)) == (ended,)
    assert versions.in_force((ended, begun), date(2026, 7, 1)) == (begun,)


@pytest.mark.parametrize(
    ("change", "on"),
    [
        ({"version": 3}, date(2026, 7, 1)),
        ({"id": "another"}, date(2026, 7, 1)),
        ({}, date(2026, 1, 1)),
        ({"to": date(2026, 7, 1)}, date(2026, 7, 1)),
    ],
)
def test_a_successor_that_leaves_a_gap_or_is_none_is_refused(change: dict[str, Any], on: date) -> None:
    with pytest.raises(versions.VersionGap):
        versions.succeed(full(), replace(full(), **{"version": 4, **change}), on=on)


def test_two_versions_are_compared_clause_by_clause_whatever_their_order() -> None:
    before = full()
    first, *rest = before.terms
    added = replace(first, id="extra")
    after = replace(before, terms=(added, *rest[::-1]), title="Another")
    told = [(each.kind, each.pointer, each.part) for each in compare.changes(before, after)]
    assert told == [
        ("changed", "/title", None),
        ("removed", "/terms/0", "handover"),
        ("added", "/terms/0", "extra"),
    ]
    assert compare.changes(before, before) == ()


def run(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["sla", *words])
    return ran.exit_code, ran.output


def test_the_commands_take_a_template_to_a_bound_contract(tmp_path: Path) -> None:
    draft, version, parties, bound = (
        tmp_path / name for name in ("draft.yaml", "v1.json", "parties.yaml", "bound.json")
    )
    assert run("templates")[1].split() == list(template.names())
    draft.write_text(run("templates", "hub")[1])
    assert run("check", str(draft))[0] == 0
    code, said = run("publish", str(draft), "--on", "2026-12-01", "-o", str(version))
    assert (code, versions.sha256(codec.read_contract(version.read_bytes())) in said) == (0, True)
    parties.write_text("parameters: {hub: northdock}\nfrom: 2027-01-01\noverrides: {/terms/0/clock/target: PT30M}\n")
    assert run("bind", str(version), str(parties), "-o", str(bound))[0] == 0
    code, said = run("compare", str(version), str(bound))
    assert (code, 'changed /terms/0/clock/target (pick): "PT40M" -> "PT30M"' in said) == (0, True)
    listed = json.loads(run("compare", str(version), str(bound), "--json")[1])
    assert {each["pointer"] for each in listed} == {"/terms/0/clock/target", "/parameters/hub", "/from"}


def test_a_clone_is_a_draft_with_the_next_number_and_holidays_by_country(tmp_path: Path) -> None:
    version = versions.publish(full(("to: null", "to: 2027-07-01")))
    draft = versions.clone(version)
    assert draft == replace(full(("to: null", "to: 2027-07-01")), version=4)
    (tmp_path / "v3.json").write_bytes(codec.canonical(version))
    assert run("clone", str(tmp_path / "v3.json"), "-o", str(tmp_path / "draft.json")) == (
        0,
        "collective-fulfilment version 4, a draft\n",
    )
    assert codec.read_contract((tmp_path / "draft.json").read_bytes()) == draft


def test_the_command_lets_a_version_succeed_another(tmp_path: Path) -> None:
    before, after, ended, begun = (tmp_path / name for name in ("3.json", "4.json", "3-ended.json", "4-begun.json"))
    before.write_bytes(codec.write(full()))
    after.write_bytes(codec.write(replace(full(), version=4)))
    code, said = run("succeed", str(before), str(after), "--on", "2026-07-01", "--ended", str(ended), "-o", str(begun))
    assert (code, said) == (0, "collective-fulfilment version 4 follows version 3 on 2026-07-01\n")
    assert codec.read_contract(ended.read_bytes(), bound=True).to == date(2026, 7, 1)
    assert codec.read_contract(begun.read_bytes(), bound=True).from_ == date(2026, 7, 1)
    assert run("succeed", str(before), str(after), "--on", "soon", "--ended", str(ended), "-o", str(begun))[0] == 2


def test_a_binding_that_cannot_be_read_is_told_with_file_and_line(tmp_path: Path) -> None:
    parties = tmp_path / "parties.yaml"
    parties.write_text("parameters: {hub: northdock}\nform: 2027-01-01\n")
    with pytest.raises(Faulty) as caught:
        versions.read_binding(parties.read_bytes())
    assert [str(each) for each in caught.value.faults] == [
        "2:1: /form: is not a field of the format; remove it, or name it x-… [unknown-field]",
        "1:1: /from: is required and absent [missing-field]",
    ]
