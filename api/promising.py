"""Promises at checkout: what somebody asks for a cart, and what a drop can still promise it.

Whatever does not change with each order (settings, hubs, couriers, carriers) is made once and kept by its hash; what
the orders need already is read from sums that are kept with them. So a promise takes as long in a drop of ten thousand
orders as in an empty one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from annotated_types import Len
from sqlalchemy import Connection, bindparam, func, select

from api.db import articles, drops, events, holds, order_sums, stock
from api.db.articles import Parts
from api.db.drops import DropNotOpen
from api.db.holds import NoHold
from api.db.stock import Cell
from api.db.tables.registry import skus as sku_rows
from api.db.tables.stock import stock as stock_rows
from api.deps import new_id
from api.drop_settings import DropSettings, Registered, document
from api.holding import Hold, HoldLine, Lasting, NewHold, until
from api.ordering import skus_of
from api.promise.ground import Ground, ground_of
from api.promise.offers import Cart, Offer, offers, without_stock
from api.promise.picking import Miss, sources
from api.remembered import Remembered
from router import codec, faults
from router.errors import Fault
from router.model import Component, Id, Location, Record, Seconds, Sku

_GROUNDS: Remembered[Ground] = Remembered(32)
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_SKU = ("sku", "seller", "grams", "millilitres", "handling")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAsked(Record):
    """Stock to keep for a checkout, for so many seconds, if any tier is possible. ``id``: as of any hold."""

    checkout: Id
    seconds: Lasting
    id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CartAsked(Record):
    """A cart at checkout. ``tiers``: those to look at, absent for all of the drop's; ``hubs`` as of an order."""

    drop: Id
    lines: Annotated[tuple[Component, ...], Len(1)]
    location: Location
    tiers: tuple[Id, ...] | None = None
    hubs: tuple[Id, ...] | None = None
    service_seconds: Seconds = 0
    hold: HoldAsked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What a drop can promise a cart as of ``at``, tier by tier. ``hold``: what is kept for it, where it asked."""

    drop: str
    at: datetime
    offers: tuple[Offer, ...]
    hold: Hold | None = None


def promises(db: Connection, tenant: str, data: bytes, now: datetime) -> Promises:
    """What can be promised to the cart that ``data`` spells, with a hold if it asks for one.

    Raises ``Faulty``, ``NoDrop``, ``DropNotOpen``, and what placing a hold raises.
    """
    look = _Look(db=db, tenant=tenant)
    asked = codec.read_as(CartAsked, data, "cart", look.scan)
    at = now.replace(microsecond=0)
    ground = look.ground(asked.drop)
    units = articles.wants(asked.lines, look.made_of)
    free = _free(db, tenant, asked, units, now)
    allowed = [hub for hub in ground.hubs if asked.hubs is None or hub in asked.hubs]
    found_at = sources(free, units, allowed)
    tiers = [ground.tiers[tier] for tier in dict.fromkeys(asked.tiers or ground.tiers)]
    if found_at:
        cart = Cart(skus=_skus(db, tenant, units), door=asked.location, service_seconds=asked.service_seconds)
        made = offers(ground, order_sums.get(db, tenant, asked.drop), cart, found_at, tiers, at)
    else:
        miss = _no_stock(db, tenant, units, allowed, free)
        made = tuple(without_stock(at, tier, miss) for tier in tiers)
    found = Promises(drop=asked.drop, at=at, offers=made)
    possible = [each.estimate.hubs for each in made if each.possible and each.estimate is not None]
    if asked.hold is None or not possible:
        return found
    return replace(found, hold=_keep(db, tenant, asked, asked.hold, possible[0], now))


class _Look:
    """The drop that a cart names, and what its lines are made of, found while the cart is read."""

    def __init__(self, db: Connection, tenant: str) -> None:
        self._db, self._tenant = db, tenant
        self.made_of: Parts = {}

    def scan(self, tree: dict[str, Any]) -> list[Fault]:
        """Every fault of a cart that its form does not show."""
        drop = tree.get("drop")
        if not isinstance(drop, str) or "\0" in drop:
            return []
        self._stands = drops.stands(self._db, self._tenant, drop)
        if self._stands.state != "open":
            raise DropNotOpen(drop, self._stands.state, ("open",))
        self._settings = drops.settings(self._db, self._tenant, self._stands)
        self.made_of = articles.parts(self._db, self._tenant, skus_of(tree))
        names = replace(drops.names(self._stands, self._settings), sold=self.made_of.keys())
        tiers = tree.get("tiers")
        unknown = [
            Fault(pointer=f"/tiers/{index}", code="unknown-tier", message=f"there is no tier {tier[:60]!r} in the drop")
            for index, tier in enumerate(tiers if isinstance(tiers, list) else ())
            if isinstance(tier, str) and names.tiers is not None and tier not in names.tiers
        ]
        return [*faults.of_order(tree, names), *unknown]

    def ground(self, drop: str) -> Ground:
        """The drop as it is estimated on: made anew only where its settings or the registry changed."""
        edited = drops.edited(self._db, self._tenant)
        spelt = "\0".join([self._tenant, drop, self._stands.settings_sha256, edited])
        sha256 = hashlib.sha256(spelt.encode()).hexdigest()
        return _GROUNDS.of(sha256, lambda: _ground(self._settings, drops.used(self._db, self._tenant, drop)))


def _ground(settings: DropSettings, used: Sequence[tuple[str, str, str]]) -> Ground:
    known: dict[str, dict[str, Any]] = {"hubs": {}, "couriers": {}, "carriers": {}}
    for part, name, spelt in used:
        known[part][name] = json.loads(spelt)
    whole = document(codec.plain(settings), Registered(**known), plan_at=settings.plan_at or _ANY_TIME)
    whole |= {"catalog": [], "stock": [], "orders": []}
    return ground_of(codec.read_drop(json.dumps(whole).encode()))


def _free(db: Connection, tenant: str, asked: CartAsked, units: Mapping[str, int], now: datetime) -> dict[Cell, int]:
    """Units that are free for the cart; what a hold keeps that it names already is the cart's own."""
    free = stock.available(db, tenant, units, now)
    if asked.hold is not None and asked.hold.id is not None:
        try:
            own = holds.read(db, tenant, asked.hold.id, now)
        except NoHold:
            return free
        for each in own.units if own.state == "held" else ():
            if (each.hub, each.sku) in free:
                free[each.hub, each.sku] += each.quantity
    return free


