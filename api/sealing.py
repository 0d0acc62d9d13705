"""Secrets that the service has to use again, such as those that sign webhooks, encrypted before they are stored.

AES-256-GCM under a key that is made of ``DROPWRIGHT_SECRET`` (HKDF-SHA256). Each is bound to what it is for: moved to
another row, it does not open. On SQLite, where no secret is given, one is made in a file beside the database.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import make_url

from api.settings import Settings
from router.errors import Unavailable

_NONCE = 12


class NoSecret(Unavailable):
    """There is no secret to encrypt with."""

    code, title = "no-secret", "The service has no secret to encrypt with"

    def __init__(self) -> None:
        super().__init__("set DROPWRIGHT_SECRET to 32 random characters or more, the same for every process")


class NotOpened(Unavailable):
    """Something was encrypted with a secret that is not known any more, or belongs to another row."""

    code, title = "not-opened", "A stored secret cannot be read"

    def __init__(self) -> None:
        super().__init__("what is stored was encrypted with another DROPWRIGHT_SECRET: give that one too, or rotate")


class Sealer:
    """Encrypts with the first of the secrets, and decrypts with any of them."""

    def __init__(self, *known: str) -> None:
        self._keys = [AESGCM(_key(each)) for each in known]

    def seal(self, text: str, about: str) -> bytes:
        """``text`` encrypted, to be opened for ``about`` alone."""
        nonce = os.urandom(_NONCE)
        return nonce + self._keys[0].encrypt(nonce, text.encode(), about.encode())

    def open(self, sealed: bytes, about: str) -> str:
        """What was sealed for ``about``. Raises ``NotOpened``."""
        for key in self._keys:
            with suppress(InvalidTag):
                return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode()).decode()
        raise NotOpened


def sealer(settings: Settings) -> Sealer:
    """The sealer of these settings; may make the file beside an SQLite database. Raises ``NoSecret``."""
    if settings.secret is not None:
        return Sealer(*settings.secret.get_secret_value().split())
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise NoSecret
    return Sealer(_kept(Path(f"{url.database}.secret")))


def _kept(path: Path) -> str:
    """The secret in a file that only its owner reads; made where there is none, once for all processes."""
    if not path.exists():
        made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(made, path)  # unlike a rename, it never takes the place of another one
        made.unlink()
    return path.read_text().strip()


def _key(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"dropwright sealing 1").derive(secret.encode())
