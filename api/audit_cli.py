"""The commands ``dropwright audit …``: for whoever checks the service from outside of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from router.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.db.audit import AuditHead

app = typer.Typer(help="The audit log: whether it is whole, and its head to keep elsewhere.", no_args_is_help=True)

Tenant = Annotated[str | None, typer.Option(metavar="ID", help="Of this marketplace alone; else of every one.")]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="Else what DROPWRIGHT_DATABASE names.")
]


class HalfAHead(Invalid):
    """A head of the audit log came without all that it takes."""

    code, title = "half-a-head", "Of a head of the audit log something is missing"

    def __init__(self) -> None:
        super().__init__("give --tenant, --head and --count together: the three that `dropwright audit head` prints")


@app.command()
def head(tenant: Tenant = None, database: DatabaseUrl = None) -> None:
    """Print marketplace, count and hash. Keep the line where nobody who can write the database can."""
    from api.db import audit

    _print(tenant, database, audit.head)


@app.command()
def verify(
    tenant: Tenant = None,
    database: DatabaseUrl = None,
    sha256: Annotated[str | None, typer.Option("--head", metavar="HASH", help="A hash that was kept.")] = None,
    count: Annotated[int | None, typer.Option("--count", metavar="N", min=0, help="The count beside it.")] = None,
) -> None:
    """Read every entry. Exit status 0 if the log is as it was written, 1 with the first entry that is not."""
    from api.db import audit
    from api.db.audit import AuditBroken, AuditHead

    if (sha256 is None) != (count is None) or (sha256 is not None and tenant is None):
        raise HalfAHead
    known = None if sha256 is None or count is None else AuditHead(count=count, sha256=sha256.lower())
    try:
        _print(tenant, database, lambda db, each: audit.verify(db, each, known))
    except AuditBroken as broken:
        typer.echo(f"dropwright: {broken}", err=True)
        raise typer.Exit(1) from None


def _print(tenant: str | None, database: str | None, found: Callable[[Connection, str], AuditHead]) -> None:
    """A line for each marketplace with what is found of it."""
    from api.db import accounts
    from api.db.connect import connect
    from api.settings import Settings

    store = connect(database or Settings().database)
    try:
        with store.read() as db:
            for each in [tenant] if tenant is not None else accounts.tenant_ids(db):
                told = found(db, each)
                typer.echo(f"{each} {told.count} {told.sha256}")
    finally:
        store.close()
