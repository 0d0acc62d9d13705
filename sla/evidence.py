"""Evidence of a case: a timeline that cannot be changed, shortened or reordered without notice.

A file of JSON Lines in the canonical form of RFC 8785. The first line says what the case is; then comes one line for
each event that decided it, in fold order, with the SHA-256 over the hash before and the event; the last line holds the
count of the events and the last hash, the head. A signature (Ed25519, detached) is made over the bytes of the file.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from router.errors import Invalid

FORMAT = "dropwright.evidence/1"
Values = Mapping[str, Any]


class EvidenceBroken(Invalid):
    """A timeline is not what was signed."""

    code, title = "evidence-broken", "The evidence does not hold"


class NotCanonical(Invalid):
    """An event holds a number that JSON's canonical form cannot spell."""

    code, title = "not-canonical", "An event has no canonical form"


class KeyUnusable(Invalid):
    """A file that should hold a key of Ed25519 does not."""

    code, title = "key-unusable", "The key cannot be used"


def timeline(case: Values, records: Iterable[Values]) -> bytes:
    """The file of a case and the events that decided it. Raises ``NotCanonical``."""
    head = _canonical({"format": FORMAT, "case": case})
    lines = [head]
    before = hashlib.sha256(head).digest()
    for record in records:
        before = _chained(before, record)
        lines.append(_canonical({"record": record, "sha256": before.hex()}))
    lines.append(_canonical({"count": len(lines) - 1, "head": before.hex()}))
    return b"".join(line + b"\n" for line in lines)


def head(content: bytes) -> str:
    """The last hash of a timeline, once all of it is found whole. Raises ``EvidenceBroken``."""
    if not content.endswith(b"\n"):
        raise EvidenceBroken("the file is cut off: its last line has no end")
    lines = content[:-1].split(b"\n")
    first = _values(lines[0], 1)
    if first.get("format") != FORMAT:
        raise EvidenceBroken(f"line 1: the format is not {FORMAT}")
    before = hashlib.sha256(lines[0]).digest()
    for number, line in enumerate(lines[1:-1], start=2):
        values = _values(line, number)
        if set(values) != {"record", "sha256"}:
            raise EvidenceBroken(f"line {number}: is no record with its hash")
        before = _chained(before, values["record"])
        if values["sha256"] != before.hex():
            raise EvidenceBroken(f"line {number}: the hash does not follow from the record and the one before")
    last = _values(lines[-1], len(lines))
    if last != {"count": len(lines) - 2, "head": before.hex()}:
        raise EvidenceBroken(f"line {len(lines)}: count and head are not those of the records")
    return before.hex()


def verify(content: bytes, signature: bytes, key: bytes, wanted_head: str | None = None) -> str:
    """The head of a timeline that is whole, signed with this key and, if asked, the one known by its head.

    ``signature`` as ``sign`` makes it, ``key``: a public key as PEM. Raises ``EvidenceBroken`` and ``KeyUnusable``.
    """
    found = head(content)
    try:
        _public(key).verify(base64.b64decode(signature.strip(), validate=True), content)
    except (InvalidSignature, ValueError):
        raise EvidenceBroken("the signature is not of this key over this file") from None
    if wanted_head is not None and wanted_head.strip().lower() != found:
        raise EvidenceBroken(f"the head is {found}, not the one that was wanted")
    return found


def sign(content: bytes, key: bytes) -> bytes:
    """The signature of a file with a private key (PEM): base64 and a line feed. Raises ``KeyUnusable``."""
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError):
        raise KeyUnusable(
            "the private key is not PEM without a password; make one with: dropwright sla keygen"
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyUnusable("the private key is not one of Ed25519; make one with: dropwright sla keygen")
    return base64.b64encode(private.sign(content)) + b"\n"


def key_pair(seed: bytes) -> tuple[bytes, bytes]:
    """A private and its public key as PEM, made of 32 random bytes."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    kept = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    told = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return kept, told


def _public(key: bytes) -> Ed25519PublicKey:
    try:
        public = serialization.load_pem_public_key(key)
    except ValueError:
        raise KeyUnusable("the public key is not PEM") from None
    if not isinstance(public, Ed25519PublicKey):
        raise KeyUnusable("the public key is not one of Ed25519")
    return public


def _chained(before: bytes, record: object) -> bytes:
    return hashlib.sha256(before + _canonical(record)).digest()


def _canonical(values: Any) -> bytes:
    try:
        return rfc8785.dumps(values)
    except rfc8785.CanonicalizationError as error:
        raise NotCanonical(f"the event cannot be written as canonical JSON: {error}") from None


def _values(line: bytes, number: int) -> dict[str, Any]:
    """The values of a line that is written in the one canonical way."""
    try:
        values = json.loads(line)
        if isinstance(values, dict) and _canonical(values) == line:
            return values
    except (ValueError, RecursionError, NotCanonical):
        pass
    raise EvidenceBroken(f"line {number}: is not the canonical JSON that was signed")
