"""What a plan means for each order: when it leaves, when it arrives, how late, by whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from router.model import Drop, Order, Parcel, Tier, named
from router.plan import Plan, Unserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One order in a plan. It ships and is delivered when the last of its parcels is."""

    order: Order
    tier: Tier
    parcels: tuple[Parcel, ...]
    unserved: Unserved | None

    @property
    def ship_due(self) -> datetime | None:
        """The instant by which the order must leave, or ``None``."""
        return _within_the_calendar(self.order.ship_due, self.tier)

    @property
    def deliver_due(self) -> datetime | None:
        """The instant by which the order must arrive, or ``None``."""
        return _within_the_calendar(self.order.deliver_due, self.tier)

    @property
    def shipped_at(self) -> datetime | None:
        """When its last parcel leaves its hub; ``None`` where one does not."""
        return self._last(lambda parcel: parcel.shipped_at)

    @property
    def delivered_at(self) -> datetime | None:
        """When its last parcel is handed over; ``None`` where one is not."""
        return self._last(lambda parcel: parcel.delivered_at)

    @property
    def ships_late_s(self) -> int:
        """Seconds past ``ship_due``; 0 in time, without a promise, or not shipped at all."""
        return _past_s(self.ship_due, self.shipped_at)

    @property
    def arrives_late_s(self) -> int:
        """Seconds past ``deliver_due``; 0 in time, without a promise, or not delivered at all."""
        return _past_s(self.deliver_due, self.delivered_at)

    @property
    def served(self) -> bool:
        """Whether every parcel of the order is handed over."""
        return self.delivered_at is not None

    def _last(self, when: Callable[[Parcel], datetime | None]) -> datetime | None:
        times = [when(parcel) for parcel in self.parcels]
        known = [at for at in times if at is not None]
        return max(known) if known and len(known) == len(times) else None


def outcomes(drop: Drop, plan: Plan) -> tuple[Outcome, ...]:
    """One outcome for every order of the drop, in the drop's order. O(orders + parcels)."""
    tiers = named(drop.tiers)
    left = {each.order: each for each in plan.unserved}
    parcels: dict[str, list[Parcel]] = {}
    for parcel in plan.parcels:
        parcels.setdefault(parcel.order, []).append(parcel)
    return tuple(
        Outcome(
            order=order,
            tier=tiers[order.tier],
            parcels=tuple(parcels.get(order.id, ())),
            unserved=left.get(order.id),
        )
        for order in drop.orders
    )


def _within_the_calendar(due: Callable[[Tier], datetime | None], tier: Tier) -> datetime | None:
    """A promise that ends after the year 9999 cannot be broken: as good as none."""
    try:
        return due(tier)
    except OverflowError:
        return None


def _past_s(due: datetime | None, at: datetime | None) -> int:
    if due is None or at is None:
        return 0
    return max(0, int((at - due).total_seconds()))
