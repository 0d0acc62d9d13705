"""Passwords: hashed by Argon2id, checked at the same cost whether there is such a person or not."""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from router.errors import Invalid

SHORTEST: Final = 12
LONGEST: Final = 200

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""What OWASP asks for at least: 19 MiB, two passes."""

_AT_ONCE: Final = BoundedSemaphore(4)
"""Whoever signs in must not take the memory of everybody else."""


class PasswordUnfit(Invalid):
    """A password that is easy to guess."""

    code, title = "password-unfit", "The password will not do"

    def __init__(self) -> None:
        super().__init__(
            f"take {SHORTEST} to {LONGEST} characters that are not the e-mail address; several words are good"
        )


def hashed(password: str, email: str) -> str:
    """What is kept of a new password. Raises ``PasswordUnfit``."""
    if not SHORTEST <= len(password) <= LONGEST or password.casefold() == email.casefold():
        raise PasswordUnfit
    with _AT_ONCE:
        return _HASHER.hash(password)


def same(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of that hash; takes as long where there is none."""
    if len(password) > LONGEST:
        return False
    with _AT_ONCE:
        try:
            _HASHER.verify(password_hash or _nobody(), password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
