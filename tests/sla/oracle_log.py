"""An event log as the document reads it: identity, corrections, fold order, and who an event concerns."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.sla.oracle_time import instant

Event = Mapping[str, Any]


class SaidTwice(Exception):
    """One (source, id) came with two contents."""


@dataclass(frozen=True)
class Fact:
    """One event that counts, with its instant and what it is about."""

    at: int
    source: str
    id: str
    type: str
    subject: str
    data: Mapping[str, Any]
    recorded: int

    @property
    def order(self) -> str | None:
        """The order that it concerns."""
        if "order" in self.data:
            return str(self.data["order"])
        return self.subject.removeprefix("order/") if self.subject.startswith("order/") else None

    @property
    def parcel(self) -> str | None:
        """The parcel that it is about."""
        return self.subject.removeprefix("parcel/") if self.subject.startswith("parcel/") else None


def once(events: Iterable[Event]) -> list[Event]:
    """Each event once, as it arrived first. Raises SaidTwice when one identity comes with two contents."""
    by_identity: dict[tuple[str, str], Event] = {}
    for event in events:
        key = (event["source"], event["id"])
        known = by_identity.setdefault(key, event)
        if _content(known) != _content(event):
            raise SaidTwice(key)
        if _recorded(event) < _recorded(known):
            by_identity[key] = event
    return list(by_identity.values())


def facts_at(events: Iterable[Event], at: int, recorded_by: int | None = None) -> list[Fact]:
    """What had happened at an instant (and had arrived by another), corrected, in fold order."""
    known = {
        (event["source"], event["id"]): event
        for event in events
        if instant(event["time"]) <= at and (recorded_by is None or _recorded(event) <= recorded_by)
    }
    corrections = [(event.get("data") or {}).get("corrects") for event in known.values()]
    replaced = {(other["source"], other["id"]) for other in corrections if other}
    facts = [_fact(event) for key, event in known.items() if key not in replaced]
    facts.sort(key=lambda fact: (fact.at, fact.source, fact.id))
    return facts


def _recorded(event: Event) -> int:
    return instant(event.get("recordedtime", event["time"]))


def _content(event: Event) -> str:
    return json.dumps({key: value for key, value in event.items() if key != "recordedtime"}, sort_keys=True)


def _fact(event: Event) -> Fact:
    return Fact(
        at=instant(event["time"]),
        source=event["source"],
        id=event["id"],
        type=event["type"],
        subject=event.get("subject") or "",
        data=event.get("data") or {},
        recorded=_recorded(event),
    )


def by_order(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """The facts of each order, in fold order."""
    orders: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.order is not None:
            orders.setdefault(fact.order, []).append(fact)
    return orders


def of_partner(facts: Sequence[Fact], key: str, own: Sequence[str] | None) -> list[Fact]:
    """The facts of one order without those of other partners' parcels; nothing where no fact names the partner's own.

    ``own`` are the partner's hubs (or couriers, by ``key``). A parcel is another's when its events name only others.
    """
    if own is None:
        return list(facts)
    named: dict[str | None, set[str]] = {}
    for fact in facts:
        if key in fact.data:
            named.setdefault(fact.parcel, set()).add(fact.data[key])
    if not any(places & set(own) for places in named.values()):
        return []

    def is_anothers(fact: Fact) -> bool:
        places = named.get(fact.parcel, set()) if fact.parcel else set()
        return bool(places) and not places & set(own)

    return [fact for fact in facts if not is_anothers(fact)]


def anothers(facts: Sequence[Fact], kept: Sequence[Fact]) -> set[str]:
    """The parcels that ``of_partner`` left out."""
    return {fact.parcel for fact in facts if fact.parcel} - {fact.parcel for fact in kept if fact.parcel}
