"""What hubs, waves and collections still have to give, once the committed parcels have taken their part."""

from __future__ import annotations

from router.model import Drop

Lines = tuple[tuple[str, int], ...]
"""Lines of a parcel: (component SKU, units)."""


class Ledger:
    """Units, wave lines and collection places that are left; ``take`` and ``give`` keep the account.

    ``units[hub, sku]`` counts stock and contingency together.
    ``lines[hub, wave]`` holds the waves that may still start. ``room[collection]`` is ``None`` without a limit.
    """

    def __init__(self, drop: Drop) -> None:
        self.units = {(row.hub, row.sku): row.quantity + row.contingency for row in drop.stock}
        self.price = {(row.hub, row.sku): row.contingency_cost for row in drop.stock}
        self._beside = {(row.hub, row.sku): row.contingency for row in drop.stock}
        self.lines = {
            (hub.id, wave.id): wave.lines for hub in drop.hubs for wave in hub.waves if wave.start >= drop.plan_at
        }
        self.room = {each.id: each.parcels for carrier in drop.carriers for each in carrier.collections}
        for parcel in drop.committed.parcels:
            self._commit(parcel.hub, parcel.wave, tuple((line.sku, line.quantity) for line in parcel.lines))
            if parcel.collection is not None:
                self.board(parcel.collection)

    def _commit(self, hub: str, wave: str, lines: Lines) -> None:
        for sku, quantity in lines:
            self.units[hub, sku] = self.units.get((hub, sku), 0) - quantity
        if (hub, wave) in self.lines:
            self.lines[hub, wave] -= len(lines)

    def beside(self, hub: str, sku: str) -> int:
        """Units of contingency among those that are left."""
        return max(0, min(self._beside[hub, sku], self.units[hub, sku]))

    def fee(self, hub: str, sku: str, quantity: int) -> int:
        """Minor units for the contingency that taking ``quantity`` more units would touch."""
        free = self.units[hub, sku] - self._beside[hub, sku]
        return self.price[hub, sku] * max(0, quantity - max(0, free))

    def holds(self, hub: str, wave: str, lines: Lines) -> bool:
        """Whether the hub still has these units and the wave still has room for the lines."""
        return self.lines.get((hub, wave), -1) >= len(lines) and all(
            self.units.get((hub, sku), 0) >= quantity for sku, quantity in lines
        )

    def take(self, hub: str, wave: str, lines: Lines) -> None:
        """Enter a parcel. The caller has asked ``holds``."""
        self.lines[hub, wave] -= len(lines)
        for sku, quantity in lines:
            self.units[hub, sku] -= quantity

    def give(self, hub: str, wave: str, lines: Lines) -> None:
        """Undo ``take``."""
        self.lines[hub, wave] += len(lines)
        for sku, quantity in lines:
            self.units[hub, sku] += quantity

    def boards(self, collection: str) -> bool:
        """Whether the collection has a place left."""
        room = self.room[collection]
        return room is None or room > 0

    def board(self, collection: str) -> None:
        """Give a place of the collection away."""
        room = self.room[collection]
        if room is not None:
            self.room[collection] = room - 1
