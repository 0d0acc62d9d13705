"""The types of events that contracts and logs speak of (docs/contracts.md)."""

from __future__ import annotations

EVENT_TYPES = (
    "drop.forecast",
    "order.placed",
    "order.held",
    "order.cleared",
    "order.cancelled",
    "plan.released",
    "pick.started",
    "pick.short",
    "pick.completed",
    "parcel.packed",
    "parcel.manifested",
    "parcel.handed_over",
    "parcel.out_for_delivery",
    "parcel.attempt_failed",
    "parcel.delivered",
    "parcel.returned",
    "return.received",
    "hub.closed_by_authority",
    "hub.reopened",
    "capacity.exceeded",
    "dispute.opened",
    "dispute.first_response",
    "dispute.resolved",
    "excuse.proposed",
    "excuse.accepted",
    "excuse.rejected",
    "case.waived",
    "window.settled",
)
