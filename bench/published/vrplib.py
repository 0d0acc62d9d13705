"""VRPLIB texts: VRPTW, MDVRPTW, MTVRPTWR and HFVRP in PyVRP's dialect, and the same-day instances with a matrix.

The convention for integers is the one in which a family's best known costs are published: VRPTW and MTVRPTWR in
tenths, cut off; MDVRPTW and HFVRP in thousandths, rounded; same-day as it comes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.published.instance import (
    FACTOR,
    MOST_VEHICLES,
    Family,
    Fleet,
    Instance,
    Int64,
    Scale,
    Visit,
    euclidean,
    long_enough,
    scaled,
    without_idle,
)
from bench.published.sheet import Sheet

KNOWN = frozenset(
    {
        "NAME",
        "COMMENT",
        "TYPE",
        "DIMENSION",
        "VEHICLES",
        "CAPACITY",
        "SERVICE_TIME",
        "EDGE_WEIGHT_TYPE",
        "EDGE_WEIGHT_FORMAT",
        "VEHICLES_MAX_DURATION",
        "EDGE_WEIGHT_SECTION",
        "NODE_COORD_SECTION",
        "DEMAND_SECTION",
        "SERVICE_TIME_SECTION",
        "TIME_WINDOW_SECTION",
        "RELEASE_TIME_SECTION",
        "CAPACITY_SECTION",
        "VEHICLES_DEPOT_SECTION",
        "VEHICLES_RELOAD_DEPOT_SECTION",
        "VEHICLES_FIXED_COST_SECTION",
        "VEHICLES_UNIT_DISTANCE_COST_SECTION",
        "DEPOT_SECTION",
    }
)
TYPES: dict[str, tuple[Family, Scale]] = {
    "VRPTW": ("vrptw", "dimacs"),
    "MDVRPTW": ("mdvrptw", "exact"),
    "MTVRPTWR": ("mtvrptwr", "dimacs"),
    "HFVRP": ("hfvrp", "exact"),
}
UNITS: dict[Family, int] = {"vrptw": 10, "mdvrptw": 1000, "mtvrptwr": 10, "hfvrp": 100_000, "same-day": 1}
"""Minor units to one of cost. HFVRP counts cost in hundredths as well: 77 is 0.77 for one of distance."""


def read(path: Path) -> Instance:
    """The instance. Raises ``Faulty`` with every line that cannot be meant."""
    sheet = Sheet(path, KNOWN)
    sheet.need("TYPE", "DIMENSION", "EDGE_WEIGHT_TYPE", "DEMAND_SECTION", "DEPOT_SECTION", "VEHICLES")
    family, scale = _family(sheet)
    size, vehicles = sheet.field("DIMENSION"), sheet.field("VEHICLES")
    depots = _depots(sheet, size)
    if not 1 <= vehicles <= MOST_VEHICLES:
        sheet.refuse(sheet.fields["VEHICLES"][0], f"there are {vehicles} vehicles; there must be 1 to {MOST_VEHICLES}")
    metres = _metres(sheet, size, scale)
    demand = sheet.counts("DEMAND_SECTION", size)
    service = _service(sheet, size, depots, scale)
    windows = _windows(sheet, size, scale)
    release = _scaled_column(sheet, "RELEASE_TIME_SECTION", size, scale)
    closes_s = long_enough(metres, int(service.sum()))
    fleets = _fleets(sheet, vehicles, depots, scale, windows, closes_s)
    sheet.check()
    made = Instance(
        name=path.stem,
        family=family,
        depots=depots,
        visits=tuple(
            Visit(
                name=str(place),
                place=place,
                demand=demand[place],
                service_s=int(service[place]),
                opens_s=0 if windows is None else int(windows[place, 0]),
                closes_s=None if windows is None else int(windows[place, 1]),
                release_s=int(release[place]),
            )
            for place in range(depots, size)
        ),
        fleets=fleets,
        metres=metres,
        points=_points(sheet, size, scale),
        factor=FACTOR[scale],
        unit=UNITS[family],
    )
    return without_idle(made)


def _family(sheet: Sheet) -> tuple[Family, Scale]:
    line, kind = sheet.fields["TYPE"]
    if kind not in TYPES:
        sheet.refuse(line, f"the type is {kind}; read are {', '.join(TYPES)}")
    at, weights = sheet.fields["EDGE_WEIGHT_TYPE"]
    if weights == "EXPLICIT" and kind == "VRPTW":
        sheet.need("EDGE_WEIGHT_FORMAT", "EDGE_WEIGHT_SECTION")
        at, shape = sheet.fields["EDGE_WEIGHT_FORMAT"]
        if shape != "FULL_MATRIX":
            sheet.refuse(at, f"the matrix is {shape}; only FULL_MATRIX is read")
        return "same-day", "integer"
    if weights != "EUC_2D":
        sheet.refuse(at, f"edge weights are {weights}; read are EUC_2D, and EXPLICIT for VRPTW")
    sheet.need("NODE_COORD_SECTION")
    return TYPES[kind]


def _depots(sheet: Sheet, size: int) -> int:
    """How many depots there are; they must be the first places."""
    head, rows = sheet.sections["DEPOT_SECTION"]
    found = [(line, words) for line, words in rows if words != ["-1"]]
    for due, (line, words) in enumerate(found, 1):
        if words != [str(due)]:
            sheet.fault(line, f"depot {' '.join(words)} stands where {due} is due; depots are the first places")
    if not 0 < len(found) <= size:
        sheet.fault(head, f"there are {len(found)} depots and {size} places")
    sheet.check()
    return len(found)


def _metres(sheet: Sheet, size: int, scale: Scale) -> Int64:
    if scale == "integer":
        return np.array(sheet.square("EDGE_WEIGHT_SECTION", size), dtype=np.int64)
    return euclidean(np.array(sheet.numbers("NODE_COORD_SECTION", size, 2)), scale)


def _points(sheet: Sheet, size: int, scale: Scale) -> Int64:
    if "NODE_COORD_SECTION" not in sheet.sections:
        return np.zeros((size, 2), dtype=np.int64)
    return scaled(np.array(sheet.numbers("NODE_COORD_SECTION", size, 2)), scale)


def _scaled_column(sheet: Sheet, key: str, size: int, scale: Scale) -> Int64:
    """A section of spans or instants, one a place; zeros where it is absent."""
    if key not in sheet.sections:
        return np.zeros(size, dtype=np.int64)
    given = np.array(sheet.numbers(key, size)).reshape(size)
    for (line, words), value in zip(sheet.sections[key][1], given, strict=True):
        if value < 0:
            sheet.fault(line, f"{key} is {words[1]}; it must not be below 0")
    return scaled(given, scale)


def _service(sheet: Sheet, size: int, depots: int, scale: Scale) -> Int64:
    """The section, or the one field for all, which does not mean the depots."""
    if "SERVICE_TIME" not in sheet.fields:
        return _scaled_column(sheet, "SERVICE_TIME_SECTION", size, scale)
    line, value = sheet.fields["SERVICE_TIME"]
    seconds = sheet.real(line, value, "SERVICE_TIME")
    if seconds < 0:
        sheet.fault(line, f"SERVICE_TIME is {value}; it must not be below 0")
    return scaled(np.array([0.0] * depots + [seconds] * (size - depots)), scale)


def _windows(sheet: Sheet, size: int, scale: Scale) -> Int64 | None:
    key = "TIME_WINDOW_SECTION"
    if key not in sheet.sections:
        return None
    given = np.array(sheet.numbers(key, size, 2))
    for (line, words), (opens, closes) in zip(sheet.sections[key][1], given, strict=True):
        if not 0 <= opens <= closes:
            sheet.fault(line, f"the window from {words[1]} to {words[2]} ends before it begins, or begins before 0")
    return scaled(given, scale)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What makes two vehicles equal."""

    depot: int
    capacity: int
    fixed: int
    per_metre: int
    trips: int | None


