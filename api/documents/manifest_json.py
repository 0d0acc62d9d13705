"""The manifest as JSON: the record itself, times in UTC."""

from __future__ import annotations

import json

from api.documents.manifests import Manifest
from router import codec

MEDIA_TYPE = "application/json"


def render(manifest: Manifest) -> bytes:
    """UTF-8, fields in the order of the record. Equal records give equal bytes."""
    return json.dumps(codec.plain(manifest), ensure_ascii=False, separators=(",", ":")).encode()
