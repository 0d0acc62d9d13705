"""What an explanation says, as records. Amounts in minor units, spans in seconds, times as instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from router.model import Drop, ParcelLine, Shift, named
from router.plan import Cost, Plan, Reason, Unserved

Binding = Literal["not-allowed", "begun", Reason]
"""Why a hub cannot serve an order, given the rest of the plan: a reason of docs/reasons.md, said of that hub alone."""

Kind = Literal["stock", "wave", "collection", "shift", "capacity", "courier"]
"""What a change of a drop adds to."""

Part = Literal["grams", "millilitres", "parcels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One parcel of the order: where and when it is picked, who takes it, when it leaves and arrives."""

    parcel: str
    hub: str
    wave: str
    lines: tuple[ParcelLine, ...]
    courier: str | None
    trip: str | None
    carrier: str | None
    collection: str | None
    ready_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the plan does with the order.

    ``cost``: what is paid for this order alone, couriers aside. ``share``: what the plan would cost less without it,
    couriers and the delay of others included; ``None`` where the plan cannot do without it.
    """

    parcels: tuple[Placed, ...]
    unserved: Unserved | None
    ship_due: datetime | None
    deliver_due: datetime | None
    ships_late_s: int
    arrives_late_s: int
    cost: Cost
    share: int | None

    @property
    def late(self) -> bool:
        """Whether the order ships or arrives past what was promised."""
        return self.ships_late_s > 0 or self.arrives_late_s > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A SKU of which a hub has too little: units ordered, left by the rest of the plan, and ever held."""

    sku: str
    ordered: int
    left: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAnswer:
    """What it would be to serve the whole order from this hub, the rest of the plan as it is.

    Either ``binding`` with ``detail`` (and ``shortages``, of goods), or ``extra``: by how much the plan would cost
    more, less where it is negative, with the parcels of the way found.
    """

    hub: str
    binding: Binding | None
    detail: str | None
    shortages: tuple[Shortage, ...]
    extra: int | None
    parcels: tuple[Placed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """More of one thing in a drop; ``size`` counts units, lines, places, or of capacity its ``part``, or seconds.

    With ``shift``: a courier like ``courier`` at ``hub``, called ``name``, from then to then. Of the kind ``shift``,
    ``size`` is by how much the shift of ``courier`` ends later.
    """

    kind: Kind
    size: int
    hub: str | None = None
    sku: str | None = None
    wave: str | None = None
    collection: str | None = None
    courier: str | None = None
    part: Part | None = None
    name: str | None = None
    shift: Shift | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A plan in which the order is served, or comes in time: its total, and by how much that is more than now.

    ``change`` is what it takes of the drop; ``None`` where it takes nothing but the money.
    """

    change: Change | None
    total: int
    adds: int
    parcels: tuple[Placed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All about one order of a plan.

    ``retimed``: by how much the plan costs more (less where negative) than its own total once Dropwright has timed its
    decisions; ``extra``, ``share`` and ``adds`` are against that. ``sought``: what would cure the order, if anything
    has to. ``as_it_is``: a cure without any change of the drop. ``cure``: the cheapest single change, cheaper than
    that. ``exhausted``: whether every change that could do was ruled out or tried.
    """

    order: str
    tier: str
    total: int
    retimed: int
    begun: bool
    decision: Decision
    hubs: tuple[HubAnswer, ...]
    sought: Literal["in-time", "served"] | None
    as_it_is: Remedy | None
    cure: Remedy | None
    exhausted: bool


def placed(drop: Drop, plan: Plan, order: str) -> tuple[Placed, ...]:
    """The parcels of an order in a plan, with who takes them."""
    couriers = {trip.id: trip.courier for trip in plan.trips}
    carriers = {each.id: carrier.id for carrier in drop.carriers for each in carrier.collections}
    return tuple(
        Placed(
            parcel=parcel.id,
            hub=parcel.hub,
            wave=parcel.wave,
            lines=parcel.lines,
            courier=None if parcel.trip is None else couriers[parcel.trip],
            trip=parcel.trip,
            carrier=None if parcel.collection is None else carriers[parcel.collection],
            collection=parcel.collection,
            ready_at=parcel.ready_at,
            shipped_at=parcel.shipped_at,
            delivered_at=parcel.delivered_at,
        )
        for parcel in plan.parcels
        if parcel.order == order
    )


def late_s(drop: Drop, order: str, parcels: tuple[Placed, ...]) -> tuple[int, int]:
    """Seconds by which an order ships late and arrives late, with its last parcel; 0 in time or without a promise."""
    record = named(drop.orders)[order]
    tier = named(drop.tiers)[record.tier]
    found = []
    for due, times in (
        (record.ship_due(tier), [each.shipped_at for each in parcels]),
        (record.deliver_due(tier), [each.delivered_at for each in parcels]),
    ):
        last = max((at for at in times if at is not None), default=None)
        found.append(0 if due is None or last is None else max(0, int((last - due).total_seconds())))
    return found[0], found[1]
