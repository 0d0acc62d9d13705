"""The project's own files, as git sees them, for tests that read them."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("router", "sla", "api")


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is or would be committed, in order. Without git: whatever .gitignore does not name."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = {ROOT / name for name in listed.stdout.split("\0") if name}
    else:
        names = {path for path in ROOT.rglob("*") if not is_ignored(path.relative_to(ROOT))}
    return tuple(sorted(path for path in names if path.is_file()))


def is_ignored(path: Path) -> bool:
    """Whether one of the plain patterns of .gitignore (the only kind it has) covers this path."""
    patterns = (ROOT / ".gitignore").read_text().split()
    for pattern in patterns:
        if pattern.startswith("/"):
            if path.parts[0] == pattern.strip("/"):
                return True
        elif any(Path(part).match(pattern.rstrip("/")) for part in path.parts):
            return True
    return path.parts[0] == ".git"


def sources(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> tuple[Path, ...]:
    """The project's files in these top-level folders that end so."""
    return tuple(
        path for path in project_files() if path.relative_to(ROOT).parts[0] in folders and path.suffix in suffixes
    )


def name_of(path: Path) -> str:
    """A path as people write it: from the top of the project."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a Python file imports, wherever in it; ``from a import b`` gives a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
