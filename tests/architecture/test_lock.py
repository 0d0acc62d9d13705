"""The locks pin everything by hash, name no host, and hold what pyproject.toml asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT, pyproject

LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-bootstrap.lock")


def pins(lock: Path) -> dict[str, list[Requirement]]:
    """What a lock pins, by name; a name may have several versions, each under a marker."""
    pinned: dict[str, list[Requirement]] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\").strip())
            pinned.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pinned


def wanted() -> list[Requirement]:
    project, groups = pyproject()["project"], pyproject()["dependency-groups"]
    return [Requirement(line) for line in project["dependencies"] + groups["dev"]]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_entry_of_a_lock_is_one_version_with_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8"))
    for entry in entries:
        first, *rest = entry.splitlines()
        assert re.match(r"[a-z0-9.-]+==[0-9][^ ]*( ; .+)? \\$", first), first
        hashes = [line for line in rest if re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?", line)]
        notes = [line for line in rest if re.match(r" {4}#", line)]
        assert hashes, first
        assert len(hashes) + len(notes) == len(rest), entry


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("requirement", wanted(), ids=lambda requirement: requirement.name)
def test_the_lock_holds_what_the_project_asks_for(requirement: Requirement) -> None:
    pinned = pins(ROOT / "requirements.lock").get(canonicalize_name(requirement.name), [])
    versions = [specifier.version for pin in pinned for specifier in pin.specifier]
    assert versions, "run: make lock"
    assert all(version in requirement.specifier for version in versions), "run: make lock"


def test_what_builds_the_wheel_is_pinned_alike_for_make_install_and_for_everybody_else() -> None:
    pinned = pins(ROOT / "requirements.lock")
    for line in pyproject()["build-system"]["requires"]:
        requirement = Requirement(line)
        assert [pin.specifier for pin in pinned[requirement.name]] == [requirement.specifier]


def test_every_dependency_has_its_reason_written_down() -> None:
    table = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    optional = pyproject()["project"]["optional-dependencies"]
    named = {Requirement(line).name for lines in optional.values() for line in lines}
    named |= {requirement.name for requirement in wanted()}
    explained = set(re.findall(r"^\| `([^`]+)` +\| \S", table, flags=re.MULTILINE))
    assert explained == named