_SKUS = select(sku_rows.c.id, sku_rows.c.document)
_SKUS = _SKUS.where(sku_rows.c.tenant == bindparam("of"), sku_rows.c.id.in_(bindparam("names", expanding=True)))


def _skus(db: Connection, tenant: str, units: Mapping[str, int]) -> dict[str, Sku]:
    found = {}
    for row in db.execute(_SKUS, {"of": tenant, "names": list(units)}):
        record = json.loads(row.document)
        kept = {name: record[name] for name in _SKU if name in record}
        found[row.id] = Sku(**kept | {"handling": tuple(record.get("handling", ()))})
    return found


def _no_stock(
    db: Connection, tenant: str, units: Mapping[str, int], allowed: Sequence[str], free: Mapping[Cell, int]
) -> Miss:
    """Which SKU is short at the hubs that the cart may come from: never there, or there and promised to others."""
    mine = (stock_rows.c.tenant == tenant, stock_rows.c.sku.in_(units), stock_rows.c.hub.in_(allowed))
    held = select(stock_rows.c.sku, func.sum(stock_rows.c.on_hand).label("units")).where(*mine)
    there = {row.sku: int(row.units) for row in db.execute(held.group_by(stock_rows.c.sku))}
    for sku, number in units.items():
        if there.get(sku, 0) < number:
            told = f"hubs of the drop have {there.get(sku, 0)} of the {number} x {sku} wanted"
            return Miss(reason="no-stock", detail=told)
    left = {sku: sum(free.get((hub, sku), 0) for hub in allowed) for sku in units}
    told = "; ".join(
        f"{left[sku]} of the {number} x {sku} wanted are free" for sku, number in units.items() if left[sku] < number
    )
    return Miss(reason="stock-taken", detail=told)


def _keep(db: Connection, tenant: str, asked: CartAsked, hold: HoldAsked, hubs: Sequence[str], now: datetime) -> Hold:
    """Keeps the cart for its checkout, where the first possible offer takes it from."""
    at = hubs[0] if len(hubs) == 1 else None
    lines = tuple(HoldLine(sku=line.sku, quantity=line.quantity, hub=at) for line in asked.lines)
    new = NewHold(checkout=hold.checkout, lines=lines, seconds=hold.seconds)
    kept, is_new = holds.place(db, tenant, hold.id or new_id(), new, until(new, now), now)
    if is_new:
        events.emit(db, tenant, [holds.event(kept, "created", event_id=new_id(), now=now)])
    return kept
