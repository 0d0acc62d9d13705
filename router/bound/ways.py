"""Every way out for every order, with the least that it is sure to cost.

A way is a team of couriers at a hub, or a collection. Where an order goes by a team, its visit is charged a share of
the trip that makes it, such that the visits of any trip together are charged no more than the trip costs:

- *edges*: half of the cheapest leg in and half of the cheapest leg out (every leg of a trip is counted by its two ends,
  the ways from and to the hub by halves), and a share of the other halves;
- *radial*: a share of the shortest way out to the door and back to any hub, which every trip to it makes at least.

A share is what the visit takes of something that a trip has only so much of: grams, millilitres, parcels, or seconds.
Sources: half-edges, the degree bound of Christofides, Mingozzi, Toth 1981; the radial share, Haimovich, Rinnooy Kan
1985; docs/model.md, "The lower bound".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from router.bound.fees import DEAR, Floats, Ints
from router.bound.legs import Legs
from router.bound.stocks import Stocks
from router.bound.teams import Team
from router.bound.wants import BARE, NEVER_S, Flags, Wants
from router.model import Carrier, Collection, Drop
from router.price import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Items, sorted by order: an order by a way. Entries: a line of the order by that item.

    order, hub, team, collection: by item; of the last two one is −1. money, seconds, share: (2, items), what a visit
    costs, row 0 if it hands over the whole order, row 1 if perhaps only some of it: minor units, seconds of a courier
    (priced beyond ``money`` where these are scarce), share of a trip. parcel: minor units for one parcel. whole: all
    lines may go by it. late: (items, waves + 1), fee if picked then, ``inf`` for never; the last column is for parcels
    that are picked already. many: lines of its order. item, line, row, units, fee, has: by entry; row −1 takes no
    stock; has: the share of the line that lies there.
    """

    order: Ints
    hub: Ints
    team: Ints
    collection: Ints
    money: Floats
    seconds: Floats
    share: Floats
    parcel: Floats
    whole: Flags
    late: Floats
    many: Floats
    item: Ints
    line: Ints
    row: Ints
    units: Floats
    fee: Floats
    has: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """The lines of ``Wants`` in columns. has: (lines, hubs), units that the hub could give, none where it may not."""

    order: Ints
    sku: Ints
    units: Floats
    grams: Floats
    millilitres: Floats
    hub: Ints
    ready_s: Ints
    has: Floats
    many: Ints


def ways(drop: Drop, asked: Wants, held: Stocks, teams: list[Team], legs: dict[str, Legs]) -> tuple[Ways, Flags]:
    """All items, and which orders nothing can serve as a whole, alone in the drop. O(lines × ways × waves)."""
    lines = _lines(drop, asked, held)
    parts = [_team_items(asked, held, lines, number, team, legs[team.profile]) for number, team in enumerate(teams)]
    hub = {each.id: index for index, each in enumerate(drop.hubs)}
    rows = [(carrier, each) for carrier in drop.carriers for each in carrier.collections]
    start = instant(drop.plan_at)
    parts += [
        _carrier_items(asked, held, lines, number, hub[each.hub], carrier, each, start)
        for number, (carrier, each) in enumerate(rows)
        if held.places[number] > 0
    ]
    found = _joined(parts, drop, asked, held, lines)
    reached = np.zeros(lines.has.shape, dtype=np.bool_)
    reached[found.line, found.hub[found.item]] = True
    short = (lines.has * reached).sum(axis=1) < lines.units
    lost = np.zeros(len(drop.orders), dtype=np.bool_)
    lost[lines.order[short]] = True
    return _without(found, lost), lost


