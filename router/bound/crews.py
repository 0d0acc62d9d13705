"""A team's trips at prices: what each visit is charged, so that no trip's visits are charged more than it costs.

A trip's cost, less premiums that its visits pay in advance, is shared among them by how much of the trip they take;
each visit pays the smallest such share over all walks through its door. Whatever the premiums, no trip is overcharged:
each of its visits pays at most its share in that very trip. Premiums move the load to those visits that can bear it.
Source: the bounding procedure H1 of Baldacci, Christofides, Mingozzi 2008, there for one depot.
"""

from __future__ import annotations

import numpy as np

from router.bound.fees import Floats, Ints
from router.bound.legs import Legs
from router.bound.teams import Team
from router.bound.tours import Ground, Labels, Through, labels, stops, through
from router.bound.wants import Wants
from router.bound.ways import Ways

ROOM = 160
"""Into how many parts a trip's capacity is cut; visits are rounded down to whole parts."""

COUNTED = 0.3
"""Most of the capacity that counting visits may take up, so that each takes a part at least."""


class Crew:
    """One team's part of the drop, by node: an item of the team. doors: all orders' doors, from ``legs.doors``."""

    def __init__(self, number: int, team: Team, found: Ways, asked: Wants, legs: Legs, doors: Floats) -> None:
        self.team = team
        self.items = np.flatnonzero(found.team == number)
        order = found.order[self.items]
        self.first, self.last = legs.to[:, team.hub, order], legs.home[:, order]
        self.between = doors[:, order[:, None], order[None, :]]
        self.service_s = asked.service_s[order].astype(np.float64)
        self.out: Labels | None = None
        self.back: Labels | None = None
        self.joined: Through | None = None
        self._measure(number, found, asked, legs, order)

    def _measure(self, number: int, found: Ways, asked: Wants, legs: Legs, order: Ints) -> None:
        """Chooses what limits a trip, and how much of it a visit takes: the whole order, or its lightest unit."""
        team, nodes = self.team, len(self.items)
        at = np.full(len(found.order), -1, dtype=np.int64)
        at[self.items] = np.arange(nodes)
        own = np.flatnonzero(at[found.item] >= 0)
        node, line, units = at[found.item[own]], found.line[own], found.units[own]
        self.divides = np.bincount(node, weights=units, minlength=nodes) > 1
        edge_s = 0.5 * np.minimum(self.first[1], legs.came[1, order])
        edge_s = edge_s + 0.5 * np.minimum(self.last[1], legs.gone[1, order]) + self.service_s
        spent_s = max(1.0, team.duty_s - team.load_s - 0.5 * float(legs.to[1, team.hub].min() + legs.home[1].min()))
        timed = np.minimum(1.0, edge_s / spent_s)
        shares = [np.stack([timed, timed])]
        for name, most in (("grams", team.grams), ("millilitres", team.millilitres)):
            if 0 < most < np.inf:
                weight = np.array([getattr(each, name) for each in asked.lines], dtype=np.float64)[line] / most
                lightest = np.full(nodes, np.inf)
                np.minimum.at(lightest, node, weight)
                shares.append(np.stack([np.bincount(node, weights=weight * units, minlength=nodes), lightest]))
        # No more stops than parcels, than orders, than the smallest visits that fit together.
        most_stops = min(team.parcels, float(legs.home.shape[1]), *(_at_most(share[1]) for share in shares))
        most_stops = max(1.0, most_stops)
        share = max(shares, key=lambda each: float(each[0].sum()))
        if float(share[0].sum()) > nodes / most_stops:
            self.room = max(ROOM, int(np.ceil(most_stops / COUNTED)))
            free = self.room - most_stops
            self.size = 1 + np.floor(np.minimum(free * share - 1e-9, 2.0 * self.room)).astype(np.int64)
            self.size = np.maximum(1, self.size)
        else:
            self.room, self.size = int(most_stops), np.ones((2, nodes), dtype=np.int64)

    def charges(self, premium: Floats, second: float, trip: float) -> Floats:
        """Minor units that each visit pays, (2, nodes): of a whole order, of a part. Below zero where premiums exceed
        what some trip costs.

        premium: (nodes,), what a visit pays in advance, zero or more; of a part, as much less as it is smaller. second,
        trip: minor units for a second and a trip beyond what the courier is paid.
        """
        team = self.team
        rate = team.per_s + second
        paid = premium * np.minimum(1.0, self.size / self.size[0])
        served = self.service_s * rate
        gain = paid - served
        gain[1] = np.where(self.divides, gain[1], -np.inf)
        ground = Ground(
            first=_cost(self.first, team.per_m, rate),
            last=_cost(self.last, team.per_m, rate),
            between=_cost(self.between, team.per_m, rate),
            size=self.size,
            gain=gain,
            room=self.room,
        )
        self.out, self.back = labels(ground), labels(ground.turned())
        self.joined = through(self.out, self.back)
        beside = team.load_s * rate + trip
        found = np.empty((2, len(self.items)))
        self.fill = np.zeros((2, len(self.items)), dtype=np.int64)
        fills = np.arange(self.room + 1)[:, None]
        for variant in range(2):
            size = self.size[variant]
            net = self.joined.cost + (served + beside - paid[variant])
            each = np.where(fills + size <= self.room, net / (fills + size), np.inf)
            self.fill[variant] = each.argmin(axis=0)
            found[variant] = paid[variant] + size * each.min(axis=0, initial=np.inf)
        return np.where(self.divides | (np.arange(2)[:, None] == 0), found, found[0])

    def taken(self, chosen: Floats) -> tuple[Floats, float, float]:
        """What is taken if every chosen node buys its share of the walk that set its charge: visits, seconds, trips."""
        total, seconds, trips = np.zeros(len(self.items)), 0.0, 0.0
        if self.out is None or self.back is None or self.joined is None:
            return total, seconds, trips
        for node in np.flatnonzero(chosen > 0).tolist():
            fill = int(self.fill[0, node])
            if not np.isfinite(self.joined.cost[fill, node]):
                continue
            ahead, mark = int(self.joined.ahead[fill, node]), int(self.joined.ranks[fill, node])
            before = stops(self.out, self.size, node, ahead, mark // 2)
            after = stops(self.back, self.size, node, fill - ahead, mark % 2)
            walk = np.array([*reversed(before), node, *after], dtype=np.int64)
            share = float(chosen[node] * self.size[0, node] / (fill + self.size[0, node]))
            way_s = self.first[1, walk[0]] + self.between[1, walk[:-1], walk[1:]].sum() + self.last[1, walk[-1]]
            np.add.at(total, walk, share)
            seconds += share * float(way_s + self.service_s[walk].sum() + self.team.load_s)
            trips += share
        return total, seconds, trips


def _cost(way: Floats, per_m: float, per_s: float) -> Floats:
    known = np.isfinite(way[1])
    found: Floats = np.where(known, per_m * np.where(known, way[0], 0.0) + per_s * np.where(known, way[1], 0.0), np.inf)
    return found


def _at_most(shares: Floats) -> float:
    """How many visits fit into one trip at most, if each takes at least its share of it."""
    return float(np.count_nonzero(np.cumsum(np.sort(shares)) <= 1 + 1e-9))
