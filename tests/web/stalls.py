"""A route that writes, for tests of what happens around a route; as a program, the service with it in its own process.

python -m tests.web.stalls DATABASE PORT NOTICE_S
"""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI
from sqlalchemy import insert

from api import logs
from api.app import create_app
from api.db.tables.accounts import tenants
from api.deps import Now, Signed, Write
from api.routing import Router, reads
from api.server import Server
from api.settings import Settings
from router.model import Id, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall(Record):
    """A marketplace to open."""

    id: Id


def add_to(app: FastAPI) -> None:
    """Adds ``POST /v1/stalls``, and a bug at ``POST /v1/stalls/{stall}/bug`` that quotes whoever meets it."""
    router = Router(prefix="/v1/stalls")

    @router.post("", status_code=201)
    def open_stall(stall: Annotated[Stall, reads(Stall, "stall")], db: Write, at: Now, who: Signed) -> Stall:
        db.execute(insert(tenants).values(id=stall.id, name=(stall.id * 40)[:200], created_at=at))
        return stall

    @router.post("/{stall}/bug")
    def meet(stall: str) -> None:
        raise ValueError(f"{stall} is not welcome")

    app.include_router(router)


def main(database: str, port: str, notice_s: str) -> None:
    """Serves until it is told to end."""
    logs.configure(sys.stderr)
    app = create_app(Settings(database=database))
    add_to(app)
    server = Server(app, notice_s=float(notice_s))
    with socket.create_server(("127.0.0.1", int(port)), backlog=1000) as listening:
        server.run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
