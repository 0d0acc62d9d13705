"""What the map says of the thing under the pointer. Plotly reads some HTML here: every id is escaped."""

from __future__ import annotations

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from api.outcome import Outcome
from api.wording import clock, count, local, seen, span
from router.model import Carrier, Drop, Hub, Stop, Trip
from router.plan import Plan

_MOST_LINES = 5


class Hover:
    """Texts for one plan, in the drop's time zone."""

    def __init__(self, drop: Drop, plan: Plan) -> None:
        self._zone = ZoneInfo(drop.timezone)
        self._day = local(drop.plan_at, self._zone).date()
        self._parcels = {parcel.id: parcel for parcel in plan.parcels}
        self._collections = {each.id: each for carrier in drop.carriers for each in carrier.collections}
        self._picked: dict[tuple[str, str], tuple[int, int]] = {}
        for parcel in plan.parcels:
            parcels, picked = self._picked.get((parcel.hub, parcel.wave), (0, 0))
            self._picked[parcel.hub, parcel.wave] = (parcels + 1, picked + len(parcel.lines))

    def stop(self, outcome: Outcome, trip: Trip, stop: Stop, where: str) -> str:
        """A visit: who comes when, and what is handed over."""
        goods = [line for parcel in stop.parcels for line in self._parcels[parcel].lines]
        listed = [f"{line.quantity} × {_text(line.sku)}" for line in goods[:_MOST_LINES]]
        if len(goods) > _MOST_LINES:
            listed.append(f"and {count(len(goods) - _MOST_LINES, 'more line')}")
        return _joined(
            self._head(outcome),
            f"{_text(trip.courier)}, {where}",
            f"leaves {_text(trip.hub)} {self._clock(trip.depart_at)}, is here {self._clock(stop.arrive_at)}",
            self._promise(outcome, stop.start_at),
            *listed,
        )

    def carried(self, outcome: Outcome, carrier: Carrier) -> str:
        """An order that a carrier takes, wholly or in part."""
        texts = [self._head(outcome)]
        for parcel in outcome.parcels:
            taken = self._collections.get(parcel.collection or "")
            if taken in carrier.collections and taken is not None:
                texts.append(f"{_text(carrier.id)} collects at {_text(taken.hub)} {self._clock(taken.at)}")
                texts.append(self._promise(outcome, taken.delivered_at))
        return _joined(*dict.fromkeys(texts))

    def unserved(self, outcome: Outcome) -> str:
        """An order left over, and why."""
        left = outcome.unserved
        return _joined(
            self._head(outcome),
            f"<b>not served: {left.reason}</b>" if left else "not served",
            _text(left.detail) if left and left.detail else "",
        )

    def hub(self, hub: Hub) -> str:
        """A hub and what it picks, wave by wave."""
        waves = []
        for wave in hub.waves:
            parcels, picked = self._picked.get((hub.id, wave.id), (0, 0))
            times = f"{self._clock(wave.start)}–{self._clock(wave.end)}"
            waves.append(f"{_text(wave.id)} {times}: {count(parcels, 'parcel')}, {picked} of {wave.lines} lines")
        return _joined(f"<b>{_text(hub.id)}</b> · {_text(hub.partner)}", *waves)

    def late_s(self, outcome: Outcome, at: datetime) -> int:
        """Seconds that ``at`` is past the order's delivery promise; 0 in time or without one."""
        due = outcome.deliver_due
        return max(0, int((at - due).total_seconds())) if due else 0

    def _head(self, outcome: Outcome) -> str:
        return f"<b>{_text(outcome.order.id)}</b> · {_text(outcome.tier.id)}"

    def _promise(self, outcome: Outcome, at: datetime) -> str:
        due, late_s = outcome.deliver_due, self.late_s(outcome, at)
        told = f"delivered {self._clock(at)}"
        if due is None:
            return f"{told}, no time promised"
        told += f", due {self._clock(due)}: "
        return told + (f"<b>{span(late_s)} late</b>" if late_s else f"{self._spare(due, at)} to spare")

    def _spare(self, due: datetime, at: datetime) -> str:
        seconds = int((due - at).total_seconds())
        return span(seconds - seconds % 60 if seconds >= 60 else seconds)

    def _clock(self, at: datetime) -> str:
        return clock(at, self._zone, self._day)


def _text(text: str) -> str:
    return escape(seen(text))


def _joined(*texts: str) -> str:
    return "<br>".join(text for text in texts if text)
