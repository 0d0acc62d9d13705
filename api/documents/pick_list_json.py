"""The pick list as JSON: the record itself, times in UTC."""

from __future__ import annotations

import json

from api.documents.picking import PickList
from router import codec

MEDIA_TYPE = "application/json"


def render(pick_list: PickList) -> bytes:
    """UTF-8, fields in the order of the record. Equal records give equal bytes."""
    return json.dumps(codec.plain(pick_list), ensure_ascii=False, separators=(",", ":")).encode()
