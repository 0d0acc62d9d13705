"""Signing in by OpenID Connect: the authorization code flow with PKCE, state and nonce.

authlib builds the requests and judges the claims, joserfc the signature. Nothing of the provider is believed before:
the issuer of its configuration, its answer and the token is the one that was set, the key is one that it publishes now,
and the algorithm is one with a public key.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.oauth2 import OAuth2Client, OAuth2Error
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from api.settings import Settings
from router.errors import DropwrightError, Invalid, Unavailable

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
SCOPE: Final = "openid email profile"
LEEWAY_S: Final = 60
WITHIN_S: Final = 5
MOST_BYTES: Final = 2**18
KNOWN_FOR_S: Final = 3600
"""How long the provider's configuration and keys are taken as they were."""

AGAIN_AFTER_S: Final = 60
"""How soon they are fetched again because a token names a key that is not among them."""


class ProviderUnfit(Invalid):
    """The settings of OpenID Connect cannot be meant."""

    code, title = "provider-unfit", "The provider of OpenID Connect is not set as it must be"


class ProviderAway(Unavailable):
    """The provider of OpenID Connect does not answer, or not as one does."""

    code, title = "provider-away", "Signing in by your organisation is not possible now"

    def __init__(self, why: str) -> None:
        super().__init__(f"the service that knows who you are does not answer as it should ({why}); try again later")


class SignInRefused(DropwrightError):
    """What the provider said of somebody does not let them in."""

    code, title = "sign-in-refused", "You could not be signed in"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: sign in again, or ask whoever runs your marketplace to let you in", why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What the browser keeps between leaving and coming back."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is at the provider. ``email``: only if the provider has verified it."""

    issuer: str
    subject: str
    email: str | None


class OpenId:
    """One provider, as one process knows it; threads may share it. Raises ``ProviderUnfit``."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str | None) -> None:
        self.issuer, self._client_id, self._secret = issuer, client_id, client_secret
        if not _safe(issuer) or not client_id:
            raise ProviderUnfit("give an issuer that begins with https:// and a client id beside it")
        self._lock, self._known, self._keys, self._at = Lock(), dict[str, Any](), KeySet([]), 0.0

    def begin(self, redirect_uri: str, to: str) -> tuple[str, Begun]:
        """Where to send the browser, and what it keeps. Raises ``ProviderAway``."""
        begun = Begun(
            state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48), to=to
        )
        found, _ = self._provider()
        url, _ = self._client(redirect_uri, None).create_authorization_url(
            found["authorization_endpoint"], state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
        )
        return url, begun

    def finish(self, redirect_uri: str, code: str, begun: Begun, now: datetime) -> Identity:
        """Who came back with the code. Raises ``ProviderAway``, ``SignInRefused``."""
        found, keys = self._provider()
        with _Http() as http:
            auth = (self._client_id, self._secret) if self._secret else _as_it_is
            try:
                token = self._client(redirect_uri, http).fetch_token(
                    found["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                    auth=auth,
                    **({} if self._secret else {"client_id": self._client_id}),
                )
            except OAuth2Error:
                raise SignInRefused("the provider took back its word") from None
            except (ValueError, httpx2.HTTPStatusError):
                raise ProviderAway("no token") from None
        claims = self._claims(token, keys, begun.nonce, now)
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(issuer=self.issuer, subject=str(claims["sub"]), email=email if isinstance(email, str) else None)

    def _claims(self, token: Mapping[str, Any], keys: KeySet, nonce: str, now: datetime) -> Mapping[str, Any]:
        text = token.get("id_token")
        if not isinstance(text, str):
            raise SignInRefused("the provider did not say who you are")
        try:
            try:
                read = jwt.decode(text, keys, algorithms=ALGORITHMS)
            except InvalidKeyIdError:  # perhaps a new one
                read = jwt.decode(text, self._provider(anew=True)[1], algorithms=ALGORITHMS)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError):
            raise SignInRefused("the provider's word does not hold") from None
        if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255 or not claims["sub"].isprintable():
            raise SignInRefused("the provider did not say who you are")
        found: Mapping[str, Any] = claims
        return found

    def _client(self, redirect_uri: str, http: _Http | None) -> Any:
        return OAuth2Client(
            session=http,
            client_id=self._client_id,
            client_secret=self._secret,
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _provider(self, *, anew: bool = False) -> tuple[Mapping[str, Any], KeySet]:
        """Its configuration and keys."""
        with self._lock:
            age_s = monotonic() - self._at
            if self._known and age_s < (AGAIN_AFTER_S if anew else KNOWN_FOR_S):
                return self._known, self._keys
            with _Http() as http:
                found = http.get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer:
                    raise ProviderAway("another issuer")
                wanted = [found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
                if not all(isinstance(each, str) and _safe(each) for each in wanted):
                    raise ProviderAway("no safe address")
                try:
                    keys = KeySet.import_key_set({"keys": http.get(str(wanted[2]))["keys"]})
                except (JoseError, ValueError, KeyError, TypeError):
                    raise ProviderAway("no keys") from None
            self._known, self._keys, self._at = found, keys, monotonic()
            return found, keys


def provider(settings: Settings) -> OpenId | None:
    """The provider that the settings name, ``None`` where they name none. Raises ``ProviderUnfit``."""
    secret = settings.oidc_client_secret
    if settings.oidc_issuer is None:
        return None
    return OpenId(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=None if secret is None else secret.get_secret_value(),
    )


class _Http:
    """Requests to the provider: no redirect, no proxy, a few seconds, a few bytes. Raises ``ProviderAway``."""

    def __enter__(self) -> _Http:
        self._client = httpx2.Client(timeout=WITHIN_S, follow_redirects=False, trust_env=False)
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def get(self, url: str) -> dict[str, Any]:
        """The JSON object at an address."""
        answer = self._ask("GET", url)
        try:
            found = answer.json() if answer.status_code == 200 else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ProviderAway(f"status {answer.status_code}")
        return found

    def post(self, url: str, **given: Any) -> httpx2.Response:
        """What authlib sends."""
        return self._ask("POST", url, **given)

    def _ask(self, method: str, url: str, **given: Any) -> httpx2.Response:
        give_up_at, body = monotonic() + WITHIN_S, b""
        try:
            with self._client.stream(method, url, **given) as answer:
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES or monotonic() > give_up_at:
                        raise ProviderAway("too much or too slow")
                return httpx2.Response(answer.status_code, content=body, request=answer.request)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            raise ProviderAway("no connection") from None


def _as_it_is(request: httpx2.Request) -> httpx2.Request:
    return request


def _safe(url: str) -> bool:
    """Over https, or within this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
