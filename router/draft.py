"""What an engine decides: who picks what in which wave and who carries it in which order. Ids only, no times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftParcel:
    """What one hub picks for an order: units by component SKU. ``committed``: the committed parcel that this is."""

    order: str
    hub: str
    wave: str
    lines: tuple[tuple[str, int], ...]
    collection: str | None = None
    committed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTrip:
    """One trip of a courier; each visit hands over one order's parcels."""

    courier: str
    hub: str
    visits: tuple[tuple[DraftParcel, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Parcels that a carrier collects, and new trips, each courier's in the order they are driven."""

    carried: tuple[DraftParcel, ...] = ()
    trips: tuple[DraftTrip, ...] = ()

    @property
    def parcels(self) -> tuple[DraftParcel, ...]:
        """All of them: those that carriers collect, then those on trips as they are handed over."""
        return (*self.carried, *(each for trip in self.trips for visit in trip.visits for each in visit))
