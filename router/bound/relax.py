"""The Lagrangian relaxation: what orders share is bought at prices, and every order is served at its own best.

At any prices of zero or more the value is a proved lower bound, since whoever plans within the limits pays no more for
what is shared than is given back for all of it. Prices are raised by deflected subgradients (Held, Karp 1971; Camerini,
Fratta, Maffioli 1975), so that each step is one look at every item and no program has to be solved.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from router.bound.fees import Floats, Ints
from router.bound.stocks import Stocks
from router.bound.teams import Supply
from router.bound.wants import Flags, Wants
from router.bound.ways import Ways

SPAN_S = 600.0
"""Seconds of a courier that are priced together, so that all prices are of one size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Minor units, none below zero: a unit of a stock row, a line (hubs, waves), a place of a collection, ``SPAN_S``
    seconds and a trip of a courier of a team."""

    unit: Floats
    line: Floats
    place: Floats
    span: Floats
    trip: Floats

    @property
    def by_wave(self) -> Floats:
        """A line (hubs, waves and none)."""
        return np.concatenate([self.line, np.zeros((len(self.line), 1))], axis=1)

    def flat(self) -> Floats:
        """All of them in one row."""
        return np.concatenate([self.unit, self.line.ravel(), self.place, self.span, self.trip])

    def shaped(self, flat: Floats) -> Prices:
        """The prices that ``flat`` spells, shaped like these."""
        ends = np.cumsum([self.unit.size, self.line.size, self.place.size, self.span.size])
        unit, line, place, span, trip = np.split(flat, ends)
        return Prices(unit=unit, line=line.reshape(self.line.shape), place=place, span=span, trip=trip)


def _counted(at: Ints, weights: Floats, size: int) -> Floats:
    return np.bincount(at, weights=weights, minlength=size).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of everything there is, in the shape of prices, never more than could be asked for; contingency beside
    the ordinary units, and its fee."""

    most: Prices
    beside: Floats
    fee: Floats
    supplies: tuple[Supply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A bound (without what is settled), the sizes of its terms added up, by how much each row is overdrawn, and how
    often each item is opened (half, where it is one of two)."""

    bound: float
    size: float
    excess: Prices
    opened: Floats


class Relaxation:
    """The orders of a drop at prices. ``at`` is pure; everything that prices do not change is laid out once."""

    def __init__(self, asked: Wants, held: Stocks, found: Ways, supplies: list[Supply], split: float) -> None:
        self.ways, self.asked, self.split = found, asked, split
        # One row for each order that has any item: its items lie together.
        self.orders, self.first = np.unique(found.order, return_index=True)
        self.own = np.repeat(np.arange(len(self.orders)), np.diff(np.append(self.first, len(found.order))))
        self.entry = np.argsort(found.line, kind="stable")
        self.lines, self.first_entry = np.unique(found.line[self.entry], return_index=True)
        order = np.array([each.order for each in asked.lines], dtype=np.int64)
        wanted = np.array([each.units for each in asked.lines], dtype=np.float64)
        self.line_at = np.searchsorted(self.orders, order[self.lines])
        units = np.bincount(self.line_at, weights=wanted[self.lines], minlength=len(self.orders))
        self.divides = units > 1
        bare = asked.bare[self.orders]
        self.one_fee = np.where(bare, 0.0, split * asked.paid_split[self.orders])
        self.two_fee = np.where(bare, 0.0, split * (1 + asked.paid_split[self.orders]))
        self.room = _room(asked, held, found, supplies, float(units.sum()), len(self.lines))

    def charging(self, money: Floats) -> Relaxation:
        """The same orders, where a visit costs ``money`` and nothing by the second or trip."""
        made = copy(self)
        none = np.zeros(money.shape)
        made.ways = replace(self.ways, money=money, seconds=none, share=none)
        return made

    def start(self) -> Prices:
        """Prices of nothing for what is shared, but couriers' time at what spreads their fixed cost over it."""
        most = self.room.most
        span = np.full(most.span.shape, np.inf)
        for each in self.room.supplies:
            own = max(0.0, each.first - each.otherwise) / max(1, each.duty_s) * SPAN_S
            span[list(each.teams)] = np.minimum(span[list(each.teams)], own)
        zero = most.shaped(np.zeros(most.flat().shape))
        return replace(zero, span=np.where(np.isfinite(span), span, 0.0))

    def costs(self, prices: Prices) -> tuple[Floats, Floats, Ints, Floats]:
        """At these prices: what an item costs to open (2, items), its picking fee in all, in which wave, each entry."""
        found = self.ways
        team, place = np.maximum(found.team, 0), np.maximum(found.collection, 0)
        opened = found.money + found.parcel
        if len(prices.span):
            extra = found.seconds * (prices.span[team] / SPAN_S) + found.share * prices.trip[team]
            opened = opened + np.where(found.team >= 0, extra, 0.0)
        if len(prices.place):
            opened = opened + np.where(found.collection >= 0, prices.place[place], 0.0)
        picking = found.many[:, None] * prices.by_wave[found.hub] + found.late
        wave = picking.argmin(axis=1)
        unit = np.append(prices.unit, 0.0)
        return opened, picking[np.arange(len(wave)), wave], wave, found.fee + found.units * unit[found.row]

    def at(self, prices: Prices) -> Value:
        """The bound at these prices, and what the orders would take of everything."""
        found = self.ways
        cost, picking, wave, entry = self.costs(prices)
        leaving, size = self.asked.leaving[self.orders], len(found.order)
        one = cost[0] + picking + np.bincount(found.item, weights=entry, minlength=size)
        one = np.where(found.whole, one, np.inf)
        whole, who = self.least(one)
        whole = whole + self.one_fee
        parts, pair, chosen = self._in_two(cost[1], entry + (picking / found.many)[found.item])
        best = np.minimum(np.minimum(whole, parts), leaving)
        best = np.where(np.isfinite(best), best, 0.0)
        served_whole, served_parts = (whole <= best) & (whole < leaving), (parts < whole) & (parts < leaving)
        uses = self._uses(who[served_whole], pair[:, served_parts].ravel(), chosen[served_parts[self.line_at]], wave)
        there, size_of = given(self.room, prices)
        excess = prices.shaped(uses.flat() - there.flat())
        opened = np.zeros(len(found.order))
        opened[who[served_whole]] = 1.0
        np.add.at(opened, pair[:, served_parts].ravel(), 0.5)
        return Value(
            bound=float(best.sum()) + size_of[0],
            size=float(np.abs(best).sum()) + size_of[1],
            excess=excess,
            opened=opened,
        )

    def least(self, cost: Floats) -> tuple[Floats, Ints]:
        """The least cost of an order's items, and which item it is."""
        if not len(cost):
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        least = np.minimum.reduceat(cost, self.first)
        hit = np.flatnonzero(cost == least[self.own])
        _, index = np.unique(self.own[hit], return_index=True)
        return least, hit[index]

    def _in_two(self, opened: Floats, entry: Floats) -> tuple[Floats, Ints, Ints]:
        """At least two parcels by two ways (a collection may take both): the cheapest two, every line at its cheapest.

        Returns the cost of each order, its two items (2, orders), and the entry chosen for each line.
        """
        first, who = self.least(opened)
        others = opened.copy()
        others[who[self.ways.team[who] >= 0]] = np.inf
        second, other = self.least(others)
        lines, chosen = self.lines_alone(entry)
        cost = np.where(self.divides, first + second + self.two_fee + lines, np.inf)
        return cost, np.stack([who, other]), chosen

    def lines_alone(self, entry: Floats) -> tuple[Floats, Ints]:
        """The cost of each order's lines, every line at its cheapest, and the entry chosen for each line."""
        ranked = entry[self.entry]
        if not len(ranked):
            return np.zeros(len(self.orders)), np.zeros(0, dtype=np.int64)
        least = np.minimum.reduceat(ranked, self.first_entry)
        group = np.repeat(np.arange(len(self.lines)), np.diff(np.append(self.first_entry, len(ranked))))
        hit = np.flatnonzero(ranked == least[group])
        _, index = np.unique(group[hit], return_index=True)
        return _counted(self.line_at, least, len(self.orders)), self.entry[hit[index]]

    def _uses(self, whole: Ints, parts: Ints, chosen: Ints, wave: Ints) -> Prices:
        """What is taken of everything by the items chosen whole, the items opened in part, and their entries."""
        found, most = self.ways, self.room.most
        picked = np.zeros(len(found.order), dtype=np.bool_)
        picked[whole] = True
        entries = np.concatenate([np.flatnonzero(picked[found.item]), chosen])
        items = np.concatenate([whole, parts])
        row_of = np.repeat([0, 1], [len(whole), len(parts)])
        taken = entries[found.row[entries] >= 0]
        unit = _counted(found.row[taken], found.units[taken], len(most.unit))
        line = np.zeros((most.line.shape[0], most.line.shape[1] + 1))
        of = found.item[entries]
        np.add.at(line, (found.hub[of], wave[of]), 1.0)
        place = np.zeros(len(most.place))
        carried = items[found.collection[items] >= 0]
        np.add.at(place, found.collection[carried], 1.0)
        driven = found.team[items] >= 0
        team, drive, row_of = found.team[items[driven]], items[driven], row_of[driven]
        span = _counted(team, found.seconds[row_of, drive] / SPAN_S, len(most.span))
        trip = _counted(team, found.share[row_of, drive], len(most.trip))
        return Prices(unit=unit, line=line[:, :-1], place=place, span=span, trip=trip)


def _room(asked: Wants, held: Stocks, found: Ways, supplies: list[Supply], parcels: float, lines: int) -> Room:
    taken: Flags = found.row >= 0
    demand = np.zeros(len(held.units))
    for_line = np.unique(np.stack([found.row[taken], found.line[taken]]), axis=1)
    units = np.array([each.units for each in asked.lines], dtype=np.float64)
    np.add.at(demand, for_line[0], units[for_line[1]])
    teams = 1 + max((team for each in supplies for team in each.teams), default=-1)
    most = Prices(
        unit=np.minimum(held.units, demand),
        line=np.minimum(held.wave_lines, parcels),
        place=np.minimum(held.places, parcels),
        span=np.zeros(teams),
        trip=np.zeros(teams),
    )
    bounded = tuple(replace(each, trips=min(each.trips, parcels)) for each in supplies)
    return Room(most=most, beside=np.minimum(held.beside, demand), fee=held.fee, supplies=bounded)


def given(room: Room, prices: Prices) -> tuple[Prices, tuple[float, float]]:
    """What there is of everything at these prices, what it is worth as a (negative) term, and the size of all terms."""
    most = room.most
    wanted = prices.unit > room.fee
    terms = [
        -prices.unit * most.unit,
        -np.where(wanted, prices.unit - room.fee, 0.0) * room.beside,
        -(prices.line * most.line).ravel(),
        -prices.place * most.place,
    ]
    span, trip = np.zeros(len(most.span)), np.zeros(len(most.trip))
    days = []
    for each in room.supplies:
        own = np.array(each.teams)
        best, most_trips = own[prices.span[own].argmax()], own[prices.trip[own].argmax()]
        day = each.first - prices.span[best] * each.duty_s / SPAN_S - prices.trip[most_trips] * each.trips
        if day < each.otherwise:
            span[best] += each.duty_s / SPAN_S
            trip[most_trips] += each.trips
        days.append(min(day, each.otherwise))
    terms.append(np.array(days))
    there = Prices(unit=most.unit + np.where(wanted, room.beside, 0.0), line=most.line, place=most.place, span=span,
                   trip=trip)  # fmt: skip
    return there, (float(sum(term.sum() for term in terms)), float(sum(np.abs(term).sum() for term in terms)))
