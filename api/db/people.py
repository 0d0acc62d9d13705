"""The people of a marketplace: who may sign in, as what, and with whose word that it is they."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from api.db import sessions
from api.db.schema import Instant
from api.db.tables.accounts import users
from api.principal import Role, RoleName
from router.errors import Conflict, Invalid, NotFound

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")


class NoPerson(NotFound):
    """Nobody of that id in this marketplace."""

    code, title = "no-person", "There is no such person"


class EmailTaken(Conflict):
    """Somebody has that e-mail address already, and it is what people sign in with."""

    code, title = "email-taken", "The e-mail address is taken"

    def __init__(self) -> None:
        super().__init__("somebody has this e-mail address already: an address has one account in one marketplace")


class EmailUnfit(Invalid):
    """What should be an e-mail address is none."""

    code, title = "email-unfit", "This is not an e-mail address"

    def __init__(self) -> None:
        super().__init__("give an e-mail address, such as ada@example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in. ``password``, ``openid``: whether they can with one, and have by OpenID Connect."""

    id: str
    email: str
    name: str
    role: RoleName
    partner: str | None
    password: bool
    openid: bool
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What signing in takes."""

    tenant: str
    id: str
    email: str
    password_hash: str | None


def email_of(given: str) -> str:
    """An e-mail address as it is kept: in lower case. Raises ``EmailUnfit``."""
    email = given.strip().lower()
    if len(email) > 320 or not _EMAIL.fullmatch(email):
        raise EmailUnfit
    return email


def add(
    db: Connection,
    tenant: str,
    person: str,
    *,
    email: str,
    name: str,
    role: Role,
    partner: str | None,
    password_hash: str | None,
    now: datetime,
) -> None:
    """A new person. ``email``: as ``email_of`` gives it. Raises ``EmailTaken``."""
    row = {"tenant": tenant, "id": person, "email": email, "name": name, "role": str(role), "partner": partner}
    try:
        with db.begin_nested():
            db.execute(insert(users).values(row | {"password_hash": password_hash, "created_at": now}))
    except IntegrityError:
        if db.execute(select(users.c.id).where(users.c.email == email)).first() is None:
            raise
        raise EmailTaken from None


def listed(tenant: str) -> Select[Any]:
    """The people of a marketplace."""
    return select(users).where(users.c.tenant == tenant)


def person_of(row: Row[Any]) -> Person:
    """A row as a record, without the hash of a password."""
    own = {name: getattr(row, name) for name in ("id", "email", "name", "role", "partner", "created_at", "disabled_at")}
    return Person(**own, password=row.password_hash is not None, openid=row.subject is not None)


def get(db: Connection, tenant: str, person: str) -> Person:
    """One person. Raises ``NoPerson``."""
    row = db.execute(listed(tenant).where(users.c.id == person)).one_or_none()
    if row is None:
        raise _nobody(person)
    return person_of(row)


def set_role(db: Connection, tenant: str, person: str, role: Role, partner: str | None) -> None:
    """Another role, from the next request on. Raises ``NoPerson``."""
    _change(db, tenant, person, {"role": str(role), "partner": partner})


def set_password(db: Connection, tenant: str, person: str, password_hash: str) -> None:
    """Another password; whoever is signed in has to sign in anew. Raises ``NoPerson``."""
    _change(db, tenant, person, {"password_hash": password_hash})
    sessions.end_all(db, tenant, person)


def disable(db: Connection, tenant: str, person: str, now: datetime) -> None:
    """Lets them in no more, and ends their sessions; once is enough. Raises ``NoPerson``."""
    _change(db, tenant, person, {"disabled_at": func.coalesce(users.c.disabled_at, literal(now, Instant()))})
    sessions.end_all(db, tenant, person)


def enable(db: Connection, tenant: str, person: str) -> None:
    """Lets them sign in again. Raises ``NoPerson``."""
    _change(db, tenant, person, {"disabled_at": None})


def by_email(db: Connection, email: str) -> Account | None:
    """Whose e-mail address it is, if they may sign in."""
    return _account(db, users.c.email == email)


def by_subject(db: Connection, issuer: str, subject: str) -> Account | None:
    """Whom a provider of OpenID Connect means, if they may sign in."""
    return _account(db, users.c.issuer == issuer, users.c.subject == subject)


def link(db: Connection, email: str, issuer: str, subject: str) -> Account | None:
    """Whoever was invited by this e-mail address and is nobody's yet, from now on known as that subject."""
    mine = (users.c.email == email, users.c.issuer.is_(None), users.c.disabled_at.is_(None))
    if db.execute(update(users).where(*mine).values(issuer=issuer, subject=subject)).rowcount == 0:
        return None
    return by_subject(db, issuer, subject)


def _account(db: Connection, *which: Any) -> Account | None:
    wanted = select(users.c.tenant, users.c.id, users.c.email, users.c.password_hash)
    row = db.execute(wanted.where(*which, users.c.disabled_at.is_(None))).mappings().one_or_none()
    return None if row is None else Account(**row)


def _change(db: Connection, tenant: str, person: str, values: dict[str, Any]) -> None:
    if db.execute(update(users).where(users.c.tenant == tenant, users.c.id == person).values(values)).rowcount == 0:
        raise _nobody(person)


def _nobody(person: str) -> NoPerson:
    return NoPerson(f"there is nobody {person!r}")
