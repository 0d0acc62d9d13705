"""The commands that look after the service's data, of which ``DROPWRIGHT_DATABASE`` says where it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.wording import count

Revision = Annotated[
    str | None, typer.Option("--to", metavar="REVISION", help="An older one: what its tables lack is lost.")
]

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


def migrate(to: Revision = None) -> None:
    """Bring the database to the tables of this version, as the service does by itself when it starts."""
    from api.db import migrate as history
    from api.db.connect import connect
    from api.settings import Settings

    store = connect(Settings().database)
    history.move(store, to or history.newest())
    store.close()
    typer.echo(f"the tables are of revision {to or history.newest()}")


def backup(file: File) -> None:
    """Write all that the service knows to FILE, as it is at one instant; the service may go on meanwhile."""
    from api.db import backup as copies
    from api.db.connect import connect
    from api.settings import Settings

    store = connect(Settings().database)
    kept = copies.save(store, file, datetime.now(UTC))
    store.close()
    typer.echo(f"{count(kept.rows, 'row')} of {count(len(kept.tables), 'table')} are in {file}")


def restore(file: File) -> None:
    """Fill the database, which must be new, from FILE, wherever that was made."""
    from api.db import backup as copies
    from api.db.connect import connect
    from api.settings import Settings

    store = connect(Settings().database)
    kept = copies.restore(store, file)
    store.close()
    typer.echo(f"{count(kept.rows, 'row')} of {count(len(kept.tables), 'table')} were restored from {file}")
