"""The people of a marketplace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Len

from api import passwords
from api.db import people
from api.db.people import Person
from api.db.tables.accounts import users as rows
from api.deps import Engineer, Now, Overseer, Read, Write, new_id
from api.paging import Page, Paging
from api.principal import RoleName, role_of
from api.routing import Reply, Router, reads
from router.model import Id, Record

router = Router(prefix="/v1/people", tags=["accounts"])

Password = Annotated[str, Len(1, 1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson(Record):
    """Somebody to let in. Without a ``password`` they sign in by OpenID Connect alone, with this e-mail address."""

    email: Annotated[str, Len(3, 320)]
    name: Annotated[str, Len(1, 200)]
    role: RoleName
    partner: Id | None = None
    password: Password | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole(Record):
    """What somebody may do from now on."""

    role: RoleName
    partner: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword(Record):
    """What somebody signs in with from now on."""

    password: Password = field(repr=False)


@router.get("", summary="People")
def list_people(who: Overseer, db: Read, paged: Paging) -> Page[Person]:
    """Everybody who may sign in, or might."""
    return paged.page(db, people.listed(who.tenant), [rows.c.id], people.person_of)


@router.post("", status_code=201, summary="Let somebody in", repeatable=False)
def add_person(
    who: Engineer, given: Annotated[NewPerson, reads(NewPerson, "person")], db: Write, now: Now
) -> Reply[Person]:
    """An e-mail address has one account. There is no Idempotency-Key, which would keep a hash of the password."""
    role, email = role_of(given.role, given.partner), people.email_of(given.email)
    kept = None if given.password is None else passwords.hashed(given.password, email)
    person = new_id()
    people.add(
        db,
        who.tenant,
        person,
        email=email,
        name=given.name,
        role=role,
        partner=given.partner,
        password_hash=kept,
        now=now,
    )
    return Reply(record=people.get(db, who.tenant, person), location=f"/v1/people/{person}")


@router.get("/{person}", summary="One person")
def read_person(who: Overseer, person: str, db: Read) -> Person:
    """Who it is, what they may do, and how they sign in."""
    return people.get(db, who.tenant, person)


@router.put("/{person}/role", summary="Change what somebody may do")
def change_role(who: Engineer, person: str, given: Annotated[NewRole, reads(NewRole, "role")], db: Write) -> Person:
    """Counts from their next request on."""
    people.set_role(db, who.tenant, person, role_of(given.role, given.partner), given.partner)
    return people.get(db, who.tenant, person)


@router.put("/{person}/password", summary="Set somebody's password")
def change_password(
    who: Engineer, person: str, given: Annotated[NewPassword, reads(NewPassword, "password")], db: Write
) -> None:
    """Ends their sessions."""
    email = people.get(db, who.tenant, person).email
    people.set_password(db, who.tenant, person, passwords.hashed(given.password, email))


@router.post("/{person}/disable", summary="Let somebody in no more")
def disable_person(who: Engineer, person: str, db: Write, now: Now) -> Person:
    """Ends their sessions at once. Once is enough."""
    people.disable(db, who.tenant, person, now)
    return people.get(db, who.tenant, person)


@router.post("/{person}/enable", summary="Let somebody in again")
def enable_person(who: Engineer, person: str, db: Write) -> Person:
    """They may sign in anew."""
    people.enable(db, who.tenant, person)
    return people.get(db, who.tenant, person)
