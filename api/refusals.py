"""Puts into the audit log what somebody was refused: what they did was rolled back, so this is written by itself."""

from __future__ import annotations

import structlog
from fastapi import Request

from api.db import audit
from api.db.connect import Database
from api.deps import SAFE
from api.principal import Principal
from router.errors import Unavailable

_log = structlog.get_logger()


def note(request: Request, status: int) -> None:
    """Adds an entry where somebody who is known was refused a change. A database that fails fails nobody else."""
    who: Principal | None = getattr(request.state, "principal", None)
    if who is None or request.method in SAFE or not 400 <= status < 500:
        return
    store: Database = request.app.state.database
    try:
        with store.write() as db:
            audit.did(db, who, status=status, made=None, at=request.app.state.clock())
    except Unavailable:
        _log.warning("a refusal is not in the audit log")
