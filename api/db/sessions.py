"""Signed-in sessions of people. Of a session's token only the hash is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from api.db.tables.accounts import sessions, users
from api.keys import hashed
from api.principal import Principal, Role

LASTS = timedelta(hours=12)
"""From signing in to signing in anew, whatever happens: a shift."""

IDLE = timedelta(hours=2)
"""Without a request, until it is over."""

NOTED = timedelta(minutes=1)
"""How exactly it is known when the last request was, so that reading does not write each time."""


def start(db: Connection, tenant: str, person: str, token: str, now: datetime) -> None:
    """A new session of a person."""
    row = {"tenant": tenant, "user": person, "created_at": now, "seen_at": now, "expires_at": now + LASTS}
    db.execute(insert(sessions).values(row | {"token_sha256": hashed(token)}))


def holder(db: Connection, token: str, now: datetime) -> tuple[Principal, bool] | None:
    """Whose session it is, as what they are by now, and whether ``note`` is due; ``None`` where it is over."""
    mine = (users.c.tenant == sessions.c.tenant, users.c.id == sessions.c.user, users.c.disabled_at.is_(None))
    wanted = select(users.c.tenant, users.c.id, users.c.role, users.c.partner, sessions.c.seen_at)
    row = db.execute(
        wanted.where(
            *mine,
            sessions.c.token_sha256 == hashed(token),
            sessions.c.expires_at > now,
            sessions.c.seen_at > now - IDLE,
        )
    ).one_or_none()
    if row is None:
        return None
    who = Principal(tenant=row.tenant, role=Role(row.role), partner=row.partner, actor=f"user/{row.id}")
    return who, row.seen_at <= now - NOTED


def note(db: Connection, token: str, now: datetime) -> None:
    """Notes that there was a request."""
    db.execute(update(sessions).where(sessions.c.token_sha256 == hashed(token)).values(seen_at=now))


def end(db: Connection, token: str) -> None:
    """Ends a session."""
    db.execute(delete(sessions).where(sessions.c.token_sha256 == hashed(token)))


def end_all(db: Connection, tenant: str, person: str) -> None:
    """Ends every session of a person."""
    db.execute(delete(sessions).where(sessions.c.tenant == tenant, sessions.c.user == person))


def forget(db: Connection, before: datetime) -> int:
    """Deletes sessions that were over before an instant, and tells how many."""
    over = (sessions.c.expires_at < before) | (sessions.c.seen_at < before - IDLE)
    return db.execute(delete(sessions).where(over)).rowcount
