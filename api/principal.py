"""Who is asking: the marketplace, the role and, for hub and courier operators, the partner."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from router.errors import DropwrightError, Invalid


class Role(StrEnum):
    """What somebody may do. Engineers change; managers and auditors read; operators see their partner's work."""

    ENGINEER = "engineer"
    HUB = "hub"
    COURIER = "courier"
    MANAGER = "manager"
    AUDITOR = "auditor"


RoleName = Literal["engineer", "hub", "courier", "manager", "auditor"]
"""A role as it is written."""

OPERATORS = (Role.HUB, Role.COURIER)
"""The roles that belong to a partner."""


class NotSignedIn(DropwrightError):
    """No key or session came with the request, or one that does not hold."""

    code, title = "not-signed-in", "Who is asking is not known"

    def __init__(self) -> None:
        super().__init__("send an API key that holds: Authorization: Bearer dw_…")


class NotAllowed(DropwrightError):
    """Whoever asks is known, and their role may not do this."""

    code, title = "not-allowed", "The role does not allow this"

    def __init__(self, role: Role, allowed: tuple[Role, ...]) -> None:
        super().__init__(f"the role {role} may not do this; {', '.join(allowed)} may", role=str(role))


class PartnerMismatch(Invalid):
    """A role and a partner that do not go together."""

    code, title = "partner-mismatch", "The role and the partner do not go together"

    def __init__(self, role: str) -> None:
        wanted = "belongs to a partner: give one" if role in OPERATORS else "is the marketplace's own: give no partner"
        super().__init__(f"the role {role} {wanted}", role=role)


def role_of(name: str, partner: str | None) -> Role:
    """The role of that name, if it may have that partner. Raises ``PartnerMismatch``."""
    role = Role(name)
    if (role in OPERATORS) is (partner is None):
        raise PartnerMismatch(name)
    return role


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a request is about to do. ``action``: its method and its route's template; ``path``: what that became."""

    action: str
    path: str
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever sent a request. ``actor`` names the key or person, such as ``key/k1``, in ledgers and the audit log."""

    tenant: str
    role: Role
    partner: str | None
    actor: str
    deed: Deed = field(default=Deed(action="none", path=""), compare=False)

    @property
    def hub_partner(self) -> str | None:
        """The partner whose hubs alone may be seen, ``None`` where all may."""
        return self.partner if self.role is Role.HUB else None

    @property
    def courier_partner(self) -> str | None:
        """The partner whose couriers alone may be seen, ``None`` where all may."""
        return self.partner if self.role is Role.COURIER else None
