"""What a draft leaves at the hubs, and the ways to pick an order from it.

Goods and waves can be asked apart, each as a draft leaves them or as the drop states them, so that it can be told which
of them stands in an order's way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from router.draft import Draft, DraftParcel
from router.fleet import Fleet
from router.model import Order

MOST_HUBS = 3
"""Hubs that every combination of is tried; where these are too few, the order is gathered from the fullest."""

MOST_PARCELS = 8
"""An order is not cut into more parcels."""

_TRIES = 20_000
_PLENTY = 1 << 60

Part = dict[str, int]
"""Units by component SKU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One parcel that could be picked at hub number ``hub``; ``cost``: its handling and contingency, minor units."""

    parcel: DraftParcel
    hub: int
    ready_s: int
    cost: int
    grams: int
    millilitres: int
    handling: frozenset[str]


class Remainder:
    """Goods and wave lines that are left once the committed parcels and ``goods`` and ``waves`` have taken theirs.

    Without ``goods`` or ``waves`` nobody has taken any of them.
    """

    def __init__(self, fleet: Fleet, *, goods: Draft | None, waves: Draft | None) -> None:
        self.fleet, drop = fleet, fleet.drop
        self.row = {(row.hub, row.sku): row for row in drop.stock}
        self.units = {key: row.quantity + row.contingency for key, row in self.row.items()}
        self.plain = {key: row.quantity for key, row in self.row.items()}
        self.lines = {(hub.id, wave.id): wave.lines for hub in drop.hubs for wave in hub.waves}
        if goods is not None:
            for parcel in drop.committed.parcels:
                for line in parcel.lines:
                    self._take(parcel.hub, line.sku, line.quantity, line.contingency)
            for each in goods.parcels:
                for sku, units in each.lines if each.committed is None else ():
                    self._take(each.hub, sku, units, max(0, units - max(0, self.plain.get((each.hub, sku), 0))))
        if waves is not None:
            for parcel in drop.committed.parcels:
                self.lines[parcel.hub, parcel.wave] -= len(parcel.lines)
            for each in waves.parcels:
                if each.committed is None:
                    self.lines[each.hub, each.wave] -= len(each.lines)
        self.ways = {hub.id: self._limits(hub.id) for hub in drop.hubs}
        self.waves = {
            hub.id: sorted((fleet.s(wave.end), fleet.s(wave.start), wave.id) for wave in hub.waves) for hub in drop.hubs
        }

    def _take(self, hub: str, sku: str, units: int, beside: int) -> None:
        self.units[hub, sku] = self.units.get((hub, sku), 0) - units
        self.plain[hub, sku] = self.plain.get((hub, sku), 0) - units + beside

    def _limits(self, hub: str) -> set[tuple[frozenset[str], int, int]]:
        """Handling classes, grams and millilitres of whoever fetches parcels at the hub."""
        drop = self.fleet.drop
        found = {
            (
                frozenset(courier.handling),
                _PLENTY if courier.capacity.grams is None else courier.capacity.grams,
                _PLENTY if courier.capacity.millilitres is None else courier.capacity.millilitres,
            )
            for courier in drop.couriers
            if hub in courier.loads_at and courier.capacity.parcels != 0 and courier.max_trips != 0
        }
        return found | {
            (frozenset(carrier.handling), carrier.tariff[-1].up_to_grams, _PLENTY)
            for carrier in drop.carriers
            if any(each.hub == hub and each.parcels != 0 for each in carrier.collections)
        }

    def open(self, order: Order, hub: str) -> list[tuple[int, str]]:
        """Waves of the hub that the order may still join and that have room: (end, id), the first end first."""
        earliest = max(0, self.fleet.s(order.clear_at))
        return [(end, wave) for end, start, wave in self.waves[hub] if start >= earliest and self.lines[hub, wave] > 0]

    def held(self, order: Order, sku: str) -> dict[str, int]:
        """Units of the SKU left at the hubs that the order may come from."""
        hubs = self.fleet.hubs if order.hubs is None else order.hubs
        return {hub: units for hub in dict.fromkeys(hubs) if (units := self.units.get((hub, sku), 0)) > 0}

    def need(self, order: Order) -> Part:
        """Units that are still to be picked for the order: what it wants but its committed parcels."""
        wanted = self.fleet.drop.wants(order)
        for parcel in self.fleet.drop.committed.parcels:
            if parcel.order == order.id:
                for line in parcel.lines:
                    wanted[line.sku] = wanted.get(line.sku, 0) - line.quantity
        return {sku: units for sku, units in wanted.items() if units > 0}

    def unfinished(self, order: Order) -> bool:
        """Whether anything of the order is still to be picked or to travel."""
        return bool(self.need(order)) or any(self._picked(order))

    def short_of(self, order: Order) -> tuple[str, int, int] | None:
        """A SKU of which too little is left where the order may come from: (SKU, units needed, units left)."""
        for sku, units in self.need(order).items():
            left = sum(self.held(order, sku).values())
            if left < units:
                return sku, units, left
        return None

    def pickable(self, order: Order) -> bool:
        """Whether goods and wave lines suffice, whoever carries the parcels. True where it takes too long to tell."""
        need = self.need(order)
        room = defaultdict(int)
        for hub in self.fleet.hubs if order.hubs is None else set(order.hubs):
            room[hub] = sum(self.lines[hub, wave] for _, wave in self.open(order, hub))
        sources = []
        for sku, units in need.items():
            held = {hub: some for hub, some in self.held(order, sku).items() if room[hub] > 0}
            if sum(held.values()) < units:
                return False
            sources.append((units, held))
        if all(room[hub] >= len(need) for _, held in sources for hub in held):
            return True
        sources.sort(key=lambda source: len(source[1]))
        tries = iter(range(_TRIES))

        def fits(index: int) -> bool:
            if index == len(sources) or next(tries, None) is None:
                return True
            units, held = sources[index]
            return covers(index, units, list(held.items()))

        def covers(index: int, units: int, held: list[tuple[str, int]]) -> bool:
            if units <= 0:
                return fits(index + 1)
            for place, (hub, some) in enumerate(held):
                if room[hub] > 0:
                    room[hub] -= 1
                    if covers(index, units - some, held[place + 1 :]):
                        return True
                    room[hub] += 1
            return False

        return fits(0)

    def cuts(self, order: Order) -> Iterator[tuple[Load, ...]]:
        """Ways to pick all that the order still needs, beside the parcels of it that are picked already.

        From one hub, from two, from three where fewer cannot, from the fullest where three cannot. Of two waves the one
        that ends earlier is never worse for a single order, so the earliest with room is used.
        """
        picked = tuple(self._picked(order))
        need = self.need(order)
        if not need:
            yield picked
            return
        for shares in self._shares(order, need):
            loads = list(picked)
            for hub, part in shares:
                made = self._loads(order, hub, part)
                if made is None:
                    break
                loads += made
            else:
                if len(loads) <= MOST_PARCELS:
                    yield tuple(loads)

    def _picked(self, order: Order) -> Iterator[Load]:
        for parcel in self.fleet.drop.committed.parcels:
            if parcel.order == order.id and parcel.trip is None and parcel.collection is None:
                lines = tuple((line.sku, line.quantity) for line in parcel.lines)
                each = DraftParcel(order=order.id, hub=parcel.hub, wave="", lines=lines, committed=parcel.id)
                yield self._load(each, 0)

    def _shares(self, order: Order, need: Part) -> Iterator[tuple[tuple[str, Part], ...]]:
        room = {
            hub: sum(self.lines[hub, wave] for _, wave in self.open(order, hub))
            for sku in need
            for hub in self.held(order, sku)
        }
        hubs = [hub for hub, lines in room.items() if lines > 0]
        seen = set()
        for count in range(1, min(MOST_HUBS, len(hubs)) + 1):
            for sequence in permutations(hubs, count):
                shares = self._shared(need, sequence, room)
                key = frozenset((hub, tuple(part.items())) for hub, part in shares)
                if shares and key not in seen:
                    seen.add(key)
                    yield shares
            if count > 1 and seen:
                return
        if not seen and len(hubs) > MOST_HUBS:
            fullest = sorted(hubs, key=lambda hub: -sum(min(self.units.get((hub, sku), 0), need[sku]) for sku in need))
            shares = self._shared(need, tuple(fullest), room, gaps=True)
            if shares:
                yield shares

    def _shared(
        self, need: Part, sequence: tuple[str, ...], room: dict[str, int], *, gaps: bool = False
    ) -> tuple[tuple[str, Part], ...]:
        """Units by hub, each with some (``gaps``: or none); empty where these hubs cannot."""
        left, shares = dict(need), []
        whole = {sku for sku in need if any(self.units.get((hub, sku), 0) >= need[sku] for hub in sequence)}
        for hub in sequence:
            part: Part = {}
            # What few of these hubs have comes first, since lines may be scarce.
            for sku in sorted(left, key=lambda sku: sum(self.units.get((other, sku), 0) > 0 for other in sequence)):
                units = min(self.units.get((hub, sku), 0), left[sku])
                if len(part) < room[hub] and (units == left[sku] if sku in whole else units > 0):
                    part[sku] = units
            left = {sku: rest for sku in left if (rest := left[sku] - part.get(sku, 0)) > 0}
            if part:
                shares.append((hub, {sku: part[sku] for sku in need if sku in part}))
            elif not gaps:
                return ()
        return () if left else tuple(shares)

    def _loads(self, order: Order, hub: str, part: Part) -> list[Load] | None:
        """The part as parcels that somebody at the hub could carry, in the earliest waves; ``None`` where none can."""
        bins = self._bins(hub, part)
        if bins is None:
            return None
        room = {wave: self.lines[hub, wave] for _, wave in self.open(order, hub)}
        loads, plain = [], {sku: max(0, self.plain.get((hub, sku), 0)) for sku in part}
        for units in bins:
            rest = list(units.items())
            while rest:
                whole = (wave for wave, lines in room.items() if lines >= len(rest))
                wave = next(whole, None) or next((wave for wave, lines in room.items() if lines > 0), None)
                if wave is None:
                    return None
                lines, rest = rest[: room[wave]], rest[room[wave] :]
                room[wave] -= len(lines)
                at, fee = self.fleet.hubs[hub], 0
                for sku, count in lines:
                    ordinary = min(plain[sku], count)
                    plain[sku] -= ordinary
                    fee += self.row[hub, sku].contingency_cost * (count - ordinary)
                each = DraftParcel(order=order.id, hub=hub, wave=wave, lines=tuple(lines))
                loads.append(self._load(each, at.cost_per_parcel + at.cost_per_line * len(lines) + fee))
        return loads

    def _load(self, parcel: DraftParcel, cost: int) -> Load:
        return Load(
            parcel=parcel,
            hub=self.fleet.place[parcel.hub],
            ready_s=self.fleet.ready_s(parcel),
            cost=cost,
            grams=self.fleet.grams(parcel),
            millilitres=self.fleet.millilitres(parcel),
            handling=frozenset(kind for sku, _ in parcel.lines for kind in self.fleet.skus[sku].handling),
        )

    def _bins(self, hub: str, part: Part) -> list[Part] | None:
        """The part as it is if somebody can carry it, else cut by handling and by weight and volume."""
        if any(self._carries(way, part) for way in self.ways[hub]):
            return [part]
        groups: dict[frozenset[str], Part] = defaultdict(dict)
        handling = frozenset(kind for sku in part for kind in self.fleet.skus[sku].handling)
        together = any(handling <= kinds for kinds, _, _ in self.ways[hub])
        for sku, units in part.items():
            groups[handling if together else frozenset(self.fleet.skus[sku].handling)][sku] = units
        bins: list[Part] = []
        for kinds, group in groups.items():
            made = [self._packed(way, group) for way in self.ways[hub] if kinds <= way[0]]
            fewest = min((each for each in made if each), key=lambda each: (len(each), repr(each)), default=None)
            if fewest is None:
                return None
            bins += fewest
        return bins

    def _carries(self, way: tuple[frozenset[str], int, int], part: Part) -> bool:
        goods = [(self.fleet.skus[sku], units) for sku, units in part.items()]
        return (
            all(way[0] >= set(sku.handling) for sku, _ in goods)
            and sum(sku.grams * units for sku, units in goods) <= way[1]
            and sum(sku.millilitres * units for sku, units in goods) <= way[2]
        )

    def _packed(self, way: tuple[frozenset[str], int, int], part: Part) -> list[Part]:
        """First fit, the heaviest SKU first; empty where one unit is too much, or too many parcels are needed."""
        bins: list[Part] = []
        free: list[tuple[int, int]] = []
        for sku in sorted(part, key=lambda sku: (-self.fleet.skus[sku].grams, sku)):
            grams, millilitres, left = self.fleet.skus[sku].grams, self.fleet.skus[sku].millilitres, part[sku]
            while left:
                for index, (room_g, room_ml) in enumerate(free):
                    fit = min(left, room_g // grams if grams else left, room_ml // millilitres if millilitres else left)
                    if fit > 0:
                        bins[index][sku] = fit
                        free[index] = room_g - fit * grams, room_ml - fit * millilitres
                        left -= fit
                if left:
                    if grams > way[1] or millilitres > way[2] or len(bins) == MOST_PARCELS:
                        return []
                    bins.append({})
                    free.append((way[1], way[2]))
        return bins
