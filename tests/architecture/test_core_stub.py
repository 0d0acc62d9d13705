"""Compiled modules are typed by stubs, router/_core.pyi, router/_bound.pyi. What they promise is what there is."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

import pytest

import router._bound
import router._core
from tests.architecture.sources import ROOT


def promised(name: str) -> dict[str, set[str]]:
    """Public names of the stub; for a class those of its members, for anything else none."""
    tree = ast.parse((ROOT / "router" / f"{name}.pyi").read_text(encoding="utf-8"))
    names: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names[node.name] = set(declared(node.body))
        else:
            names.update((name, set[str]()) for name in declared([node]))
    return names


def declared(body: list[ast.stmt]) -> list[str]:
    found = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    found += [n.target.id for n in body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
    return [name for name in found if not name.startswith("_")]


def public(thing: object) -> set[str]:
    return {name for name in vars(thing) if not name.startswith("_")}


@pytest.mark.parametrize("core", [router._core, router._bound], ids=["core", "bound"])
def test_the_stub_names_exactly_what_the_compiled_module_has(core: ModuleType) -> None:
    there = {
        name: public(getattr(core, name)) if inspect.isclass(getattr(core, name)) else set[str]()
        for name in public(core)
    }
    assert promised(core.__name__.rpartition(".")[2]) == there
