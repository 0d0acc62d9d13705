"""Somebody else's word lets people in if it is about them, for us, fresh, and signed by whom we asked; else nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from api import openid
from api.app import create_app
from api.openid import ProviderUnfit
from api.settings import Settings
from tests.web.provider import CLIENT, SECRET, Provider, provider
from tests.web.service import Service, serving
from tests.web.test_sign_in import Browser

SUBJECT = "s-1815"
CLAIMS = {"sub": SUBJECT, "email": "Ada@Example.com", "email_verified": True}
ADA = {"email": "ada@example.com", "name": "Ada", "role": "manager"}


@contextmanager
def meeting(database: str) -> Iterator[tuple[Service, Provider]]:
    """A service whose people sign in at a provider, where ADA is invited."""
    with (
        provider(dict(CLAIMS)) as found,
        serving(database, oidc_issuer=found.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET) as service,
    ):
        assert service.post("/v1/people", json=ADA).status_code == 201
        yield service, found


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Service, Provider]]:
    with meeting(f"sqlite:///{tmp_path / 'a.db'}") as found:
        yield found


def come_back(browser: Browser, change: Callable[[str], str] = str, path: str = "/sign-in/openid") -> Any:
    """What the service answers once the browser was sent to the provider and back."""
    away = browser.get(path).headers["location"]
    back = httpx2.get(change(away), trust_env=False).headers["location"]
    return browser.get(back.removeprefix("http://testserver"))


def test_whoever_was_invited_is_let_in_and_known_from_then_on(database: str) -> None:
    with meeting(database) as (service, found):
        browser = Browser(service)
        answer = come_back(browser, path="/sign-in/openid?next=/jobs")
        assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")
        me = browser.get("/v1/me").json()
        assert me["role"] == "manager"
        found.claims = {"sub": SUBJECT, "email": "renamed@example.com", "email_verified": True}
        again = Browser(service)
        assert come_back(again).status_code == 303
        assert again.get("/v1/me").json() == me
        service.post(f"/v1/people/{me['actor'].partition('/')[2]}/disable")
        assert come_back(Browser(service)).status_code == 403
        assert browser.get("/v1/me").status_code == 401


MISTAKES: dict[str, Callable[[dict[str, Any]], None]] = {
    "another nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "for another": lambda claims: claims.update(aud="another"),
    "for several, and not by us": lambda claims: claims.update(aud=[CLIENT, "another"], azp="another"),
    "expired": lambda claims: claims.update(exp=int(time.time()) - 120),
    "without an end": lambda claims: claims.pop("exp"),
    "of the future": lambda claims: claims.update(iat=int(time.time()) + 600),
    "of another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "about nobody": lambda claims: claims.pop("sub"),
    "about no name": lambda claims: claims.update(sub=["s"]),
    "with an unverified address": lambda claims: claims.update(email_verified=False),
    "with an address verified by a word": lambda claims: claims.update(email_verified="false"),
    "without an address": lambda claims: claims.pop("email"),
    "of somebody who was not invited": lambda claims: claims.update(email="eve@example.com"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_word_that_does_not_hold_lets_nobody_in(both: tuple[Service, Provider], mistake: str) -> None:
    service, found = both
    found.spoil = MISTAKES[mistake]
    browser = Browser(service)
    answer = come_back(browser)
    assert (answer.status_code, browser.session) == (403, None)
    assert "You could not be signed in" in answer.text
    assert browser.get("/v1/me").status_code == 401


@pytest.mark.parametrize("sign", ["unsigned", "signed_with_what_all_know", "signed_by_another"])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(both: tuple[Service, Provider], sign: str) -> None:
    service, found = both
    found.sign = getattr(found, sign)
    browser = Browser(service)
    assert (come_back(browser).status_code, browser.session) == (403, None)


def test_a_key_that_is_new_is_fetched(both: tuple[Service, Provider], monkeypatch: pytest.MonkeyPatch) -> None:
    service, found = both
    assert come_back(Browser(service)).status_code == 303
    found.turn_key()
    assert come_back(Browser(service)).status_code == 403  # it was fetched a moment ago
    monkeypatch.setattr(openid, "AGAIN_AFTER_S", 0)
    assert come_back(Browser(service)).status_code == 303
    assert found.asked.count("/jwks") == 2


def test_an_answer_to_no_question_of_the_browser_is_refused(both: tuple[Service, Provider]) -> None:
    service, found = both
    one, other = Browser(service), Browser(service)
    away = one.get("/sign-in/openid").headers["location"]
    back = httpx2.get(away, trust_env=False).headers["location"].removeprefix("http://testserver")
    assert other.get(back).status_code == 403
    other.get("/sign-in/openid")
    assert other.get(back).status_code == 403
    assert one.get(back.replace("state=", "state=x")).status_code == 403
    assert one.get(back.replace("iss=http", "iss=https")).status_code == 403
    assert (
        one.get(
            "/sign-in/openid/callback?error=access_denied&state=" + parse_qs(urlsplit(away).query)["state"][0]
        ).status_code
        == 403
    )
    assert len(found.codes) == 1
    assert one.get(back).status_code == 303
    assert one.get(back).status_code == 403


def test_a_verifier_that_is_not_the_browsers_gets_no_token(both: tuple[Service, Provider]) -> None:
    service, _ = both
    answer = come_back(Browser(service), lambda url: url.replace("code_challenge=", "code_challenge=x"))
    assert (answer.status_code, "took back its word" in answer.text) == (403, True)


def test_a_provider_that_calls_itself_otherwise_or_is_away_is_not_believed(both: tuple[Service, Provider]) -> None:
    service, found = both
    found.stated_issuer = "https://evil.example"
    answer = Browser(service).get("/sign-in/openid")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "another issuer" in answer.text


def test_a_service_without_a_provider_has_no_such_page(service: Service) -> None:
    browser = Browser(service)
    assert browser.get("/sign-in/openid").status_code == 404
    assert browser.get("/sign-in/openid/callback").status_code == 404
    assert "organisation" not in browser.get("/sign-in").text


def test_the_form_offers_the_provider_where_there_is_one(both: tuple[Service, Provider]) -> None:
    assert "/sign-in/openid?next=%2Fjobs" in Browser(both[0]).get("/sign-in?next=/jobs").text


@pytest.mark.parametrize(
    ("issuer", "client"), [("http://id.example", "c"), ("id.example", "c"), ("https://id.example", None)]
)
def test_settings_that_cannot_be_meant_are_told_at_the_start(tmp_path: Path, issuer: str, client: str | None) -> None:
    address = f"sqlite:///{tmp_path / 'a.db'}"
    with pytest.raises(ProviderUnfit, match="https://"):
        create_app(Settings(database=address, oidc_issuer=issuer, oidc_client_id=client))
