"""Gehring and Homberger's (and Solomon's) text of the VRP with time windows.

A name, ``VEHICLE`` with number and capacity, ``CUSTOMER`` with number, x, y, demand, ready time, due date, service
time; customer 0 is the depot. Distances in thousandths, rounded: the published costs are in double precision.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.published.instance import FACTOR, MOST_VEHICLES, Fleet, Instance, Visit, euclidean, scaled
from bench.published.text import Text

COLUMNS = ("customer number", "x", "y", "demand", "ready time", "due date", "service time")


def read(path: Path) -> Instance:
    """The instance. Raises ``Faulty`` with every line that cannot be meant."""
    text = Text(path)
    rows = text.rows()
    heads = {words[0].upper(): at for at, (_, words) in enumerate(rows) if words[0].upper() in ("VEHICLE", "CUSTOMER")}
    if len(heads) < 2:
        text.refuse(1, "there must be a line VEHICLE and a line CUSTOMER, each with its numbers below")
    vehicle = next(((line, words) for line, words in rows[heads["VEHICLE"] + 1 :] if words[0][0].isdigit()), None)
    if vehicle is None or len(vehicle[1]) != 2:
        at = rows[heads["VEHICLE"]][0] if vehicle is None else vehicle[0]
        text.refuse(at, "below VEHICLE must stand two numbers, how many and their capacity")
    number, capacity = (text.count(vehicle[0], word, "VEHICLE") for word in vehicle[1])
    if not 1 <= number <= MOST_VEHICLES:
        text.fault(vehicle[0], f"there are {number} vehicles; there must be 1 to {MOST_VEHICLES}")
    table: list[list[float]] = []
    for line, words in rows[heads["CUSTOMER"] + 1 :]:
        if words[0].upper() == "CUST":
            continue
        if len(words) != len(COLUMNS):
            text.fault(line, f"there are {len(words)} numbers; a customer has {len(COLUMNS)}: {', '.join(COLUMNS)}")
            continue
        given = [text.real(line, word, what) for word, what in zip(words, COLUMNS, strict=True)]
        if given[0] != len(table):
            text.fault(line, f"this is customer {words[0]}; they must be numbered from 0, and here {len(table)} is due")
        text.count(line, words[3], "demand")
        for word, what in zip(words[4:], COLUMNS[4:], strict=True):
            text.count(line, word, what)
        if given[5] < given[4]:
            text.fault(line, f"the due date {words[5]} is before the ready time {words[4]}")
        table.append(given)
    if not table:
        text.refuse(rows[heads["CUSTOMER"]][0], "there is no customer below, and no depot")
    text.check()
    factor = FACTOR["exact"]
    depot, points = table[0], np.array(table)[:, 1:3]
    return Instance(
        name=path.stem,
        family="vrptw",
        depots=1,
        visits=tuple(
            Visit(
                name=str(place),
                place=place,
                demand=int(row[3]),
                opens_s=int(row[4]) * factor,
                closes_s=int(row[5]) * factor,
                service_s=int(row[6]) * factor,
            )
            for place, row in enumerate(table)
            if place
        ),
        fleets=(
            Fleet(
                depot=0,
                count=number,
                capacity=capacity,
                opens_s=int(depot[4]) * factor,
                closes_s=int(depot[5]) * factor,
            ),
        ),
        metres=euclidean(points, "exact"),
        points=scaled(points, "exact"),
        factor=factor,
        unit=factor,
    )
