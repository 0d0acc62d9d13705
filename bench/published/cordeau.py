"""Cordeau's text of the multi-depot VRP: no windows, often a limit on a route's duration.

``type vehicles customers depots`` (type 2; vehicles at each depot), for each depot ``duration load`` (0: no limit),
then customers, then depots: number, x, y, service time, demand, and more that does not matter here. Distances in
thousandths, rounded: the published costs are in double precision.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.published.instance import FACTOR, MOST_VEHICLES, Fleet, Instance, Visit, euclidean, long_enough, scaled
from bench.published.text import Text

MULTI_DEPOT = 2
FIELDS = ("number", "x", "y", "service time", "demand")


def read(path: Path) -> Instance:
    """The instance. Raises ``Faulty`` with every line that cannot be meant."""
    text = Text(path)
    rows = text.rows()
    if not rows or len(rows[0][1]) != 4:
        text.refuse(rows[0][0] if rows else 1, "the first line must hold type, vehicles, customers, depots: 4 numbers")
    line, words = rows[0]
    kind, vehicles, customers, depots = (text.count(line, word, "the first line") for word in words)
    if kind != MULTI_DEPOT:
        text.fault(line, f"the type is {kind}; only type {MULTI_DEPOT}, the multi-depot VRP, is read")
    if not depots or not 1 <= vehicles * depots <= MOST_VEHICLES:
        text.fault(line, f"there must be a depot, and 1 to {MOST_VEHICLES} vehicles in all")
    if len(rows) != 1 + 2 * depots + customers:
        text.fault(
            rows[-1][0],
            f"{len(rows)} lines hold numbers; with {depots} depots and {customers} customers there must be"
            f" {1 + 2 * depots + customers}",
        )
    text.check()
    limits: list[list[float]] = []
    for line, words in rows[1 : 1 + depots]:
        if len(words) != 2:
            text.fault(line, "a depot's limits are two numbers: longest duration and largest load")
        limits.append([*text.reals(line, words, "a limit"), 0.0, 0.0][:2])
    table: list[list[float]] = []
    for at, (line, words) in enumerate(rows[1 + depots :], 1):
        if len(words) < len(FIELDS):
            text.fault(line, f"there are {len(words)} numbers; a place has {len(FIELDS)}: {', '.join(FIELDS)}")
            continue
        given = [text.real(line, word, what) for word, what in zip(words, FIELDS, strict=False)]
        if given[0] != at:
            text.fault(line, f"this is number {words[0]}; customers, then depots, are numbered, and here {at} is due")
        text.count(line, words[4], "demand")
        if given[3] < 0:
            text.fault(line, f"the service time is {words[3]}; it must not be below 0")
        table.append(given)
    text.check()
    places = np.array(table[customers:] + table[:customers])
    metres = euclidean(places[:, 1:3], "exact")
    service = scaled(places[:, 3], "exact")
    closes_s = long_enough(metres, int(service.sum()))
    return Instance(
        name=path.stem,
        family="mdvrp",
        depots=depots,
        visits=tuple(
            Visit(
                name=str(at + 1),
                place=depots + at,
                demand=int(table[at][4]),
                service_s=int(service[depots + at]),
            )
            for at in range(customers)
        ),
        fleets=tuple(
            Fleet(
                depot=depot,
                count=vehicles,
                capacity=int(load) or sum(int(row[4]) for row in table),
                opens_s=0,
                closes_s=closes_s,
                duration_s=round(duration * FACTOR["exact"]) if duration else None,
            )
            for depot, (duration, load) in enumerate(limits)
        ),
        metres=metres,
        points=scaled(places[:, 1:3], "exact"),
        factor=FACTOR["exact"],
        unit=FACTOR["exact"],
    )
