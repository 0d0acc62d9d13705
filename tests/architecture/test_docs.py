"""The documentation hangs together: what is written can be found, and what is linked is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, name_of, project_files

PAGES = tuple(path for path in project_files() if path.suffix == ".md")
DECISIONS = ROOT / "docs" / "decisions"
RECORDS = tuple(sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md"))
PARTS = ("Why", "We do", "So", "Not", "Held by")
HEADING = re.compile(r"(\d{4})  (\S.*?) {2,}(?:accepted|superseded by \d{4}), \d{4}-\d{2}-\d{2}")


def links(page: Path) -> list[Path]:
    """The files of the project that a page points at."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    inside = (target.split("#")[0] for target in targets if not re.match(r"[a-z]+:", target))
    return [(page.parent / target).resolve() for target in inside if target]


def heading(record: Path) -> tuple[str, str]:
    """Number and title of a decision record, which stand in its first line (the one after the fence)."""
    lines = record.read_text(encoding="utf-8").splitlines()
    found = HEADING.fullmatch(lines[1])
    assert lines[0] == "```text", f"{record.name} begins with a fence"
    assert found, f"{record.name}: the first line reads like '0004  Money is integer cents    accepted, 2026-11-23'"
    return found[1], found[2]


def reachable(start: Path) -> set[Path]:
    seen: set[Path] = set()
    ahead = [start]
    while ahead:
        page = ahead.pop()
        if page not in seen and page.suffix == ".md" and page.is_file():
            seen.add(page)
            ahead.extend(target / "README.md" if target.is_dir() else target for target in links(page))
    return seen


def test_every_page_is_found_by_following_links_from_the_first_one() -> None:
    lost = set(PAGES) - reachable(ROOT / "README.md")
    assert sorted(name_of(page) for page in lost) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_links_to_nothing_that_is_not_there(page: Path) -> None:
    assert [str(target) for target in links(page) if not target.exists()] == []


def test_decision_records_are_numbered_without_a_gap_and_listed_with_their_titles() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.+?) +\|$", index, flags=re.MULTILINE)
    assert listed == [(*heading(record)[:1], record.name, heading(record)[1]) for record in RECORDS]
    assert [number for number, _, _ in listed] == [f"{n:04d}" for n in range(1, len(RECORDS) + 1)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_decision_record_is_one_page_with_every_part_in_order(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert record.name.startswith(heading(record)[0] + "-")
    assert re.findall(rf"^({'|'.join(PARTS)}) +\S", text, flags=re.MULTILINE) == list(PARTS)
    assert len(text.splitlines()) <= 60


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_what_holds_a_decision_is_there(record: Path) -> None:
    held_by = record.read_text(encoding="utf-8").partition("\nHeld by")[2].partition("```")[0]
    names = [name.rstrip(",.;") for name in held_by.split() if "/" in name or name.endswith((".py", ".toml"))]
    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []
