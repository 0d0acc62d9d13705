"""Random bound contracts and event logs, the same for the same seed: many features at once, most near an edge."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.sla.generate_contract import COURIERS, HUBS, TIERS, contract

Event = dict[str, Any]
CHAIN = ("order.placed", "order.cleared", "plan.released")
PARCEL_CHAIN = ("parcel.packed", "parcel.handed_over", "parcel.delivered")
NOISE = ("pick.started", "parcel.manifested", "parcel.out_for_delivery", "return.received")
CODES = ("stock_error_upstream", "bad_address", "weather")
KINDS = ("photo", "scan", "note")
STARTS = (
    "2026-03-06",
    "2026-03-27",
    "2026-04-03",
    "2026-09-25",
    "2026-10-23",
    "2026-10-30",
    "2026-11-28",
    "2026-12-22",
)
"""Days before a change of clocks or of a month."""
GAPS_MIN = (0, 5, 10, 15, 20, 30, 40, 45, 60, 90, 120, 240, 600, 1500)


def world(seed: int, orders: int) -> tuple[dict[str, Any], list[Event], str | None]:
    """A contract, the events of so many orders as they arrived, and an instant of judgement (mostly the default)."""
    random = Random(seed)
    first = date.fromisoformat(random.choice(STARTS))
    bound = contract(random, first)
    log = _Log(random, first)
    for number in range(orders):
        log.order(f"o{number}")
    log.places()
    events = list(log.arrived())
    times = sorted(event["time"] for event in events)
    at = random.choice(times) if random.random() < 0.3 else None
    return bound, events, at


class _Log:
    """Events as they happen; ``arrived`` shuffles, doubles and corrects them."""

    def __init__(self, random: Random, first: date) -> None:
        self.random = random
        self.first = datetime(first.year, first.month, first.day, tzinfo=UTC)
        self.days = random.choice((2, 4, 10, 70, 100, 100))
        self.events: list[Event] = []

    def add(self, at: datetime, kind: str, subject: str, **data: Any) -> Event:
        """One event; times are spelt in UTC or with an offset, some with a fraction."""
        said = at
        if self.random.random() < 0.05:
            said = at + timedelta(milliseconds=self.random.choice((1, 250, 999)))
        spelt = said.isoformat(timespec="milliseconds" if said.microsecond else "seconds").replace("+00:00", "Z")
        if self.random.random() < 0.1 and not said.microsecond:
            spelt = (said + timedelta(hours=2)).isoformat(timespec="seconds").replace("+00:00", "+02:00")
        event = {
            "specversion": "1.0",
            "id": f"e{len(self.events)}",
            "source": self.random.choice(("partner/northdock", "partner/pedal", "shop")),
            "type": kind,
            "time": spelt,
            "subject": subject,
            "data": data,
        }
        self.events.append(event)
        return event

    def gap(self) -> timedelta:
        """How long a step takes: often a round number of minutes, so that targets are met to the second."""
        minutes = self.random.choice(GAPS_MIN)
        return timedelta(minutes=minutes, seconds=self.random.choice((0, 0, 0, 1, -1, 59, 301)))

    def order(self, name: str) -> None:
        """The life of one order."""
        random = self.random
        minutes = random.choice((1, 5, 60)) * random.randrange(1, 12)
        at = self.first + timedelta(days=random.randrange(self.days), hours=random.randrange(24), minutes=minutes)
        hub, courier = random.choice(HUBS), random.choice(COURIERS)
        parcels = [f"p{number}" for number in range(random.choice((0, 1, 1, 1, 2, 3)))]
        common: dict[str, Any] = {"order": name}
        if random.random() < 0.9:
            common["tier"] = random.choice(TIERS)
        if random.random() < 0.8:
            common["drop"] = random.choice(("d1", "d2", "d3"))
        for kind in CHAIN:
            if random.random() < 0.95:
                extra = {"parcels": parcels[: random.randrange(3)]} if random.random() < 0.15 else {}
                self.add(at, kind, f"order/{name}", **common, hub=hub, **extra)
                if random.random() < 0.05:
                    self.add(at + self.gap(), kind, f"order/{name}", **common)
            at += self.gap()
        for parcel in parcels:
            self._parcel(at, parcel, common, hub, courier)
        if random.random() < 0.1:
            self.add(at + self.gap(), "order.cancelled", f"order/{name}", **common)
        if random.random() < 0.3:
            self._pauses(at, "order.held", "pick.completed", f"order/{name}", common)
        if random.random() < 0.4:
            self._excuse(at, name)
        if random.random() < 0.03:
            term = {"term": random.choice(("t0", "t1"))} if random.random() < 0.5 else {}
            self.add(at + self.gap(), "case.waived", f"order/{name}", order=name, **term)

    def _parcel(self, at: datetime, parcel: str, common: dict[str, Any], hub: str, courier: str) -> None:
        random = self.random
        hub = random.choice(HUBS) if random.random() < 0.2 else hub
        courier = random.choice(COURIERS) if random.random() < 0.2 else courier
        for kind in PARCEL_CHAIN:
            at += self.gap()
            if random.random() < 0.93:
                shown = {"evidence": [{"kind": random.choice(KINDS)}]} if random.random() < 0.3 else {}
                self.add(at, kind, f"parcel/{parcel}", **common, hub=hub, courier=courier, **shown)
            if random.random() < 0.1:
                noise = random.choice((*NOISE, "parcel.attempt_failed", kind))
                self.add(at + self.gap(), noise, f"parcel/{parcel}", **common, hub=hub, courier=courier)
        if random.random() < 0.06:
            self.add(at + self.gap(), "parcel.returned", f"parcel/{parcel}", **common, hub=hub, courier=courier)

    def _pauses(self, at: datetime, begin: str, end: str, subject: str, common: dict[str, Any]) -> None:
        """Beginnings and ends that nest, overlap, stay open or come at one instant, some of them named."""
        random = self.random
        at -= random.choice((timedelta(0), self.gap(), self.gap() * 2))
        for _ in range(random.randrange(1, 4)):
            name = {"pause": random.choice(("a", "b"))} if random.random() < 0.3 else {}
            over = at + self.gap()
            self.add(at, begin, subject, **common, **name)
            if random.random() < 0.85:
                self.add(over, end, subject, **common, **name)
            if random.random() < 0.1:
                self.add(over, end, subject, **common)
            at = random.choice((at, over, at + self.gap()))

    def _excuse(self, at: datetime, name: str) -> None:
        random = self.random
        for _ in range(random.randrange(1, 3)):
            about = {"term": random.choice(("t0", "t1", "t2"))} if random.random() < 0.6 else {}
            at += self.gap()
            shown = {"evidence": [{"kind": kind} for kind in KINDS if random.random() < 0.3]}
            proposed = self.add(
                at, "excuse.proposed", f"order/{name}", order=name, code=random.choice(CODES), **about, **shown
            )
            for _ in range(random.choice((0, 0, 1, 2))):
                at += self.gap()
                kind = random.choice(("excuse.accepted", "excuse.rejected"))
                self.add(at, kind, f"order/{name}", order=name, excuse=proposed["id"])

    def places(self) -> None:
        """What concerns hubs, couriers and drops themselves."""
        random = self.random
        for hub in HUBS:
            for _ in range(random.randrange(3)):
                at = self.first + timedelta(hours=random.randrange(24 * self.days), minutes=random.choice((0, 30)))
                self._pauses(at, "hub.closed_by_authority", "hub.reopened", f"hub/{hub}", {})
        for drop in ("d1", "d2"):
            self.add(self.first, "drop.forecast", f"drop/{drop}", orders=random.randrange(1, 20))
        for month in range(random.choice((0, 0, 1, 2, 4))):
            count = self.first.year * 12 + self.first.month + month
            then, before = (datetime(n // 12, n % 12 + 1, 3, tzinfo=UTC) for n in (count, count - 1))
            window = {"from": f"{before:%Y-%m}-01", "to": f"{then:%Y-%m}-01"}
            party = {"party": "hub/northdock"} if random.random() < 0.3 else {}
            self.add(then, "window.settled", f"window/{window['from']}", window=window, **party)

    def arrived(self) -> Iterator[Event]:
        """The events late, twice, out of order, and some of them corrected."""
        random = self.random
        told = list(self.events)
        for event in list(told):
            if random.random() < 0.03 and "order" in event["data"]:
                at = datetime.fromisoformat(event["time"]).astimezone(UTC) + self.gap() - timedelta(minutes=20)
                data = {**event["data"], "corrects": {"source": event["source"], "id": event["id"]}}
                corrected = self.add(at, event["type"], event["subject"], **data)
                told.append(corrected)
                if random.random() < 0.2:
                    data = {**data, "corrects": {"source": corrected["source"], "id": corrected["id"]}}
                    told.append(self.add(at + self.gap(), event["type"], event["subject"], **data))
        for event in told:
            if random.random() < 0.1 and event["type"] != "window.settled":
                late = datetime.fromisoformat(event["time"]) + timedelta(days=random.choice((1, 10, 40)))
                event["recordedtime"] = late.isoformat()
        told += [event | {"recordedtime": "2027-06-01T00:00:00Z"} for event in told if random.random() < 0.05]
        random.shuffle(told)
        return iter(told)
