"""The wheel as a user gets it: built from the source distribution, installed where nothing else is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, name_of, project_files, pyproject

VERSION: str = pyproject()["project"]["version"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what the wheel itself asks for, at the versions of the lock."""
    where = tmp_path_factory.mktemp("elsewhere")
    uv = ROOT / ".ci" / "uv"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, where / "venv"], check=True)
    subprocess.run(
        [uv, "pip", "install", "-q", "--python", where / "venv", "-c", ROOT / "requirements.lock", wheel],
        check=True,
    )
    return where


def run(where: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command of that environment, far from the checkout."""
    program, *rest = command
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [where / "venv" / "bin" / program, *rest],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_wheel_holds_every_file_of_its_packages_and_the_compiled_modules(wheel: Path) -> None:
    packages = tuple(pyproject()["tool"]["scikit-build"]["wheel"]["packages"])
    expected = {
        name
        for name in map(name_of, project_files())
        if name.startswith(tuple(f"{package}/" for package in packages))
        and not name.startswith(("router/core/", "router/bound_core/"))
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    held = {name for name in names if not name.startswith(f"dropwright-{VERSION}.dist-info/")}
    cores = {name for name in held if re.fullmatch(r"router/_(core|bound)\.[\w-]+\.so", name)}
    assert len(cores) == 2
    assert held - cores == expected | {"api/errors.md"}
    assert {"router/py.typed", "sla/py.typed", "fixtures/small/drop.json"} <= held


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(f"dropwright-{VERSION}.dist-info/METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata
    assert f"dropwright-{VERSION}.dist-info/licenses/LICENSE" in archive.namelist()


def test_the_wheel_brings_what_it_needs_and_no_test_tool(elsewhere: Path) -> None:
    names = {path.name.split("-")[0] for path in (elsewhere / "venv").glob("lib/python3*/site-packages/*.dist-info")}
    assert {"dropwright", "numpy", "ortools", "pyvrp"} <= names
    assert not names & {"pytest", "mypy", "ruff", "hypothesis", "pyvroom", "playwright"}


def test_the_installed_command_prints_its_version(elsewhere: Path) -> None:
    said = run(elsewhere, "dropwright", "--version")
    assert said.returncode == 0, said.stderr
    assert VERSION in said.stdout.split()


def test_the_installed_command_plans_the_small_drop_and_its_referee_agrees(elsewhere: Path) -> None:
    found = run(elsewhere, "python", "-c", "from importlib.resources import files; print(files('fixtures'))")
    drop = Path(found.stdout.strip()) / "small" / "drop.json"
    assert drop.is_relative_to(elsewhere / "venv")

    planned = run(elsewhere, "dropwright", "plan", drop, "-o", "plan.json", "--steps", "200", "--seed", "1")
    assert planned.returncode == 0, planned.stderr

    plan = json.loads((elsewhere / "plan.json").read_text(encoding="utf-8"))
    orders = {order["id"] for order in json.loads(drop.read_text(encoding="utf-8"))["orders"]}
    served = {parcel["order"] for parcel in plan["parcels"]}
    assert served
    assert served | {left["order"] for left in plan["unserved"]} == orders

    checked = run(elsewhere, "dropwright", "check", drop, "plan.json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
