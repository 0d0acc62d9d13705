"""Who may use a street, which way, and how fast: the five costings of the built-in road graph.

A costing reads the tags of an OpenStreetMap way and answers with whole kilometres per hour in each direction,
0 where it may not go. The tables are meant to be read and argued with; docs/roads.md says them in words. The
speeds start from the default profiles of OSRM (car, bicycle, foot) and are lowered where those leave the
waiting at crossings to turn penalties, which this graph does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

TOP_KMH = 100
"""No costing is faster than this; the arithmetic of router/roads.py relies on it."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CLOSED = frozenset(
    _words(
        "no private agricultural forestry emergency military official permit residents restricted"
        " use_sidepath psv bus taxi"
    )
)
OPEN = frozenset(_words("yes permissive designated destination delivery customers public"))

FORWARD = frozenset({"yes", "true", "1"})
BACKWARD = frozenset({"-1", "reverse"})
BOTH = frozenset({"no", "false", "0", "alternating"})
AGAINST = frozenset({"opposite", "opposite_lane", "opposite_track"})
ROUND = frozenset({"roundabout", "circular"})

PUSHING_KMH = 4
PUSHING_ON = frozenset({"footway", "pedestrian", "path", "platform"})

WAY_TAGS = _words(
    "highway access foot bicycle vehicle motor_vehicle motorcar goods motorroad"
    " oneway oneway:bicycle oneway:foot"
    " cycleway cycleway:left cycleway:right cycleway:both cycleway:left:oneway cycleway:right:oneway"
    " maxspeed surface junction area service railway"
)
"""Every key of a way that a costing reads: an extract may be trimmed to these without changing an answer."""

TURN_TAGS = _words("type restriction except")
"""The same for relations that forbid a turn."""

NODE_TAGS = _words("barrier locked access foot bicycle vehicle motor_vehicle motorcar goods")
"""The same for nodes."""

Table = Mapping[str, int]


