"""The events of one order in fold order, and what they tell about it: parcels, hubs, couriers, tier, evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sla.event import Event

Identity = tuple[str, str]
ORDER = ""
"""Stands for the order as a whole where a parcel's id could stand."""


class OrderLog:
    """One order's events, each once, corrections in the place of what they correct, sorted by time, source and id."""

    __slots__ = ("by_type", "couriers", "drop", "events", "hubs", "order", "parcels", "reached", "returned", "tiers")

    def __init__(self, order: str, events: list[Event]) -> None:
        self.order = order
        self.events = events
        self.by_type: dict[str, list[Event]] = {}
        self.hubs: set[str] = set()
        self.couriers: set[str] = set()
        self.tiers: set[str] = set()
        self.drop: str | None = None
        self.parcels: dict[str, list[Event]] = {}
        self.returned: set[str] = set()
        self.reached: dict[tuple[str, ...], dict[str, Event]] = {}
        for event in events:
            kind, data = event.type, event.data
            same = self.by_type.get(kind)
            if same is None:
                self.by_type[kind] = [event]
            else:
                same.append(event)
            if value := data.get("hub"):
                self.hubs.add(value)
            if value := data.get("courier"):
                self.couriers.add(value)
            if value := data.get("tier"):
                self.tiers.add(value)
            self.drop = data.get("drop") or self.drop
            if event.subject.startswith("parcel/"):
                parcel = event.subject[7:]
                own = self.parcels.get(parcel)
                if own is None:
                    self.parcels[parcel] = [event]
                else:
                    own.append(event)
                if kind == "parcel.returned":
                    self.returned.add(parcel)

    def all_of(self, kinds: Iterable[str]) -> list[Event]:
        """The events of some types, in fold order."""
        found = [self.by_type[kind] for kind in kinds if kind in self.by_type]
        if len(found) == 1:
            return found[0]
        return sorted(event for same in found for event in same)

    def firsts(self, kinds: tuple[str, ...]) -> dict[str, Event]:
        """By parcel, the first event of any of the types; under ``ORDER`` the first that is not a parcel's own."""
        found = self.reached.get(kinds)
        if found is None:
            found = self.reached[kinds] = {}
            for event in self.all_of(kinds):
                subject = event.subject
                found.setdefault(subject[7:] if subject.startswith("parcel/") else ORDER, event)
        return found

    def evidence(self) -> set[str]:
        """Every kind of evidence that any event of the order brings."""
        return {each["kind"] for event in self.events for each in event.data.get("evidence") or ()}

    def foreign(self, own: Collection[str], role: str) -> frozenset[str]:
        """The parcels that hubs (``role`` "hub") or couriers outside of ``own`` handle, and none of it."""
        found = []
        for parcel, events in self.parcels.items():
            by = {who for event in events if (who := event.data.get(role))}
            if by and by.isdisjoint(own):
                found.append(parcel)
        return frozenset(found)


def last_of_firsts(firsts: dict[str, Event], parcels: Iterable[str] | None) -> Event | None:
    """The event with which the last of the parcels got there; ``None`` while one has not.

    An event of the order as a whole counts for each of its parcels. Without parcels it alone counts.
    """
    whole = firsts.get(ORDER)
    last: Event | None = None
    for parcel in parcels or ():
        own = firsts.get(parcel)
        if own is None or (whole is not None and whole < own):
            own = whole
        if own is None:
            return None
        if last is None or own > last:
            last = own
    return last if parcels else whole


def each_once(events: Iterable[Event]) -> list[Event]:
    """Each event once, as it arrived first, in fold order."""
    once: dict[Identity, Event] = {}
    for event in events:
        known = once.setdefault(event.identity, event)
        if event.recorded_us < known.recorded_us:
            once[event.identity] = event
    return sorted(once.values())
