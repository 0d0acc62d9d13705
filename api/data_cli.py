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

Before = Annotated[
    datetime | None,
    typer.Option(
        metavar="TIME",
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"],
        help="Everything that was over before, whatever the settings say; a date is this machine's.",
    ),
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


def purge(before: Before = None) -> None:
    """Delete what is kept no longer, as the service does once a day, and write the tables anew without it.

    That is, each after its own days: recipients and manifests of drops that are over, answers kept by Idempotency-Key,
    sessions that expired, webhooks' deliveries, events of the feed, and jobs that ended. DROPWRIGHT_KEEP_PERSONAL_DAYS,
    _ANSWERS_, _DELIVERIES_, _EVENTS_ and _JOBS_DAYS say how many days.
    """
    from api import retention
    from api.db import migrate as history
    from api.db.connect import connect
    from api.settings import Settings

    settings = Settings()
    store = connect(settings.database)
    history.upgrade(store)
    due = retention.due(settings, datetime.now(UTC))
    end = before.astimezone(UTC) if before else None
    gone = retention.purge(store, lambda rule: end or due(rule), thorough=True)
    store.close()
    typer.echo("deleted " + ", ".join(f"{number} {name}" for name, number in gone.items()))
