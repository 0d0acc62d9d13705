"""The commands of the service: ``serve`` answers requests and does jobs, ``worker`` does jobs alone."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from router.errors import Unavailable

Host = Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 is everywhere.")]
Port = Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="0 takes one that is free.")]
Demo = Annotated[bool, typer.Option("--demo", help="Load the demo's drop and plan it; keys go to demo-keys.json.")]


class PortTaken(Unavailable):
    """The service cannot listen where it was told to."""

    code, title = "port-taken", "The address is taken"

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {host}:{port} ({why}); end what does, or give another --port")


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises ``PortTaken``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=1000)
    except OSError as error:
        raise PortTaken(host, port, error.strerror or str(error)) from None
    # Connections inherit it. Without it each answer waits 40 ms for the acknowledgement of its own head.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def serve(host: Host = "127.0.0.1", port: Port = 8000, demo: Demo = False) -> None:
    """Answer requests, and plan. DROPWRIGHT_DATABASE says where everything is kept: else dropwright.db, here."""
    import sys

    from api import demo_drop, logs
    from api.app import create_app
    from api.server import Server
    from api.settings import Settings

    settings = Settings()
    logs.configure(sys.stderr)
    with listening(host, port) as open_at:
        if demo:
            typer.echo(demo_drop.load(settings))
        app = create_app(settings)
        shown = f"[{host}]" if ":" in host else host
        typer.echo(f"http://{shown}:{open_at.getsockname()[1]} answers; its description is at /openapi.json")
        Server(app, notice_s=settings.notice_seconds).run(sockets=[open_at])


def worker() -> None:
    """Do jobs, DROPWRIGHT_WORKERS beside each other, send webhooks and purge, for all that serve the same database."""
    import signal
    import sys
    import time
    from contextlib import suppress

    from api import crew, logs
    from api.db import migrate
    from api.db.connect import connect
    from api.drain import Drain
    from api.settings import Settings

    settings, drain = Settings(), Drain()
    logs.configure(sys.stderr)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    store = connect(settings.database, pool_size=settings.pool_size)
    migrate.upgrade(store)
    hands = crew.worker(settings, store, drain)
    with suppress(KeyboardInterrupt):  # an event set by a handler could wait for a lock that its own thread holds
        hands.start()
        if settings.webhooks:
            crew.dispatcher(settings, store, drain).start()
        if settings.purges:
            crew.purger(settings, store, drain).start()
        typer.echo(f"worker {hands.name} is ready for jobs")
        while True:
            time.sleep(3600)
    drain.finish()
    store.close()