def _fleets(
    sheet: Sheet, vehicles: int, depots: int, scale: Scale, windows: Int64 | None, closes_s: int
) -> tuple[Fleet, ...]:
    """Vehicles one by one, equal ones counted together in the order of their first."""
    homes = [1] * vehicles
    if "VEHICLES_DEPOT_SECTION" in sheet.sections:
        homes = sheet.counts("VEHICLES_DEPOT_SECTION", vehicles)
        for (line, _), home in zip(sheet.sections["VEHICLES_DEPOT_SECTION"][1], homes, strict=True):
            if not 1 <= home <= depots:
                sheet.fault(line, f"the vehicle's depot is {home}; there are {depots}")
    trips: int | None = 1
    if "VEHICLES_RELOAD_DEPOT_SECTION" in sheet.sections:
        trips = None
        reloads = sheet.counts("VEHICLES_RELOAD_DEPOT_SECTION", vehicles)
        for (line, _), home, at in zip(sheet.sections["VEHICLES_RELOAD_DEPOT_SECTION"][1], homes, reloads, strict=True):
            if at != home:
                sheet.fault(line, f"the vehicle reloads at depot {at}; only its own, {home}, is read")
    capacity = _each(sheet, "CAPACITY", "CAPACITY_SECTION", vehicles)
    fixed = _scaled_column(sheet, "VEHICLES_FIXED_COST_SECTION", vehicles, scale)
    per_metre = [1] * vehicles
    if "VEHICLES_UNIT_DISTANCE_COST_SECTION" in sheet.sections:
        per_metre = sheet.counts("VEHICLES_UNIT_DISTANCE_COST_SECTION", vehicles)
    duration_s = None
    if "VEHICLES_MAX_DURATION" in sheet.fields:
        line, value = sheet.fields["VEHICLES_MAX_DURATION"]
        duration_s = int(scaled(np.array(sheet.real(line, value, "VEHICLES_MAX_DURATION")), scale))
        if duration_s < 0:
            sheet.fault(line, f"VEHICLES_MAX_DURATION is {value}; it must not be below 0")
    sheet.check()
    kinds = Counter(
        _Kind(homes[each] - 1, capacity[each], int(fixed[each]), per_metre[each], trips) for each in range(vehicles)
    )
    return tuple(
        Fleet(
            depot=kind.depot,
            count=count,
            capacity=kind.capacity,
            opens_s=0 if windows is None else int(windows[kind.depot, 0]),
            closes_s=closes_s if windows is None else int(windows[kind.depot, 1]),
            fixed=kind.fixed,
            per_metre=kind.per_metre,
            duration_s=duration_s,
            trips=kind.trips,
        )
        for kind, count in kinds.items()
    )


def _each(sheet: Sheet, field: str, section: str, vehicles: int) -> list[int]:
    if section in sheet.sections:
        return sheet.counts(section, vehicles)
    sheet.need(field)
    return [sheet.field(field)] * vehicles
