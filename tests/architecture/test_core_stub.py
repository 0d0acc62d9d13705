"""The compiled core is typed by a stub, router/_core.pyi. What it promises is what the core has."""

from __future__ import annotations

import ast
import inspect

import router._core
from tests.architecture.sources import ROOT


def promised() -> dict[str, set[str]]:
    """Public names of the stub; for a class those of its members, for anything else none."""
    tree = ast.parse((ROOT / "router" / "_core.pyi").read_text(encoding="utf-8"))
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


def test_the_stub_names_exactly_what_the_compiled_core_has() -> None:
    core = router._core
    there = {
        name: public(getattr(core, name)) if inspect.isclass(getattr(core, name)) else set[str]()
        for name in public(core)
    }
    assert promised() == there