def _table(text: str) -> Table:
    """``"a b=15 c=20"`` as a table: every name takes the number that follows it next."""
    rows: dict[str, int] = {}
    waiting: list[str] = []
    for word in _words(text):
        name, _, number = word.partition("=")
        waiting.append(name)
        if number:
            rows.update(dict.fromkeys(waiting, int(number)))
            waiting.clear()
    return MappingProxyType(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costing:
    """One way of moving. Speeds are whole km/h, averages in town with the usual waits."""

    name: str
    access: tuple[str, ...]
    """Tag keys that grant or refuse access, the most particular first, ``access`` last."""
    kmh: Table
    """Speed by ``highway`` class; a class that is missing is closed."""
    by_leave_kmh: Table
    """Classes that are open only where a particular key (not ``access``) says so."""
    surface_kmh: Table = field(default_factory=lambda: _table(""))
    """The most that a surface allows."""
    oneway: str | None = None
    """The key that overrides ``oneway``; None for walkers, whom neither it nor a forbidden turn binds."""
    legal_percent: int = 0
    """Share of a posted ``maxspeed`` that is driven on average; 0 where it does not matter."""
    pushes: bool = False
    """Gets off and pushes where only walkers may go."""
    motor: bool = False
    """Kept off areas and emergency ways, let onto motor roads."""
    barriers: frozenset[str] = frozenset()
    """Barriers on a node that stop this costing when their tags do not say otherwise."""
    opened_barriers: frozenset[str] | None = None
    """Where given, every barrier stops it but these (``barriers`` is not read)."""


_WALLS = frozenset({"wall", "fence", "hedge", "yes"})
_NARROW = _WALLS | {"stile", "turnstile", "full-height_turnstile", "kissing_gate", "hampshire_gate"}
_DRIVEN_THROUGH = frozenset(
    _words(
        "cattle_grid border_control toll_booth sally_port gate lift_gate swing_gate sliding_gate no entrance"
        " height_restrictor arch kerb"
    )
)
_CARRIAGEWAYS = (
    "primary primary_link secondary secondary_link tertiary tertiary_link unclassified residential"
    " living_street service road"
)

_FOOT = Costing(
    name="foot",
    access=("foot", "access"),
    kmh=_table(_CARRIAGEWAYS + " footway pedestrian path track platform corridor bridleway crossing=5 steps=3"),
    by_leave_kmh=_table("cycleway trunk trunk_link=5"),
    barriers=_WALLS,
)

_BIKE = Costing(
    name="bike",
    access=("bicycle", "vehicle", "access"),
    kmh=_table(_CARRIAGEWAYS + " cycleway=14 path=12 track=11"),
    by_leave_kmh=_table("footway pedestrian bridleway crossing=11 trunk trunk_link=14"),
    surface_kmh=_table(
        "wood metal compacted fine_gravel paving_stones ground=11 sett cobblestone:flattened=10 cobblestone=8"
        " unpaved gravel pebblestone dirt earth grass_paver=8 unhewn_cobblestone grass=6 mud sand=4"
    ),
    oneway="oneway:bicycle",
    pushes=True,
    barriers=_NARROW,
)

_CARGO_BIKE = Costing(
    name="cargo_bike",
    access=_BIKE.access,
    kmh=_table(_CARRIAGEWAYS + " cycleway=12 path=10 track=9"),
    by_leave_kmh=_table("footway pedestrian bridleway crossing=9 trunk trunk_link=12"),
    surface_kmh=_table(
        "wood metal compacted fine_gravel paving_stones ground=9 sett cobblestone:flattened=8 cobblestone=7"
        " unpaved gravel pebblestone dirt earth grass_paver=6 unhewn_cobblestone grass=5 mud sand=3"
    ),
    oneway="oneway:bicycle",
    pushes=True,
    barriers=_NARROW | {"cycle_barrier", "motorcycle_barrier", "chain", "log"},
)

_DRIVEN_SURFACES = _table(
    "sett gravel unpaved grass_paver=30 cobblestone compacted=25"
    " unhewn_cobblestone ground dirt earth grass=15 sand mud=8"
)

_CAR = Costing(
    name="car",
    access=("motorcar", "motor_vehicle", "vehicle", "access"),
    kmh=_table(
        "motorway=90 motorway_link=45 trunk=80 trunk_link=40 primary=50 secondary=45 tertiary=35"
        " primary_link secondary_link=25 tertiary_link=20"
        " unclassified residential road=22 service=12 living_street=10"
    ),
    by_leave_kmh=_table("pedestrian=8 track=12"),
    surface_kmh=_DRIVEN_SURFACES,
    oneway="oneway",
    legal_percent=70,
    motor=True,
    opened_barriers=_DRIVEN_THROUGH,
)

_VAN = Costing(
    name="van",
    access=("goods", "motor_vehicle", "vehicle", "access"),
    kmh=_table(
        "motorway=80 motorway_link=40 trunk=70 trunk_link=36 primary=45 secondary=40 tertiary=32"
        " primary_link secondary_link=22 tertiary_link=18"
        " unclassified residential road=20 service=10 living_street=9"
    ),
    by_leave_kmh=_table("pedestrian=7 track=10"),
    surface_kmh=_DRIVEN_SURFACES,
    oneway="oneway",
    legal_percent=65,
    motor=True,
    opened_barriers=_DRIVEN_THROUGH,
)

COSTINGS: Mapping[str, Costing] = MappingProxyType(
    {costing.name: costing for costing in (_FOOT, _BIKE, _CARGO_BIKE, _CAR, _VAN)}
)
"""The costings by the name that a drop uses for them."""


def directions(tags: Mapping[str, str], costing: Costing) -> tuple[int, int]:
    """Whole km/h along the way as drawn and against it; 0 where this costing may not go.

    tags: those of an OpenStreetMap way; only WAY_TAGS are read. Pure.
    """
    # Walkers cross a station by its platforms, most of which carry no highway tag.
    highway = tags.get("highway", "platform" if tags.get("railway") == "platform" else "")
    if costing.motor and (tags.get("area") == "yes" or tags.get("service") == "emergency_access"):
        return 0, 0
    if tags.get("motorroad") == "yes" and not costing.motor:
        return 0, 0
    kmh = _own_kmh(tags, highway, costing)
    if kmh == 0:
        pushed = PUSHING_KMH if costing.pushes and _may_push(tags, highway) else 0
        return pushed, pushed
    kmh = min(kmh, costing.surface_kmh.get(tags.get("surface", ""), TOP_KMH), TOP_KMH)
    if costing.legal_percent:
        kmh = min(kmh, max(1, _posted_kmh(tags) * costing.legal_percent // 100))
    forward, backward = _ways_open(tags, highway, costing)
    return kmh if forward else 0, kmh if backward else 0


def may_turn(tags: Mapping[str, str], costing: Costing) -> bool:
    """Whether a relation with these tags leaves this costing free to turn as it likes. Pure."""
    if costing.oneway is None or tags.get("type") != "restriction":
        return True
    if not tags.get("restriction", "").startswith(("no_", "only_")):
        return True
    return not set(costing.access).isdisjoint(tags.get("except", "").split(";"))


def stopped(tags: Mapping[str, str], costing: Costing) -> bool:
    """Whether the barrier on a node with these tags lets nobody of this costing through. Pure."""
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    said = _said(tags, costing.access)
    if said is not None:
        return not said
    if tags.get("locked") == "yes":
        return True
    if costing.opened_barriers is not None:
        return barrier not in costing.opened_barriers
    return barrier in costing.barriers


def _said(tags: Mapping[str, str], keys: tuple[str, ...]) -> bool | None:
    """What the first of these keys with a known value says; None where none says anything."""
    value = _first(tags, keys)
    return None if value == "" else value in OPEN


def _first(tags: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((tags[key] for key in keys if tags.get(key) in CLOSED | OPEN), "")


def _own_kmh(tags: Mapping[str, str], highway: str, costing: Costing) -> int:
    if tags.get(costing.access[0]) == "dismount":
        return 0
    particular = _said(tags, costing.access[:-1])
    if particular is False or (particular is None and _said(tags, costing.access[-1:]) is False):
        return 0
    return costing.kmh.get(highway, costing.by_leave_kmh.get(highway, 0) if particular else 0)


def _may_push(tags: Mapping[str, str], highway: str) -> bool:
    if highway not in PUSHING_ON and tags.get("bicycle") != "dismount":
        return False
    return highway != "steps" and _said(tags, _FOOT.access) is not False


def _ways_open(tags: Mapping[str, str], highway: str, costing: Costing) -> tuple[bool, bool]:
    """Forward and backward, from the one-way tags that bind this costing."""
    if costing.oneway is None:
        value = tags.get("oneway:foot", "no")
    else:
        implied = "yes" if highway == "motorway" or tags.get("junction") in ROUND else "no"
        value = tags.get("oneway", implied)
        if costing.oneway != "oneway":
            if _rides_against(tags):
                value = "no"
            value = tags.get(costing.oneway, value)
    if value in FORWARD:
        return True, False
    if value in BACKWARD:
        return False, True
    # What remains of the known values is a road whose direction changes with the hour: never counted on.
    return (False, False) if value == "reversible" else (True, True)


def _rides_against(tags: Mapping[str, str]) -> bool:
    """A marked contraflow for cycling in a one-way street."""
    lanes = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    if any(tags.get(key) in AGAINST for key in lanes):
        return True
    return any(tags.get(f"cycleway:{side}:oneway") in BOTH | BACKWARD for side in ("left", "right"))


def _posted_kmh(tags: Mapping[str, str]) -> int:
    posted = re.fullmatch(r"(\d{1,3})( ?mph)?", tags.get("maxspeed", ""))
    if posted is None or int(posted[1]) == 0:
        return 2 * TOP_KMH
    return int(posted[1]) * 1609 // 1000 if posted[2] else int(posted[1])
