"""Which hubs and waves could serve an order, how, and at what expected price: what an allocation chooses from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from router.allocation.ledger import Ledger, Lines
from router.allocation.outlook import NEVER, Ints, Load, at_hubs, kinds_of, mask, outlook
from router.model import Courier, Drop, Order, named
from router.price import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way out of a hub: by courier (``collection`` is None) or by a collection, in minor units.

    ``work_s`` is the courier time it would take. ``grams``, ``millilitres`` are the most one parcel may weigh.
    """

    collection: str | None
    cost: int
    work_s: int
    grams: int
    millilitres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A hub and a wave that can pick at least one unit: ``units`` of each line of the order, at most as wanted."""

    hub: str
    wave: str
    units: tuple[int, ...]
    cost_per_parcel: int
    cost_per_line: int
    ways: tuple[Way, ...]

    @property
    def cheapest(self) -> int:
        """What the parcel costs without its lines."""
        return self.cost_per_parcel + min(way.cost for way in self.ways)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An order with everything that may be done with it. ``unserved`` is the price of doing nothing."""

    order: str
    lines: Lines
    grams: tuple[int, ...]
    millilitres: tuple[int, ...]
    unserved: int
    options: tuple[Option, ...]

    def whole(self, option: Option) -> bool:
        """Whether the option alone could pick the order."""
        return all(units == wanted for units, (_, wanted) in zip(option.units, self.lines, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one hub picks for an order in one wave, and the way out that the estimate favours (None: courier)."""

    order: str
    hub: str
    wave: str
    lines: Lines
    collection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """How many options are kept for an order: hubs for the whole of it, hubs for each line, waves at each hub."""

    whole: int
    line: int
    waves: int


MUST_SERVE = 1 << 40
"""Stands for the penalty of an order of which a hub has picked something already: it may not be left."""


def choices(drop: Drop, ledger: Ledger, width: Width | None, only: Collection[str] | None = None) -> tuple[Choice, ...]:
    """What may be done with each order that still has lines to pick; every option where ``width`` is None.

    only: names of the orders asked about; absent, all. Committed parcels have taken their lines; what is left of such
    an order must be served. Options are ranked by their expected price, ``router.allocation.outlook``.
    O(orders × hubs), and × waves for the hubs that are kept.
    """
    begun: dict[str, dict[str, int]] = {}
    for parcel in drop.committed.parcels:
        picked = begun.setdefault(parcel.order, {})
        for line in parcel.lines:
            picked[line.sku] = picked.get(line.sku, 0) + line.quantity
    asked = []
    for order in drop.orders:
        if only is None or order.id in only:
            picked = begun.get(order.id, {})
            left = ((sku, units - picked.get(sku, 0)) for sku, units in drop.wants(order).items())
            need = tuple((sku, units) for sku, units in left if units > 0)
            if need:
                asked.append((order, need))
    if not asked or not drop.hubs:
        return ()
    return _Survey(drop, ledger, asked, width, set(begun)).choices()


class _Survey:
    """The drop by index: ``units[i][h]`` are the units of each line of order i at hub h."""

    def __init__(
        self,
        drop: Drop,
        ledger: Ledger,
        asked: Sequence[tuple[Order, Lines]],
        width: Width | None,
        begun: set[str],
    ) -> None:
        self.drop, self.ledger, self.width, self.begun = drop, ledger, width, begun
        self.orders = [order for order, _ in asked]
        self.needs = [need for _, need in asked]
        self.skus = {sku.sku: sku for sku in drop.catalog}
        self.kinds = kinds_of(drop)
        self.bits = {sku.sku: mask(self.kinds, sku.handling) for sku in drop.catalog}
        self.units = self._units()
        self.load = self._load()
        start = instant(drop.plan_at)
        most = max(1, *(len(hub.waves) for hub in drop.hubs))
        self.ends_s = np.full((len(drop.hubs), most), NEVER, dtype=np.int64)
        self.starts_s = np.full((len(drop.hubs), most), -NEVER, dtype=np.int64)
        for h, hub in enumerate(drop.hubs):
            for w, wave in enumerate(hub.waves):
                if ledger.lines.get((hub.id, wave.id), 0) > 0:
                    self.ends_s[h, w] = instant(wave.end) - start
                    self.starts_s[h, w] = instant(wave.start) - start
        self.clear_s = np.array([instant(order.clear_at) - start for order in self.orders])
        self.collections = [(c, each, instant(each.at) - start) for c in drop.carriers for each in c.collections]
        self.at_hub = [
            [c for c, (_, each, _) in enumerate(self.collections) if each.hub == hub.id and ledger.boards(each.id)]
            for hub in drop.hubs
        ]
        self.heaviest = [self._heaviest(team) for team in at_hubs(drop)]
        self.view = outlook(drop, self.orders, self.load, self.ends_s)
        self.price = self._price()

    def _units(self) -> list[dict[int, tuple[int, ...]]]:
        holders: dict[str, list[tuple[int, int]]] = {}
        place = {hub.id: h for h, hub in enumerate(self.drop.hubs)}
        for (hub, sku), units in self.ledger.units.items():
            if units > 0:
                holders.setdefault(sku, []).append((place[hub], units))
        found = []
        for order, need in zip(self.orders, self.needs, strict=True):
            allowed = None if order.hubs is None else {place[name] for name in order.hubs}
            at: dict[int, list[int]] = {}
            for line, (sku, wanted) in enumerate(need):
                for h, units in holders.get(sku, []):
                    if allowed is None or h in allowed:
                        at.setdefault(h, [0] * len(need))[line] = min(wanted, units)
            found.append({h: tuple(units) for h, units in at.items()})
        return found

    def _load(self) -> Load:
        shape = (len(self.orders), len(self.drop.hubs))
        grams, millilitres, kinds = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        for i, (need, at) in enumerate(zip(self.needs, self.units, strict=True)):
            articles = [self.skus[sku] for sku, _ in need]
            for h, units in at.items():
                for article, count in zip(articles, units, strict=True):
                    if count:
                        grams[i, h] = min(NEVER, int(grams[i, h]) + article.grams * count)
                        millilitres[i, h] = min(NEVER, int(millilitres[i, h]) + article.millilitres * count)
                        kinds[i, h] |= self.bits[article.sku]
        return Load(grams=grams, millilitres=millilitres, kinds=kinds)

    @staticmethod
    def _heaviest(team: Sequence[Courier]) -> tuple[int, int]:
        def most(limits: list[int | None]) -> int:
            return max((NEVER if limit is None else min(limit, NEVER) for limit in limits), default=0)

        return most([c.capacity.grams for c in team]), most([c.capacity.millilitres for c in team])

    def _price(self) -> Ints:
        """The least that a parcel of each order may cost at each hub: (orders, hubs), ``NEVER`` where impossible."""
        open_s = (self.starts_s[None, :, :] >= self.clear_s[:, None, None]) & (self.ends_s < NEVER)[None, :, :]
        best = np.where(open_s, self.view.by_courier, NEVER).min(axis=2)
        ready_s = np.where(open_s, self.ends_s[None, :, :], NEVER).min(axis=2)
        for h, here in enumerate(self.at_hub):
            for c in here:
                in_time = ready_s[:, h] <= self.collections[c][2]
                best[:, h] = np.minimum(best[:, h], np.where(in_time, self.view.by_carrier[:, c], NEVER))
        handling = np.array([min(hub.cost_per_parcel, NEVER) for hub in self.drop.hubs])
        return np.where(best < NEVER, best + handling, NEVER)

    def choices(self) -> tuple[Choice, ...]:
        tiers = named(self.drop.tiers)
        made = []
        for i, (order, need) in enumerate(zip(self.orders, self.needs, strict=True)):
            articles = [self.skus[sku] for sku, _ in need]
            leaving = MUST_SERVE if order.id in self.begun else min(tiers[order.tier].unserved, MUST_SERVE)
            made.append(
                Choice(
                    order=order.id,
                    lines=need,
                    grams=tuple(article.grams for article in articles),
                    millilitres=tuple(article.millilitres for article in articles),
                    unserved=leaving,
                    options=self._options(i),
                )
            )
        return tuple(made)

    def _options(self, i: int) -> tuple[Option, ...]:
        """The options of order i, hub by hub in the drop's order, waves by time."""
        price = self.price[i].tolist()
        at = [h for h in sorted(self.units[i]) if price[h] < NEVER]
        kept = at if self.width is None else self._nearest(i, at, price, self.width)
        return tuple(option for h in kept for option in self._few(self._waves(i, h)))

    def _waves(self, i: int, h: int) -> list[Option]:
        hub, units = self.drop.hubs[h], self.units[i][h]
        found = []
        by_time = sorted(range(len(hub.waves)), key=lambda w: (int(self.ends_s[h, w]), w))
        for w in by_time:
            if self.ends_s[h, w] >= NEVER or self.starts_s[h, w] < self.clear_s[i]:
                continue
            ways = self._ways(i, h, int(self.ends_s[h, w]), int(self.view.by_courier[i, h, w]))
            if ways:
                found.append(
                    Option(
                        hub=hub.id,
                        wave=hub.waves[w].id,
                        units=units,
                        cost_per_parcel=min(hub.cost_per_parcel, NEVER),
                        cost_per_line=min(hub.cost_per_line, NEVER),
                        ways=ways,
                    )
                )
        return found

    def _ways(self, i: int, h: int, ready_s: int, by_courier: int) -> tuple[Way, ...]:
        """The courier, and the cheapest collection that the parcel would make (every one where nothing is left out)."""
        ways = []
        if by_courier < NEVER:
            grams, millilitres = self.heaviest[h]
            work_s = int(self.view.work_s[i, h])
            ways.append(Way(collection=None, cost=by_courier, work_s=work_s, grams=grams, millilitres=millilitres))
        in_time = [c for c in self.at_hub[h] if self.collections[c][2] >= ready_s]
        row = self.view.by_carrier[i]
        cheap = sorted((int(row[c]), c) for c in in_time if row[c] < NEVER)
        for cost, c in cheap if self.width is None else cheap[:1]:
            carrier, each, _ = self.collections[c]
            grams = min(carrier.tariff[-1].up_to_grams, NEVER)
            ways.append(Way(collection=each.id, cost=cost, work_s=0, grams=grams, millilitres=NEVER))
        return tuple(ways)

    def _nearest(self, i: int, at: list[int], price: list[int], width: Width) -> list[int]:
        """The cheapest hubs for the whole order and for each of its lines."""
        ranked = sorted(at, key=lambda h: (price[h], h))
        wanted = tuple(units for _, units in self.needs[i])
        kept = set([h for h in ranked if self.units[i][h] == wanted][: width.whole])
        for line, units in enumerate(wanted):
            able = [h for h in ranked if self.units[i][h][line]]
            full = [h for h in able if self.units[i][h][line] == units]
            kept.update(full[: width.line] if full else able)
        return sorted(kept)

    def _few(self, waves: list[Option]) -> list[Option]:
        """The cheapest wave, the last one that is as cheap, and the cheapest of the rest."""
        if self.width is None or len(waves) <= self.width.waves:
            return waves
        price = [option.cheapest for option in waves]
        best = min(price)
        as_cheap = [w for w, cost in enumerate(price) if cost <= best]
        rank = [as_cheap[0], as_cheap[-1], as_cheap[len(as_cheap) // 2]]
        rank += sorted(range(len(waves)), key=lambda w: (price[w], w))
        kept = sorted(list(dict.fromkeys(rank))[: self.width.waves])
        return [waves[w] for w in kept]


class CourierTime:
    """Courier seconds that hubs have left: what is picked in a wave or later must fit in what is left from its end.

    ``left_s[hub, wave]`` counts from the end of the wave; ``before[hub, wave]`` are the waves whose account a parcel
    of that wave is on: its own and those that end no later.
    """

    def __init__(self, drop: Drop, busy: float) -> None:
        start = instant(drop.plan_at)
        self.left_s: dict[tuple[str, str], int] = {}
        self.before: dict[tuple[str, str], list[str]] = {}
        for hub, team in zip(drop.hubs, at_hubs(drop), strict=True):
            for wave in hub.waves:
                ready_s = instant(wave.end) - start
                total_s = sum(_span_s(courier, ready_s, start) for courier in team)
                self.left_s[hub.id, wave.id] = int(busy * total_s)
                self.before[hub.id, wave.id] = [w.id for w in hub.waves if w.end <= wave.end]

    def allows(self, hub: str, wave: str, work_s: int) -> bool:
        """Whether the couriers of the hub have the time."""
        return all(self.left_s[hub, name] >= work_s for name in self.before[hub, wave])

    def spend(self, hub: str, wave: str, work_s: int) -> None:
        """Take the time."""
        for name in self.before[hub, wave]:
            self.left_s[hub, name] -= work_s


def _span_s(courier: Courier, ready_s: int, start: int) -> int:
    """Seconds that the courier can be on its way from ``ready_s`` on."""
    first_s = max(0, instant(courier.shift.start) - start, ready_s)
    span_s = max(0, instant(courier.shift.end) - start - first_s)
    return span_s if courier.max_duty_seconds is None else min(span_s, courier.max_duty_seconds)
