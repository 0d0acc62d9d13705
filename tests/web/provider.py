"""A small provider of OpenID Connect on the loopback, with a key of its own, that can be told to make a mistake."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "dropwright", "of-the-client"


@dataclass(kw_only=True)
class Provider:
    """``claims``: what it says of whoever signs in. ``spoil`` changes the claims of a token, ``sign`` makes it."""

    issuer: str
    key: RSAKey
    claims: dict[str, Any]
    spoil: Callable[[dict[str, Any]], None] = field(default=lambda _claims: None)
    sign: Callable[[dict[str, Any]], str] | None = None
    stated_issuer: str | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def signed(self, claims: dict[str, Any]) -> str:
        """A token as it should be."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key, algorithms=["RS256"])

    def unsigned(self, claims: dict[str, Any]) -> str:
        """A token that says of itself that it needs no signature."""
        return ".".join(_part(each) for each in ({"alg": "none"}, claims)) + "."

    def signed_with_what_all_know(self, claims: dict[str, Any]) -> str:
        """A token whose secret is the public key."""
        head = ".".join(_part(each) for each in ({"alg": "HS256", "kid": self.key.kid}, claims))
        known = self.key.as_pem(private=False)
        return f"{head}.{_base64(hmac.digest(known, head.encode(), 'sha256'))}"

    def signed_by_another(self, claims: dict[str, Any]) -> str:
        """A token of somebody who says that the key is this one."""
        other = RSAKey.generate_key(2048)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, other, algorithms=["RS256"])

    def turn_key(self) -> None:
        """From now on another key signs, and is published alone."""
        self.key = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


def _part(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        told, url = self.provider, urlsplit(self.path)
        told.asked.append(url.path)
        if url.path == "/.well-known/openid-configuration":
            self._send(
                {
                    "issuer": told.stated_issuer or told.issuer,
                    "authorization_endpoint": f"{told.issuer}/authorize",
                    "token_endpoint": f"{told.issuer}/token",
                    "jwks_uri": f"{told.issuer}/jwks",
                }
            )
        elif url.path == "/jwks":
            self._send({"keys": [told.key.as_dict(private=False)]})
        elif url.path == "/authorize":
            given = {name: values[0] for name, values in parse_qs(url.query).items()}
            assert (given["response_type"], given["client_id"]) == ("code", CLIENT)
            assert (given["code_challenge_method"], "openid" in given["scope"].split()) == ("S256", True)
            code = f"code-{len(told.codes)}"
            told.codes[code] = given
            query = urlencode({"code": code, "state": given["state"], "iss": told.issuer})
            self.send_response(302)
            self.send_header("Location", f"{given['redirect_uri']}?{query}")
            self.end_headers()
        else:
            self._send({}, 404)

    def do_POST(self) -> None:
        told = self.provider
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        begun = told.codes.pop(sent.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = _base64(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        right = (
            begun is not None
            and self.headers["authorization"] == f"Basic {basic}"
            and sent.get("grant_type") == "authorization_code"
            and sent.get("redirect_uri") == begun["redirect_uri"]
            and challenge == begun["code_challenge"]
        )
        if begun is None or not right:
            self._send({"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        claims = {
            "iss": told.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": begun["nonce"],
            **told.claims,
        }
        told.spoil(claims)
        token = (told.sign or told.signed)(claims)
        self._send({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _send(self, value: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing on standard error."""


@contextmanager
def provider(claims: dict[str, Any]) -> Iterator[Provider]:
    """A provider that answers until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    key = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
    made = Provider(issuer=f"http://127.0.0.1:{server.server_address[1]}", key=key, claims=claims)
    handler.provider = made
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
