"""What AfterShip, EasyPost and ShipEngine tell of a parcel, as events.

Each reads one notification as it comes from the service's webhook, and gives an event for every checkpoint that means
something to a clock. The same checkpoint gives the same event however often it is told, so that it counts once.
Sources: the tracking references of the three services, as of 2026; the statuses are in docs/events-in.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from router.errors import Fault, Faulty

Tree = Mapping[str, Any]

AFTERSHIP: Mapping[str, str] = MappingProxyType(
    {
        "InfoReceived": "parcel.manifested",
        "InTransit": "parcel.handed_over",
        "OutForDelivery": "parcel.out_for_delivery",
        "AttemptFail": "parcel.attempt_failed",
        "Delivered": "parcel.delivered",
    }
)
"""By tag. The subtag ``Exception_011`` is ``parcel.returned``; other tags mean nothing to a clock."""

EASYPOST: Mapping[str, str] = MappingProxyType(
    {
        "pre_transit": "parcel.manifested",
        "in_transit": "parcel.handed_over",
        "out_for_delivery": "parcel.out_for_delivery",
        "failure": "parcel.attempt_failed",
        "delivered": "parcel.delivered",
        "return_to_sender": "parcel.returned",
    }
)
"""By status of a tracking detail."""

SHIPENGINE: Mapping[str, str] = MappingProxyType(
    {
        "AC": "parcel.handed_over",
        "IT": "parcel.handed_over",
        "AT": "parcel.attempt_failed",
        "DE": "parcel.delivered",
    }
)
"""By status code of an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One thing that a service tells of a parcel: what it is to a clock, and when it was, RFC 3339."""

    number: str
    carrier: str
    type: str
    time: str
    order: str | None = None


def aftership(told: Tree) -> list[Checkpoint]:
    """The checkpoints of a tracking (API version 2024-07 and before: under ``msg``). Raises ``Faulty``."""
    tracking = told.get("msg", told)
    number = _text(tracking, "tracking_number", "/msg")
    found = []
    for index, each in _each(tracking, "checkpoints", "/msg"):
        kind = "parcel.returned" if each.get("subtag") == "Exception_011" else AFTERSHIP.get(str(each.get("tag")))
        if kind is not None:
            time = _text(each, "checkpoint_time", f"/msg/checkpoints/{index}")
            found.append(
                Checkpoint(
                    number=number,
                    carrier=str(each.get("slug") or tracking.get("slug") or ""),
                    type=kind,
                    time=time,
                    order=_optional(tracking, "order_id"),
                )
            )
    return found


def easypost(told: Tree) -> list[Checkpoint]:
    """The tracking details of a tracker (``result`` of an event, or the tracker itself). Raises ``Faulty``."""
    tracker = told.get("result", told)
    number = _text(tracker, "tracking_code", "/result")
    found = []
    for index, each in _each(tracker, "tracking_details", "/result"):
        kind = EASYPOST.get(str(each.get("status")))
        if kind is not None:
            time = _text(each, "datetime", f"/result/tracking_details/{index}")
            found.append(Checkpoint(number=number, carrier=str(tracker.get("carrier") or ""), type=kind, time=time))
    return found


def shipengine(told: Tree) -> list[Checkpoint]:
    """The events of a tracking (``data`` of a webhook, or the tracking itself). Raises ``Faulty``."""
    tracking = told.get("data", told)
    number = _text(tracking, "tracking_number", "/data")
    found = []
    for index, each in _each(tracking, "events", "/data"):
        kind = SHIPENGINE.get(str(each.get("status_code") or each.get("event_code")))
        if kind is not None:
            time = _text(each, "occurred_at", f"/data/events/{index}")
            found.append(
                Checkpoint(number=number, carrier=str(tracking.get("carrier_code") or ""), type=kind, time=time)
            )
    return found


SERVICES: Mapping[str, Callable[[Tree], list[Checkpoint]]] = MappingProxyType(
    {"aftership": aftership, "easypost": easypost, "shipengine": shipengine}
)
"""By the name under which they are told apart."""


def events(
    service: str, told: Tree, *, source: str, parcel: str | None = None, order: str | None = None
) -> Iterator[dict[str, Any]]:
    """CloudEvents of a notification. ``parcel``: ours, else the tracking number. Raises ``Faulty``, ``KeyError``."""
    for each in SERVICES[service](told):
        name = parcel or each.number
        key = f"{service}\n{each.number}\n{each.type}\n{each.time}"
        data = {"tracking": each.number, "carrier": each.carrier}
        known = order or each.order
        yield {
            "specversion": "1.0",
            "id": f"{service}-{hashlib.sha256(key.encode()).hexdigest()[:32]}",
            "source": source,
            "type": each.type,
            "time": each.time,
            "subject": f"parcel/{name}",
            "data": data if known is None else {**data, "order": known},
        }


def _text(tree: Any, name: str, where: str) -> str:
    value = tree.get(name) if isinstance(tree, Mapping) else None
    if not isinstance(value, str) or not value:
        raise Faulty("notification", (_missing(f"{where}/{name}"),))
    return value


def _each(tree: Tree, name: str, where: str) -> list[tuple[int, Tree]]:
    given = tree.get(name)
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(each, Mapping) for each in given):
        message = "must be a list of objects"
        raise Faulty("notification", (Fault(pointer=f"{where}/{name}", code="wrong-type", message=message),))
    return list(enumerate(given))


def _optional(tree: Tree, name: str) -> str | None:
    value = tree.get(name)
    return value if isinstance(value, str) and value else None


def _missing(pointer: str) -> Fault:
    return Fault(pointer=pointer, code="missing-field", message="is required, and a text")
