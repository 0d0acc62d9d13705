"""The best cost known of an instance, from what lies beside it.

A ``.sol`` of the same name, a ``BKS.json``, or a table (``.csv`` with the columns instance, routes and distance).
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from bench.published.instance import Best, Family
from bench.published.text import Text

PER_SOLUTION: dict[Family, int] = {"vrptw": 1, "mdvrptw": 1000, "mtvrptwr": 10, "hfvrp": 1, "mdvrp": 1, "same-day": 1}
"""A ``.sol`` of MDVRPTW or MTVRPTWR gives its cost in the scaled integers, the others in the instance's units."""
COST, HIERARCHY = "distance or cost alone", "fewest vehicles first"


def best_known(path: Path, family: Family) -> Best | None:
    """The best cost known of the instance in ``path``, or ``None``. Raises ``Faulty`` for a file that says nonsense."""
    solution = path.with_suffix(".sol")
    if solution.exists():
        return Best(cost=_solution(solution) / PER_SOLUTION[family], told=COST)
    if family == "mdvrp" and (listed := path.with_name("BKS.json")).exists():
        return _listed(listed, path.stem)
    tables = sorted(path.parent.glob("*.csv")) + sorted(path.parent.parent.glob("*.csv"))
    for table in tables if family == "vrptw" else ():
        found = _tabled(table, path.stem)
        if found is not None:
            return found
    return None


def _solution(path: Path) -> float:
    text = Text(path)
    stated = [(line, words[-1]) for line, words in text.rows() if words[0].rstrip(":").lower() == "cost"]
    if not stated:
        text.refuse(max(1, len(text.lines)), "there is no line with the cost")
    cost = text.real(*stated[0], "the cost")
    if cost <= 0:
        text.fault(stated[0][0], f"the cost is {stated[0][1]}; it must be above 0")
    text.check()
    return cost


def _listed(path: Path, name: str) -> Best | None:
    text = Text(path)
    try:
        listed: Any = json.loads("\n".join(text.lines))
    except json.JSONDecodeError as error:
        text.refuse(error.lineno, f"this is not JSON: {error.msg}")
    if not isinstance(listed, dict):
        text.refuse(1, "there must be an object with instances by name")
    if name not in listed:
        return None
    row = listed[name]
    cost = row.get("best_known_cost") if isinstance(row, dict) else None
    if isinstance(cost, bool) or not isinstance(cost, int | float) or cost <= 0:
        line = next((at for at, given in enumerate(text.lines, 1) if f'"{name}"' in given), 1)
        text.refuse(line, f"{name} has no best_known_cost above 0")
    return Best(cost=float(cost), told=COST)


def _tabled(path: Path, name: str) -> Best | None:
    """The least distance of the least number of routes; ``None`` where the table is another or lacks the instance."""
    text = Text(path)
    rows = csv.DictReader(text.lines)
    if not {"instance", "routes", "distance"} <= set(rows.fieldnames or ()):
        return None
    found: list[tuple[int, float]] = []
    for row in rows:
        if row["instance"] == name:
            line = rows.line_num
            routes = text.count(line, row["routes"] or "", "routes")
            found.append((routes, text.real(line, row["distance"] or "", "distance")))
    text.check()
    return Best(cost=min(found)[1], told=HIERARCHY) if found else None