def _lines(drop: Drop, asked: Wants, held: Stocks) -> _Lines:
    all_ = asked.lines
    order, sku = (np.array([getattr(each, name) for each in all_], dtype=np.int64) for name in ("order", "sku"))
    units = np.array([each.units for each in all_], dtype=np.float64)
    home = np.array([each.hub for each in all_], dtype=np.int64)
    total = np.append(held.units + held.beside, 0.0)
    none = np.full((len(all_), len(drop.hubs)), -1, dtype=np.int64)
    row = held.row[:, np.maximum(sku, 0)].T if len(drop.catalog) else none
    has = np.minimum(total[row], units[:, None])
    may = np.ones((len(drop.orders), len(drop.hubs)), dtype=np.bool_)
    hub = {each.id: index for index, each in enumerate(drop.hubs)}
    for at, each in enumerate(drop.orders):
        if each.hubs is not None:
            may[at] = False
            may[at, [hub[name] for name in each.hubs]] = True
    has = np.where(may[order], has, 0.0)
    bare = np.flatnonzero(sku == BARE)
    has[bare] = 0.0
    has[bare, home[bare]] = 1.0
    return _Lines(
        order=order,
        sku=sku,
        units=units,
        grams=np.array([each.grams for each in all_], dtype=np.float64),
        millilitres=np.array([each.millilitres for each in all_], dtype=np.float64),
        hub=home,
        ready_s=np.array([min(each.ready_s, NEVER_S) for each in all_], dtype=np.int64),
        has=has,
        many=np.bincount(order, minlength=len(drop.orders)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The items of one way; ``lines`` are those that it may take, ``spot`` their items within the part."""

    order: Ints
    hub: int
    team: int
    collection: int
    money: Floats
    seconds: Floats
    share: Floats
    fits: Flags
    late: Floats
    lines: Ints
    spot: Ints

    def kept(self, keep: Flags) -> _Part:
        """The part without the items that are not to be kept."""
        own = keep[self.spot]
        return _Part(
            order=self.order[keep],
            hub=self.hub,
            team=self.team,
            collection=self.collection,
            money=self.money[:, keep],
            seconds=self.seconds[:, keep],
            share=self.share[:, keep],
            fits=self.fits[keep],
            late=self.late[keep],
            lines=self.lines[own],
            spot=(np.cumsum(keep) - 1)[self.spot[own]],
        )


def _sums(spot: Ints, values: Floats, size: int) -> Floats:
    return np.bincount(spot, weights=values, minlength=size).astype(np.float64)


def _least(spot: Ints, values: Floats, size: int) -> Floats:
    found = np.full(size, np.inf)
    np.minimum.at(found, spot, values)
    return found


def _team_items(asked: Wants, held: Stocks, lines: _Lines, number: int, team: Team, legs: Legs) -> _Part:
    h = team.hub
    able = np.array([each.handling <= team.handling for each in asked.lines], dtype=np.bool_)
    able &= (lines.has[:, h] > 0) & (lines.grams <= team.grams) & (lines.millilitres <= team.millilitres)
    able &= team.parcels >= 1
    chosen = np.flatnonzero(able)
    order, spot = np.unique(lines.order[chosen], return_inverse=True)
    size = len(order)
    out, back, service_s = legs.out[:, h, order], legs.back[:, order], asked.service_s[order].astype(np.float64)
    fits = np.isfinite(out[1] + back[1]) & (team.load_s + out[1] + service_s + back[1] <= team.duty_s)
    late = np.full((size, held.wave_to_s.shape[1] + 1), np.inf)
    ready_s = np.full(size, NEVER_S, dtype=np.int64)
    np.minimum.at(ready_s, spot, lines.ready_s[chosen])
    for w in range(late.shape[1]):
        start_s, end_s = _wave(asked, held, h, w, order, ready_s)
        ships_s: Ints = np.maximum(end_s, team.opens_s) + team.load_s
        reach_s = np.where(fits, out[1], 0.0).astype(np.int64)
        arrives_s = np.maximum(ships_s + reach_s, asked.opens_s[order])
        ok = fits & (start_s >= asked.cleared_s[order]) & (end_s < NEVER_S)
        ok &= arrives_s + service_s + np.where(fits, back[1], 0.0) <= team.closes_s
        late[ok, w] = asked.late(order, ships_s, arrives_s)[ok]
    keep: Flags = np.isfinite(late).any(axis=1) & np.isfinite(legs.to[1, h].min() + legs.home[1].min())
    weights = (lines.grams[chosen], lines.millilitres[chosen])
    grams, millilitres = (
        np.stack([_sums(spot, weight * lines.units[chosen], size), _least(spot, weight, size)]) for weight in weights
    )
    part = _Part(
        order=order, hub=h, team=number, collection=-1, fits=np.ones(size, dtype=np.bool_), late=late,
        money=grams, seconds=millilitres, share=np.zeros((2, size)), lines=chosen, spot=spot,
    ).kept(keep)  # fmt: skip
    return _charged(part, team, legs, asked)


def _charged(part: _Part, team: Team, legs: Legs, asked: Wants) -> _Part:
    """The part with its charges; until here ``money`` and ``seconds`` hold grams and millilitres."""
    order, grams, millilitres = part.order, part.money, part.seconds
    size = len(order)
    if not size:
        return part
    to, home = legs.to[:, team.hub, order], legs.home[:, order]
    edge = 0.5 * np.minimum(to, legs.came[:, order]) + 0.5 * np.minimum(home, legs.gone[:, order])
    # A trip may begin and end at any order: a picked parcel may lie here of one that this part does not list.
    stem = 0.5 * legs.to[:, team.hub].min(axis=1) + 0.5 * legs.home.min(axis=1)
    service_s = asked.service_s[order].astype(np.float64)
    spent_s = np.maximum(1.0, team.duty_s - team.load_s - stem[1])
    alike = np.ones((2, size))
    most = max(1.0, min(team.parcels, legs.home.shape[1]))
    shares = [alike / most, alike * np.minimum(1.0, (edge[1] + service_s) / spent_s)]
    shares += [
        load / limit for load, limit in ((grams, team.grams), (millilitres, team.millilitres)) if 0 < limit < np.inf
    ]
    share = max(shares, key=lambda each: float(each[0].sum()))
    far = legs.out[:, team.hub, order] + legs.back[:, order]
    by_edges = edge[:, None, :] + share[None] * stem[:, None, None]
    by_radius = share[None] * far[:, None, :]

    def priced(way: Floats) -> Floats:
        worth: Floats = team.per_m * way[0] + team.per_s * way[1]
        return worth

    way = max((by_edges, by_radius), key=lambda each: float(priced(each)[0].sum()))
    seconds = way[1] + service_s + share * team.load_s
    return _Part(
        order=order, hub=part.hub, team=part.team, collection=-1, fits=part.fits, late=part.late,
        money=team.per_m * way[0] + team.per_s * seconds, seconds=seconds, share=share,
        lines=part.lines, spot=part.spot,
    )  # fmt: skip


def _wave(asked: Wants, held: Stocks, h: int, w: int, order: Ints, ready_s: Ints) -> tuple[Ints, Ints]:
    """Start and end of a wave for each of the orders; the one beyond the last stands for picked parcels."""
    if w == held.wave_to_s.shape[1]:
        end_s = np.where(asked.bare[order], ready_s, NEVER_S)
        return np.full(len(order), NEVER_S, dtype=np.int64), end_s
    end_s = np.where(asked.bare[order], NEVER_S, held.wave_to_s[h, w])
    return np.full(len(order), held.wave_from_s[h, w], dtype=np.int64), end_s


def _carrier_items(
    asked: Wants, held: Stocks, lines: _Lines, number: int, h: int, carrier: Carrier, row: Collection, start: int
) -> _Part:
    limit = np.array([min(step.up_to_grams, 2**53) for step in carrier.tariff], dtype=np.float64)
    amounts = np.array([min(step.amount, DEAR) for step in carrier.tariff], dtype=np.float64)
    later = np.minimum.accumulate(amounts[::-1])[::-1]
    has = frozenset(carrier.handling)
    able = np.array([each.handling <= has for each in asked.lines], dtype=np.bool_)
    able &= (lines.has[:, h] > 0) & (lines.grams <= limit[-1])
    chosen = np.flatnonzero(able)
    order, spot = np.unique(lines.order[chosen], return_inverse=True)
    size, bare = len(order), asked.bare[order]
    ready_s = np.full(size, NEVER_S, dtype=np.int64)
    np.minimum.at(ready_s, spot, lines.ready_s[chosen])
    at_s, there_s = instant(row.at) - start, instant(row.delivered_at) - start
    fee = asked.late(order, np.full(size, at_s), np.full(size, there_s))
    late = np.full((size, held.wave_to_s.shape[1] + 1), np.inf)
    for w in range(late.shape[1]):
        start_s, end_s = _wave(asked, held, h, w, order, ready_s)
        ok = (start_s >= asked.cleared_s[order]) & (end_s <= at_s)
        late[ok, w] = fee[ok]
    grams = _sums(spot, lines.grams[chosen] * lines.units[chosen], size)
    step = np.searchsorted(limit, grams, side="left")
    each_own = amounts[np.searchsorted(limit, lines.grams[chosen], side="left")]
    money = np.stack(
        [
            np.where(bare, _sums(spot, each_own, size), amounts[np.minimum(step, len(limit) - 1)]),
            later[np.searchsorted(limit, _least(spot, lines.grams[chosen], size), side="left")],
        ]
    )
    none, keep = np.zeros((2, size)), np.asarray(np.isfinite(late).any(axis=1), dtype=np.bool_)
    return _Part(
        order=order, hub=h, team=-1, collection=number, money=money, seconds=none, share=none,
        fits=bare | (step < len(limit)), late=late, lines=chosen, spot=spot,
    ).kept(keep)  # fmt: skip


def _joined(parts: list[_Part], drop: Drop, asked: Wants, held: Stocks, lines: _Lines) -> Ways:
    first = np.cumsum([0, *(len(part.order) for part in parts)])
    waves = held.wave_to_s.shape[1] + 1

    def flat(name: str, shape: tuple[int, ...] = (0,), axis: int = 0) -> Floats:
        return np.concatenate([np.zeros(shape), *(getattr(part, name) for part in parts)], axis=axis)

    def spread(name: str) -> Ints:
        return np.repeat([getattr(part, name) for part in parts], np.diff(first)).astype(np.int64)

    order, hub = flat("order").astype(np.int64), spread("hub")
    rank = np.argsort(order, kind="stable")
    back = np.argsort(rank)
    spots = [part.spot + low for part, low in zip(parts, first.tolist(), strict=False)]
    item = back[np.concatenate([np.zeros(0), *spots]).astype(np.int64)]
    line = flat("lines").astype(np.int64)
    order, hub = order[rank], hub[rank]
    bare = asked.bare[order]
    by_line = np.array([each.cost_per_line for each in drop.hubs], dtype=np.float64)
    by_parcel = np.array([each.cost_per_parcel for each in drop.hubs], dtype=np.float64)
    sku, units = lines.sku[line], lines.units[line]
    enough = lines.has[line, hub[item]] >= units
    full = np.bincount(item, weights=enough, minlength=len(order)) == lines.many[order]
    row = held.row[hub[item], np.maximum(sku, 0)] if len(drop.catalog) else np.full(len(item), -1, dtype=np.int64)
    return Ways(
        order=order,
        hub=hub,
        team=spread("team")[rank],
        collection=spread("collection")[rank],
        money=flat("money", (2, 0), 1)[:, rank],
        seconds=flat("seconds", (2, 0), 1)[:, rank],
        share=flat("share", (2, 0), 1)[:, rank],
        parcel=np.where(bare, 0.0, np.minimum(by_parcel, DEAR)[hub] if len(by_parcel) else 0.0),
        whole=full & (flat("fits")[rank] > 0),
        late=flat("late", (0, waves))[rank],
        many=lines.many[order].astype(np.float64),
        item=item,
        line=line,
        row=np.where(sku == BARE, -1, row),
        units=units,
        fee=np.where(sku == BARE, 0.0, np.minimum(by_line, DEAR)[hub[item]] if len(by_line) else 0.0),
        has=np.minimum(1.0, lines.has[line, hub[item]] / units),
    )


def _without(found: Ways, lost: Flags) -> Ways:
    """The ways of the orders that are not lost."""
    keep = ~lost[found.order]
    own = keep[found.item]
    by_item = ("order", "hub", "team", "collection", "parcel", "whole", "late", "many")
    by_entry = ("line", "row", "units", "fee", "has")
    return Ways(
        **{name: getattr(found, name)[keep] for name in by_item},
        **{name: getattr(found, name)[:, keep] for name in ("money", "seconds", "share")},
        **{name: getattr(found, name)[own] for name in by_entry},
        item=(np.cumsum(keep) - 1)[found.item[own]],
    )
