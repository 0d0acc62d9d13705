"""The map of a plan as one HTML page that opens with no network: streets, hubs, stops, and routes by courier.

The page holds its own copy of plotly.js and draws vectors (SVG) on a flat map in metres, so that it needs no
tiles, no WebGL and no worker: browsers refuse the latter to a page that is opened as a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any
from zoneinfo import ZoneInfo

from api.documents.colours import colours
from api.documents.flat import Flat
from api.documents.hover import Hover
from api.documents.lanes import Point, beside, lane
from api.documents.legend import Entry, legend
from api.documents.routes import Line, Node, Place, Streets, addresses, lines, spread
from api.outcome import Outcome, outcomes
from api.wording import count, distance, figure, local, seen, share
from router.errors import Invalid
from router.model import Courier, Drop, Trip
from router.plan import Plan

ATTRIBUTION = '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap contributors</a>, ODbL'

_CASING, _STREET = "#d3d8df", "#ffffff"
_INK, _PAPER, _LATE = "#1d2433", "#ffffff", "#e3002b"

Trace = dict[str, Any]


class NoCoordinates(Invalid):
    """Under matrix travel coordinates are optional, and this drop has none."""

    code, title = "no-coordinates", "There is nothing to draw"

    def __init__(self) -> None:
        super().__init__("no hub and no order of the drop has lat and lon; give their locations both for a map")


def render(drop: Drop, plan: Plan, streets: Mapping[str, Streets] | None = None) -> bytes:
    """The page, UTF-8. ``streets`` holds a road graph for each profile; without it, routes are straight.

    The plan must be valid for the drop. Raises NoCoordinates.
    """
    streets = streets or {}
    spots = spread(addresses(drop))
    if not spots:
        raise NoCoordinates
    flat = Flat.around(spots.values())
    drawing = _Drawing(drop, plan, spots, flat)
    drawing.streets(streets)
    entries = drawing.couriers(lines(drop, plan, streets))
    others = drawing.carriers() + drawing.unserved()
    drawing.hubs()
    shown = {
        "data": drawing.traces,
        "bounds": flat.bounds(spots.values()),
        "labels": [
            dict(zip("xy", flat.xy(spot), strict=True), text=escape(seen(name)))
            for (kind, name), spot in spots.items()
            if kind == "hub"
        ],
    }
    page = Template(files(__package__).joinpath("map.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(seen(drop.id)),
        when=escape(f"{local(drop.plan_at, ZoneInfo(drop.timezone)):%A %d %B %Y, %H:%M} · {drop.timezone}"),
        figures=_figures(drop, plan, drawing.outcomes),
        legend=legend(entries, others),
        attribution=f"Streets {ATTRIBUTION}" if streets else "Straight lines: this drop has no streets",
        figure=_inert(shown),
        plotly=_script(),
    ).encode()


class _Drawing:
    """The traces of one map, in the order they are painted."""

    def __init__(self, drop: Drop, plan: Plan, spots: Mapping[Node, Place], flat: Flat) -> None:
        self.drop, self.plan, self.spots, self.flat = drop, plan, spots, flat
        self.outcomes = outcomes(drop, plan)
        self.of_order = {each.order.id: each for each in self.outcomes}
        self.hover = Hover(drop, plan)
        self.traces: list[Trace] = []

    def streets(self, graphs: Mapping[str, Streets]) -> None:
        """The ground: all streets in white, each with an edge. The page widens them as it zooms in."""
        every = {tuple(line) for graph in graphs.values() for line in graph.streets()}
        drawn = [self._flat(line) for line in sorted(every)]
        if drawn:
            self._add({**self._lines(drawn), "line": {"color": _CASING, "width": 5}, "meta": "casing"})
            self._add({**self._lines(drawn), "line": {"color": _STREET, "width": 3}, "meta": "street"})

    def couriers(self, ways: Mapping[str, list[Line]]) -> list[Entry]:
        """Routes below, stops above; one entry for each courier that has a trip, by the hub of its first."""
        trips: dict[str, list[Trip]] = {}
        for trip in self.plan.trips:
            trips.setdefault(trip.courier, []).append(trip)
        busy = [courier for courier in self.drop.couriers if courier.id in trips]
        paints = dict(zip((courier.id for courier in busy), colours(len(busy)), strict=True))
        own: dict[str, list[int]] = {}
        for number, courier in enumerate(busy):
            legs = [self._flat(line) for trip in trips[courier.id] for line in ways[trip.id]]
            drawn = [beside(leg, lane(number)) for leg in legs]
            look = {"color": paints[courier.id], "width": 3}
            own[courier.id] = [self._add({**self._lines(drawn), "line": look, "meta": "route"})]
        for courier in busy:
            own[courier.id] += self._stops(trips[courier.id], paints[courier.id])
        return [_entry(courier, trips[courier.id], paints[courier.id], own[courier.id]) for courier in busy]

    def carriers(self) -> list[Entry]:
        """Orders that a carrier takes: rings, since no route is known."""
        entries = []
        for carrier in self.drop.carriers:
            of_carrier = {collection.id for collection in carrier.collections}
            taken = [parcel for parcel in self.plan.parcels if parcel.collection in of_carrier]
            orders = list(dict.fromkeys(parcel.order for parcel in taken))
            if orders:
                texts = [self.hover.carried(self.of_order[order], carrier) for order in orders]
                late = [self.of_order[order].arrives_late_s > 0 for order in orders]
                own = self._dots(orders, texts, fill=_PAPER, ring=[_LATE if each else _INK for each in late])
                label = f"carrier {carrier.id}"
                entries.append(Entry(label, count(len(orders), "order"), _PAPER, _INK, tuple(own)))
        return entries

    def unserved(self) -> list[Entry]:
        """Orders left over, with the reason."""
        orders = [each.order for each in self.plan.unserved]
        if not orders:
            return []
        texts = [self.hover.unserved(self.of_order[order]) for order in orders]
        own = self._dots(orders, texts, fill=_INK, ring=[_LATE] * len(orders))
        return [Entry("not served", count(len(orders), "order"), _INK, _LATE, tuple(own))]

    def hubs(self) -> None:
        """Hubs on top of everything; they cannot be switched off."""
        hubs = [hub for hub in self.drop.hubs if ("hub", hub.id) in self.spots]
        texts = [self.hover.hub(hub) for hub in hubs]
        nodes = [("hub", hub.id) for hub in hubs]
        look = {"symbol": "square", "size": 17, "color": _INK, "line": {"color": _PAPER, "width": 2.5}}
        self._add({**self._markers(nodes, texts), "marker": look, "meta": "hubs"})

    def _stops(self, trips: list[Trip], paint: str) -> list[int]:
        orders, texts, rings = [], [], []
        for number, trip in enumerate(trips, 1):
            for place, stop in enumerate(trip.stops, 1):
                outcome = self.of_order[stop.order]
                orders.append(stop.order)
                where = f"trip {number} of {len(trips)}, stop {place} of {len(trip.stops)}"
                texts.append(self.hover.stop(outcome, trip, stop, where))
                rings.append(_LATE if self.hover.late_s(outcome, stop.start_at) else _PAPER)
        return self._dots(orders, texts, fill=paint, ring=rings)

    def _dots(self, orders: list[str], texts: list[str], *, fill: str, ring: list[str]) -> list[int]:
        """A dot with a ring for each order that has coordinates."""
        known = [index for index, order in enumerate(orders) if ("order", order) in self.spots]
        markers = self._markers([("order", orders[index]) for index in known], [texts[index] for index in known])
        edge = {"color": [ring[index] for index in known], "width": 2}
        look = {"size": 11, "color": fill, "line": edge, "opacity": 1}
        return [self._add({**markers, "marker": look, "meta": "orders"})]

    def _lines(self, drawn: Iterable[list[Point]]) -> Trace:
        """Many lines as one trace, a gap between any two."""
        points = [point for line in drawn for point in (*line, (None, None))]
        x, y = [along for along, _ in points], [up for _, up in points]
        return {"mode": "lines", "x": x, "y": y, "hoverinfo": "skip"}

    def _flat(self, line: Iterable[Place]) -> list[Point]:
        return [self.flat.xy(place) for place in line]

    def _markers(self, nodes: list[Node], texts: list[str]) -> Trace:
        places = [self.flat.xy(self.spots[node]) for node in nodes]
        x, y = [along for along, _ in places], [up for _, up in places]
        return {"mode": "markers", "x": x, "y": y, "hoverinfo": "text", "hovertext": texts}

    def _add(self, trace: Trace) -> int:
        self.traces.append({"type": "scatter", "showlegend": False, **trace})
        return len(self.traces) - 1


def _entry(courier: Courier, trips: list[Trip], paint: str, own: list[int]) -> Entry:
    stops = sum(len(trip.stops) for trip in trips)
    metres = sum(trip.metres for trip in trips)
    work = f"{count(len(trips), 'trip')} · {count(stops, 'stop')} · {distance(metres)}"
    return Entry(courier.id, work, paint, paint, tuple(own), group=courier.home)


def _figures(drop: Drop, plan: Plan, told: tuple[Outcome, ...]) -> str:
    promised = [each for each in told if each.deliver_due]
    kept = [each for each in promised if each.served and not each.arrives_late_s]
    served = sum(each.served for each in told)
    rows = (
        (figure(plan.cost.total, drop.currency), f"{drop.currency}, everything included"),
        (f"{served:,} of {len(told):,}", "orders served"),
        (share(len(kept), len(promised)), "delivered in time"),
    )
    return "".join(f"<div><b>{escape(value)}</b><span>{escape(what)}</span></div>" for value, what in rows)


def _inert(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _script() -> str:
    """plotly.js from the plotly wheel, safe inside a script element."""
    text = files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    return text.replace("</script", "<\\/script")
