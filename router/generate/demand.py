"""What buyers ask for: the catalog of many small sellers, bundles, baskets, arrivals, review, tiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import log, sqrt

from router.generate import figures
from router.generate.draw import Draw, Weights
from router.generate.ground import Point, location
from router.model import BY_TIER, Bundle, Component, Order, Penalty, Sku, Step, Tier

SELLERS = tuple(
    sorted(
        {
            *(
                "birch",
                "clay",
                "dune",
                "ember",
                "fern",
                "fjord",
                "halo",
                "hazel",
                "iris",
                "juniper",
                "kelp",
                "kiln",
            ),
            *(
                "linen",
                "loom",
                "maple",
                "moss",
                "nettle",
                "oat",
                "pebble",
                "quill",
                "rowan",
                "sage",
                "salt",
                "tarn",
            ),
            *("thistle", "umber", "vetch", "willow", "wren", "yarrow"),
        }
    )
)
HOUR_S = 3600
HALF_HOUR = timedelta(minutes=30)
TRIES = 8
"""Draws for a further line before it is given up: the basket may hold all of its seller's."""
MOVED_BY_H = 66
"""A seller's contract that does not count the weekend: a Friday evening's order is due on Monday at noon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """The catalog with its bundles, and how much each is asked for; indices run over SKUs, then bundles."""

    catalog: tuple[Sku, ...]
    bundles: tuple[Bundle, ...]
    seller: tuple[str, ...]
    popularity: tuple[float, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """What an order line may name: SKUs, then bundles."""
        return tuple(s.sku for s in self.catalog) + tuple(b.sku for b in self.bundles)


def goods(skus: int, seed: int) -> Goods:
    """``skus`` articles of a sixth as many sellers, a tenth of these chilled; a bundle for every 15 SKUs."""
    draw = Draw(seed, "goods")
    count = max(1, round(skus / 6))
    names = [
        SELLERS[i % len(SELLERS)] + ("" if i < len(SELLERS) else f"-{i // len(SELLERS) + 1}") for i in range(count)
    ]
    cold = set(draw.some(names, max(1, round(figures.CHILLED_SELLERS * count)))) if count > 1 else set()
    catalog, sellers = [], []
    for i in range(skus):
        seller = names[i % count]
        catalog.append(_article(f"{seller.upper()}-{i // count + 1}", seller, seller in cold, draw))
        sellers.append(seller)
    rank = draw.some(range(skus), skus)
    asked = [((r + 0.5) / skus + figures.SKU_OFFSET) ** -figures.SKU_EXPONENT for r in rank]
    bundles = _bundles(catalog, asked, skus // 15, draw)
    each = figures.BUNDLE_LINES / (1 - figures.BUNDLE_LINES) * sum(asked) / max(1, len(bundles))
    of = {sku.sku: sku.seller for sku in catalog}
    return Goods(
        catalog=tuple(catalog),
        bundles=tuple(bundles),
        seller=tuple(sellers) + tuple(of[bundle.components[0].sku] for bundle in bundles),
        popularity=tuple(asked) + (each,) * len(bundles),
    )


def _article(sku: str, seller: str, cold: bool, draw: Draw) -> Sku:
    bulk = draw.normal()
    rest = sqrt(1 - figures.MASS_TO_VOLUME**2)
    grams = draw.scaled(figures.GRAMS_MEDIAN, figures.GRAMS_SIGMA, bulk)
    size = draw.scaled(
        figures.MILLILITRES_MEDIAN * figures.PACKED,
        figures.MILLILITRES_SIGMA,
        figures.MASS_TO_VOLUME * bulk + rest * draw.normal(),
    )
    return Sku(
        sku=sku,
        seller=seller,
        grams=round(min(max(grams, 30), 8_000) / 10) * 10,
        millilitres=round(min(max(size, 100), 30_000) / 50) * 50,
        handling=("chilled",) if cold else (),
    )


def _bundles(catalog: list[Sku], asked: list[float], count: int, draw: Draw) -> list[Bundle]:
    """Each bundle joins two or three articles of one seller, the popular ones oftener."""
    made: list[Bundle] = []
    popular = Weights(asked)
    for _ in range(count):
        first = catalog[popular.draw(draw)]
        others = [sku for sku in catalog if sku.seller == first.seller and sku is not first]
        parts = [first, *draw.some(others, draw.whole(1, 2))]
        if len(parts) > 1:
            components = tuple(Component(sku=p.sku, quantity=2 if draw.chance(0.15) else 1) for p in parts)
            made.append(Bundle(sku=f"GIFT-{len(made) + 1}", components=components))
    return made


def baskets(wares: Goods, orders: int, seed: int) -> list[tuple[Component, ...]]:
    """Lines of each order: their number, the seller's share of further ones and their units as measured."""
    draw = Draw(seed, "baskets")
    theta = figures.BASKET_THETA
    size = Weights([theta**k / k for k in range(1, figures.LONGEST_BASKET + 1)])
    units = Weights([share for _, share in figures.UNITS_OF_A_LINE])
    anything = Weights(wares.popularity)
    of_seller: dict[str, list[int]] = {}
    for i, seller in enumerate(wares.seller):
        of_seller.setdefault(seller, []).append(i)
    within = {seller: Weights([wares.popularity[i] for i in own]) for seller, own in of_seller.items()}
    ids, single = wares.ids, len(wares.catalog)
    made = []
    for _ in range(orders):
        first = anything.draw(draw)
        seller = wares.seller[first]
        chosen = {first: None}
        for _ in range(size.draw(draw)):
            loyal = draw.chance(figures.SELLER_LOYALTY)
            for _ in range(TRIES):
                more = of_seller[seller][within[seller].draw(draw)] if loyal else anything.draw(draw)
                if more not in chosen:
                    chosen[more] = None
                    break
        made.append(
            tuple(
                Component(sku=ids[i], quantity=figures.UNITS_OF_A_LINE[units.draw(draw)][0] if i < single else 1)
                for i in chosen
            )
        )
    return made


