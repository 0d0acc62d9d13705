"""The pick list as CSV: a row a line, times local to the drop, the same columns for every list."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from api.documents import sheet
from api.documents.picking import PickLine, PickList
from api.documents.sheet import MEDIA_TYPE
from api.wording import stamp

__all__ = ["HEADS", "MEDIA_TYPE", "is_pick_list", "render"]

HEADS = (
    "line",
    "hub",
    "wave",
    "start",
    "end",
    "bin",
    "sku",
    "title",
    "quantity",
    "contingency",
    "from_bundle",
    "seller",
    "parcel",
    "order",
    "leaves_with",
    "leaves_at",
)


def render(pick_list: PickList) -> bytes:
    """One list. ``from_bundle`` reads like ``2 in GIFT-1``; ``leaves_with`` like ``bike-1`` or ``post (post-20)``."""
    zone = ZoneInfo(pick_list.timezone)
    wave = (pick_list.hub, pick_list.wave, stamp(pick_list.start_at, zone), stamp(pick_list.end_at, zone))
    return sheet.render(
        HEADS,
        (
            (
                line.id,
                *wave,
                line.bin or "",
                line.sku,
                line.title or "",
                line.quantity,
                line.contingency,
                ", ".join(f"{each.quantity} in {each.bundle}" for each in line.bundles),
                line.seller,
                line.parcel,
                line.order,
                _leaves_with(line),
                stamp(line.leaves_at, zone),
            )
            for line in pick_list.lines
        ),
    )


def is_pick_list(content: bytes) -> bool:
    """Whether a file was written by ``render``: it begins with the same heading."""
    return content.startswith(sheet.render(HEADS, ()))


def _leaves_with(line: PickLine) -> str:
    return f"{line.carrier} ({line.collection})" if line.carrier else line.courier or ""
