"""API keys: ``dw_`` + prefix + ``_`` + secret. Only a hash is kept; the key is shown once.

The secret has 256 random bits, so a fast hash is enough: nobody can try them all. The hash is compared in the same time
wherever the two differ, and a prefix that nobody has costs one comparison too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

_KEY = re.compile(r"dw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as its owner gets it (``text``, never stored) and as it is stored."""

    prefix: str
    text: str = field(repr=False)
    secret_sha256: str = field(repr=False)


def new_key() -> NewKey:
    """A key that nobody has."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return NewKey(prefix=prefix, text=f"dw_{prefix}_{secret}", secret_sha256=hashed(secret))


def hashed(secret: str) -> str:
    """SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parts(text: str) -> tuple[str, str] | None:
    """Prefix and secret of a key, ``None`` for what is none."""
    found = _KEY.fullmatch(text) if len(text) <= 80 else None
    return (found[1], found[2]) if found else None


def same(secret: str, secret_sha256: str | None) -> bool:
    """Whether the secret has this hash; takes as long where there is none."""
    return hmac.compare_digest(hashed(secret), secret_sha256 or _NOBODY) and secret_sha256 is not None
