"""The commands for a first start, and for when nobody can sign in: ``tenants add``, ``keys create``, ``people add``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from router.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy import Connection

tenants = typer.Typer(help="Marketplaces.", no_args_is_help=True)
keys = typer.Typer(help="API keys.", no_args_is_help=True)
people = typer.Typer(help="People who may sign in.", no_args_is_help=True)

ACTOR = "command"
"""Who did it, in the audit log."""


class RoleChoice(StrEnum):
    """The roles, as the command line offers them."""

    ENGINEER = "engineer"
    HUB = "hub"
    COURIER = "courier"
    MANAGER = "manager"
    AUDITOR = "auditor"


DatabaseUrl = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="Else what DROPWRIGHT_DATABASE names.")
]
Tenant = Annotated[
    str | None, typer.Option(metavar="ID", help="The marketplace; may be left out where there is one alone.")
]
Role = Annotated[RoleChoice, typer.Option(help="What they may do.")]
Partner = Annotated[
    str | None, typer.Option(metavar="ID", help="Whose hubs or couriers, for the roles hub and courier.")
]


class WhichTenant(Invalid):
    """No marketplace was named, and there is not exactly one."""

    code, title = "which-tenant", "Which marketplace is meant is not known"

    def __init__(self, ids: tuple[str, ...]) -> None:
        told = f"give --tenant: {', '.join(ids[:20])}" if ids else "add one first: dropwright tenants add NAME"
        super().__init__(f"which marketplace? {told}")


@tenants.command("add")
def add_tenant(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, for people.")],
    tenant: Annotated[str | None, typer.Option("--id", metavar="ID", help="Else made of the name.")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Add a marketplace, and print an engineer's API key for it, once."""
    from api.db import accounts

    made = tenant if tenant is not None else "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
    if not 1 <= len(made) <= 200 or not 1 <= len(name) <= 200:
        raise typer.BadParameter("give a name, and an id, of 1 to 200 characters")
    with _transaction(database) as (db, now):
        accounts.add_tenant(db, made, name=name, now=now)
        _note(db, made, "tenants add", None, now)
        text = _new_key(db, made, name="First key", role=RoleChoice.ENGINEER, partner=None, days=None, now=now)
    typer.echo(f"marketplace {made}", err=True)
    typer.echo(text)


@keys.command("create")
def create_key(
    role: Role,
    tenant: Tenant = None,
    partner: Partner = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="What it is for.")] = "By the command line",
    days: Annotated[int | None, typer.Option(metavar="N", min=1, max=36_500, help="It expires after N days.")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Make an API key and print it, once."""
    with _transaction(database) as (db, now):
        text = _new_key(db, _tenant(db, tenant), name=name, role=role, partner=partner, days=days, now=now)
    typer.echo(text)


@people.command("add")
def add_person(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="What they sign in with.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Their name.")],
    role: Role,
    tenant: Tenant = None,
    partner: Partner = None,
    openid: Annotated[bool, typer.Option("--openid", help="No password: they sign in by OpenID Connect.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Let somebody in. Asks for their password, or reads it from standard input."""
    import sys

    from api import passwords
    from api.db import people
    from api.deps import new_id
    from api.principal import role_of

    checked, address = role_of(role, partner), people.email_of(email)
    kept = None
    if not openid:
        asked = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else None
        kept = passwords.hashed(asked or sys.stdin.readline().rstrip("\r\n"), address)
    with _transaction(database) as (db, now):
        whose, person = _tenant(db, tenant), new_id()
        people.add(
            db,
            whose,
            person,
            email=address,
            name=name,
            role=checked,
            partner=partner,
            password_hash=kept,
            now=now,
        )
        _note(db, whose, "people add", f"/v1/people/{person}", now)
    typer.echo(f"{address} may sign in as {role}")


@contextmanager
def _transaction(database: str | None) -> Iterator[tuple[Connection, datetime]]:
    from api.db import migrate
    from api.db.connect import connect
    from api.settings import Settings

    store = connect(database or Settings().database)
    try:
        migrate.upgrade(store)
        with store.write() as db:
            yield db, datetime.now(UTC)
    finally:
        store.close()


def _tenant(db: Connection, given: str | None) -> str:
    from api.db import accounts

    if given is not None:
        return accounts.tenant(db, given).id
    ids = accounts.tenant_ids(db)
    if len(ids) != 1:
        raise WhichTenant(ids)
    return ids[0]


def _new_key(
    db: Connection, tenant: str, *, name: str, role: RoleChoice, partner: str | None, days: int | None, now: datetime
) -> str:
    from api.db import accounts
    from api.deps import new_id
    from api.keys import new_key
    from api.principal import role_of

    key, key_id = new_key(), new_id()
    expires_at = None if days is None else now + timedelta(days=days)
    checked = role_of(role, partner)
    accounts.add_key(
        db, tenant, key, key_id=key_id, name=name, role=checked, partner=partner, now=now, expires_at=expires_at
    )
    _note(db, tenant, "keys create", f"/v1/keys/{key_id}", now)
    return key.text


def _note(db: Connection, tenant: str, action: str, subject: str | None, now: datetime) -> None:
    from api.db import audit

    audit.append(db, tenant, actor=ACTOR, action=action, subject=subject, status=0, at=now)