def tiers(tight: bool) -> tuple[Tier, ...]:
    """Express, evening and next-day promises in cents; ``tight`` delivers in three quarters of the time."""
    hour_s = HOUR_S * 3 // 4 if tight else HOUR_S

    return (
        Tier(
            id="express",
            ship_within=HOUR_S,
            deliver_within=2 * hour_s,
            late_shipping=Penalty(steps=(Step(after=0, amount=100),), cap=100),
            late_delivery=Penalty(
                steps=(Step(after=0, amount=300), Step(after=1800, amount=800)), per_minute=5, cap=1200
            ),
            unserved=2500,
        ),
        Tier(
            id="evening",
            ship_within=3 * HOUR_S,
            deliver_within=4 * hour_s,
            late_shipping=Penalty(steps=(Step(after=0, amount=50),), cap=50),
            late_delivery=Penalty(
                steps=(Step(after=0, amount=200), Step(after=3600, amount=500)), per_minute=2, cap=900
            ),
            unserved=1800,
        ),
        Tier(
            id="day",
            deliver_within=26 * HOUR_S,
            late_delivery=Penalty(steps=(Step(after=0, amount=150), Step(after=86_400, amount=400))),
            unserved=1500,
        ),
    )


def arrivals(orders: int, window_s: int, seed: int) -> list[int]:
    """Seconds after the opening at which orders are placed, ascending: a rush, an even flow, a last call."""
    draw = Draw(seed, "arrivals")
    last_s = min(figures.LAST_CALL_S, window_s)
    found = []
    for _ in range(orders):
        which = draw.share()
        if which < figures.OPENING_RUSH:
            after_s = int(round(-figures.OPENING_MEAN_S * log(1 - draw.share()), 6))
            found.append(after_s if after_s < window_s else draw.whole(0, window_s - 1))
        elif which < figures.OPENING_RUSH + figures.LAST_CALL:
            found.append(draw.whole(window_s - last_s, window_s - 1))
        else:
            found.append(draw.whole(0, window_s - 1))
    return sorted(found)


def review_s(draw: Draw) -> int:
    """Seconds a held order waits for its review."""
    at = draw.share()
    points = figures.REVIEW_QUANTILES
    for (low, low_s), (high, high_s) in pairwise(points):
        if at < high:
            return round(low_s + (high_s - low_s) * (at - low) / (high - low))
    return points[-1][1]


def taken_orders(
    *,
    lines: Sequence[tuple[Component, ...]],
    where: Sequence[Point],
    sold: Sequence[Tier],
    opens_at: datetime,
    window_s: int,
    seed: int,
) -> tuple[Order, ...]:
    """The orders as they came in, first to last; no two things of one seed share a stream of draws."""
    draw = Draw(seed, "orders")
    kind = Weights([share for _, share in figures.TIER_SHARES])
    by_name = {tier.id: tier for tier in sold}
    width = len(str(len(lines)))
    service: dict[Point, int] = {}
    made = []
    for i, after_s in enumerate(arrivals(len(lines), window_s, seed)):
        tier = by_name[figures.TIER_SHARES[kind.draw(draw)][0]]
        placed_at = opens_at + timedelta(seconds=after_s)
        held, waits_s = draw.chance(figures.HELD_FOR_REVIEW), review_s(draw)
        home_late, home_at = draw.chance(figures.LATE_NOT_BEFORE), opens_at + HALF_HOUR * draw.whole(3, 5)
        moved = draw.chance(figures.MOVED_DUE)
        stay = draw.one(figures.SERVICE_SECONDS)
        made.append(
            Order(
                id=f"o{i + 1:0{width}d}",
                placed_at=placed_at,
                cleared_at=placed_at + timedelta(seconds=waits_s) if held else None,
                tier=tier.id,
                location=location(where[i]),
                lines=lines[i],
                not_before=home_at if home_late and tier.id == "evening" else None,
                service_seconds=service.setdefault(where[i], stay),
                deliver_by=opens_at + timedelta(hours=MOVED_BY_H) if moved and tier.id == "day" else BY_TIER,
            )
        )
    return tuple(made)
