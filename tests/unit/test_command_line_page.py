"""docs/command-line.md names every command, status and error there is."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import api
from api import cli
from api.documents import pick_list_csv
from router.errors import DropwrightError
from tests.architecture.sources import ROOT, imports

MODULES = {module.name for module in pkgutil.walk_packages(api.__path__, "api.")}
OF_SERVICE = {"api.accounts_cli", "api.audit_cli", "api.data_cli", "api.service_cli"}
"""Commands of the service, whose errors are in docs/errors.md."""

PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")


def own_errors() -> set[type[DropwrightError]]:
    """Every error that a module of api/ defines which the command line uses, however far down."""
    used, found = ["api.cli"], set()
    for name in used:
        module = importlib.import_module(name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, DropwrightError) and value.__module__ == name:
                found.add(value)
        path = Path(module.__file__ or "")
        used += [each for each in sorted(set(imports(path)) & MODULES - OF_SERVICE) if each not in used]
    return found


def test_every_error_of_the_command_line_is_explained() -> None:
    explained = re.findall(r"^\| ([a-z]+(?:-[a-z]+)+) \|", PAGE.split("## Errors")[1], flags=re.MULTILINE)
    assert sorted(explained) == sorted(error.code for error in own_errors())


def test_every_command_is_listed() -> None:
    names = {each.name or each.callback.__name__ for each in cli.app.registered_commands if each.callback}
    names |= {each.name for each in cli.app.registered_groups}
    assert names == set(re.findall(r"`dropwright ([a-z][a-z-]*)[ `]", PAGE.split("## Exit")[0]))


def test_every_column_of_a_pick_list_is_explained() -> None:
    table = PAGE.split("## Pick lists")[1].split("## ")[0]
    listed = [name for row in re.findall(r"^\| ([a-z_, ]+) \|", table, flags=re.MULTILINE) for name in row.split(", ")]
    assert [name for name in listed if name != "column"] == list(pick_list_csv.HEADS)
