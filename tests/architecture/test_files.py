"""What every file of the project keeps to, whoever wrote it."""

from __future__ import annotations

import re
import socket

import pytest

from tests.architecture.sources import PACKAGES, ROOT, is_ignored, name_of, project_files, sources

MOST_LINES = 400
GENERATED = ROOT / "api" / "db" / "migrations" / "versions"
"""Written by api.db.revise, and never changed afterwards."""

CODE = (".cpp", ".h", ".hpp", ".py", ".pyi")

# Written in two halves, so that this file is not a find of its own.
HOSTS = tuple(
    re.compile(first + re.escape(second))
    for first, second in [
        ("py", "pi.org"),
        ("python", "hosted.org"),
        ("npm", "js.org"),
        ("npm", "js.com"),
        ("crates", ".io"),
        ("ghcr", ".io"),
        ("docker", ".io"),
    ]
)
MACHINE_PATHS = tuple(
    re.compile(rf"(?<![\w.:/$}}])/{folder}/") for folder in ("home", "root", "tmp", "work", "Users", "workspace")
)
SUPPRESSIONS = tuple(re.compile(first + second) for first, second in [("# type", ": ignore"), ("# no", "qa")])
UNFINISHED = tuple(re.compile(rf"\b{first}{second}\b") for first, second in [("TO", "DO"), ("FIX", "ME")])


def finds(patterns: tuple[re.Pattern[str], ...], suffixes: tuple[str, ...] = ()) -> list[str]:
    """Where one of these patterns stands in a text file of the project, as file:line: match."""
    found = []
    for path in project_files():
        data = path.read_bytes()
        if b"\0" in data or (suffixes and path.suffix not in suffixes):
            continue
        text = data.decode("utf-8")
        for pattern in patterns:
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{name_of(path)}:{line}: {match.group()}")
    return found


def test_no_source_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources(*PACKAGES, suffixes=CODE)
        if path.parent != GENERATED
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert finds(HOSTS) == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    assert finds(MACHINE_PATHS) == []


def test_no_check_is_switched_off_in_the_code() -> None:
    assert finds(SUPPRESSIONS, suffixes=CODE) == []


def test_nothing_is_left_unfinished_in_the_code() -> None:
    assert finds(UNFINISHED, suffixes=CODE) == []


def test_the_project_holds_no_file_that_it_ignores() -> None:
    assert [name_of(path) for path in project_files() if is_ignored(path.relative_to(ROOT))] == []


def test_no_file_is_larger_than_a_clone_can_bear() -> None:
    assert [name_of(path) for path in project_files() if path.stat().st_size > 5_000_000] == []


def test_a_test_that_reaches_out_to_the_network_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="reached out"), socket.socket() as outward:
        outward.connect(("192.0.2.1", 80))
    with pytest.raises(pytest.fail.Exception, match="reached out"):
        socket.getaddrinfo("example.invalid", 80)
