"""Who may import whom, and what it costs to import them."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT, imports, name_of, pyproject, sources

LINT_IMPORTS = "from importlinter.cli import lint_imports_command as main; main()"
HEAVY = ("matplotlib", "ortools", "osmium", "pandas", "plotly", "pyvrp", "scipy")


def lint_imports(where: Path) -> subprocess.CompletedProcess[str]:
    """Runs the import contracts on the packages in ``where``; -S keeps the installed Dropwright out of it."""
    return subprocess.run(
        [sys.executable, "-S", "-c", LINT_IMPORTS, "--no-cache"],
        cwd=where,
        env={
            **os.environ,
            "PYTHONPATH": f"{where}{os.pathsep}{sysconfig.get_path('purelib')}",
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their contracts, free to be broken."""
    where = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", where)
    for path in sources(*PACKAGES):
        target = where / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return where


def engines() -> list[str]:
    return [path.stem for path in sources("router") if path.parent.name == "engines" and path.stem != "__init__"]


def test_the_import_contracts_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("router/price.py", "import sla", "Upper layers"),
        ("sla/__init__.py", "import api", "Upper layers"),
        ("router/price.py", "from ortools.linear_solver import pywraplp", "The integer programs"),
        ("api/__init__.py", "import ortools", "The integer programs"),
        ("router/model.py", "from pydantic import BaseModel", "JSON"),
        ("sla/__init__.py", "import sqlite3", "No web"),
        ("router/price.py", "import typer", "No web"),
        ("router/check/__init__.py", "import router.solve", "The referee"),
        ("router/solve.py", "import router.check", "Those who are judged"),
    ],
)
def test_breaking_a_contract_is_noticed(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / module
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        result = lint_imports(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    broken = [said for said in result.stdout.splitlines() if said.endswith("BROKEN")]
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(said.startswith(contract) for said in broken), result.stdout


def test_an_engine_that_imports_another_is_noticed(copy: Path) -> None:
    first, second, *_ = engines()
    path = copy / "router" / "engines" / f"{first}.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\nimport router.engines.{second}\n", encoding="utf-8")
    try:
        result = lint_imports(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    assert "Engines never import each other BROKEN" in result.stdout


def test_each_solver_library_is_imported_by_one_file_alone() -> None:
    users = {library: set[str]() for library in ("highspy", "ortools", "pyvrp", "vroom")}
    for path in sources(*PACKAGES):
        for library in users.keys() & {name.split(".")[0] for name in imports(path)}:
            users[library].add(name_of(path))
    assert [library for library, files in users.items() if len(files) > 1] == []
    assert users["highspy"] == set(), "highspy and ortools in one process break each other"


def test_every_package_is_under_contract_and_in_the_wheel() -> None:
    tools = pyproject()["tool"]
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}
    assert set(tools["scikit-build"]["wheel"]["packages"]) == packages
    assert set(tools["importlinter"]["root_packages"]) == packages - {"fixtures"}


def test_the_referee_and_the_price_do_not_use_the_compiled_core() -> None:
    """The core has no Python source, so the import contracts cannot see it; this can."""
    users = {name_of(path) for path in sources(*PACKAGES) if "router._core" in set(imports(path))}
    assert users, "nobody uses the compiled core; this test looks for the wrong name"
    assert not {user for user in users if user.startswith(("router/check", "router/price", "api/", "sla/"))}


def test_packages_are_imported_by_their_full_names() -> None:
    relative = [
        name_of(path)
        for path in sources(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_starting_the_command_loads_no_heavy_library() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import api.cli, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {name for name in said.stdout.split() if name in HEAVY} == set()


def test_below_the_edge_nobody_asks_for_the_time_or_for_luck() -> None:
    """Time of day, random numbers and ids are arguments there; a clock that measures spans is fine."""
    banned = {
        ("date", "today"),
        ("datetime", "now"),
        ("datetime", "today"),
        ("datetime", "utcnow"),
        ("time", "time"),
        ("time", "time_ns"),
        ("uuid", "uuid1"),
        ("uuid", "uuid4"),
        ("random", "choice"),
        ("random", "random"),
        ("random", "randint"),
        ("random", "seed"),
        ("random", "shuffle"),
    }
    asked = [
        f"{name_of(path)}:{node.lineno}: {node.value.id}.{node.attr}"
        for path in sources("router", "sla")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if (node.value.id, node.attr) in banned
    ]
    assert asked == []
