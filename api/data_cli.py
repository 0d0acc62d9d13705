"""The commands that look after the service's data, of which ``DROPWRIGHT_DATABASE`` says where it is."""

from __future__ import annotations

from typing import Annotated

import typer

Revision = Annotated[
    str | None, typer.Option("--to", metavar="REVISION", help="An older one: what its tables lack is lost.")
]


def migrate(to: Revision = None) -> None:
    """Bring the database to the tables of this version, as the service does by itself when it starts."""
    from api.db import migrate as history
    from api.db.connect import connect
    from api.settings import Settings

    store = connect(Settings().database)
    history.move(store, to or history.newest())
    store.close()
    typer.echo(f"the tables are of revision {to or history.newest()}")
