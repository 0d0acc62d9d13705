"""People sign in with a password, act by a session that is theirs alone, and are signed out when it is time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from starlette.testclient import TestClient

from api import signing_in
from api.db import sessions as kept
from api.db.tables.accounts import sessions
from api.principal import Role
from tests.web.service import TENANT, Service

PHRASE = "four cold mugs of tea"
ADA = {"email": "ada@example.com", "name": "Ada <b>Lovelace</b>", "role": "engineer", "password": PHRASE}
HERE = {"Origin": "http://testserver"}
MUG = {"sku": "MUG-1", "seller": "kiln", "grams": 350, "millilitres": 900}
PAGE = {"Accept": "text/html"}


class Browser:
    """A browser of somebody: keeps cookies, follows nothing by itself."""

    def __init__(self, service: Service) -> None:
        self.client = TestClient(service.app, follow_redirects=False, raise_server_exceptions=False)

    def get(self, path: str, **given: Any) -> Any:
        return self.client.get(path, **given)

    def post(self, path: str, headers: dict[str, str] = HERE, **given: Any) -> Any:
        return self.client.post(path, headers=headers, **given)

    def form(self) -> dict[str, str]:
        """What the form to sign in has hidden."""
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.get("/sign-in").text))

    def sign_in(self, email: str = ADA["email"], typed: str = PHRASE, **more: str) -> Any:
        return self.post("/sign-in", data={**self.form(), "email": email, "password": typed, **more})

    @property
    def session(self) -> str | None:
        return self.client.cookies.get("dropwright-session")


@pytest.fixture
def ada(service: Service) -> str:
    """Somebody who may sign in: her id."""
    made: str = service.post("/v1/people", json=ADA).json()["id"]
    return made


def test_whoever_knows_the_password_is_let_in_as_what_they_are(service: Service, ada: str) -> None:
    browser = Browser(service)
    answer = browser.sign_in(" Ada@Example.com ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/v1/me").json()["actor"] == f"user/{ada}"
    assert browser.post("/v1/skus", json=MUG).status_code == 201


def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_hash_is_kept(service: Service, ada: str) -> None:
    browser = Browser(service)
    cookie = next(c for c in browser.sign_in().headers.get_list("set-cookie") if c.startswith("dropwright-session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert len(browser.session or "") >= 43
    with service.store.read() as db:
        stored = str(db.execute(select(sessions)).all())
    assert ada in stored
    assert (browser.session or "?") not in stored


def test_over_https_the_cookie_is_of_this_host_alone(service: Service, ada: str) -> None:
    browser = Browser(service)
    browser.client.base_url = "https://testserver"
    sent = {**browser.form(), "email": ADA["email"], "password": PHRASE}
    browser.post("/sign-in", data=sent, headers={"Origin": "https://testserver"})
    given = browser.client.cookies.get("__Host-dropwright-session")
    assert given
    assert browser.get("/v1/me").status_code == 200
    browser.client.cookies.clear()
    browser.client.cookies.set("dropwright-session", given)
    assert browser.get("/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("email", "typed"), [("ada@example.com", "wrong"), ("eve@example.com", PHRASE), ("\0", ""), ("", "x" * 5000)]
)
def test_a_wrong_password_and_nobodys_address_are_told_alike(
    service: Service, ada: str, email: str, typed: str
) -> None:
    answer = Browser(service).sign_in(email, typed)
    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in answer.text
    assert "session" not in str(answer.headers)


def test_a_disabled_person_a_new_password_and_signing_out_end_sessions(service: Service, ada: str) -> None:
    ways = (
        lambda browser: service.post(f"/v1/people/{ada}/disable"),
        lambda browser: service.send("PUT", f"/v1/people/{ada}/password", json={"password": PHRASE}),
        lambda browser: browser.post("/sign-out"),
    )
    for way in ways:
        browser = Browser(service)
        browser.sign_in()
        taken = browser.session
        assert browser.get("/v1/me").status_code == 200
        assert way(browser).status_code in (200, 204, 303)
        browser.client.cookies.clear()
        browser.client.cookies.set("dropwright-session", taken or "")
        assert browser.get("/v1/me").status_code == 401
        service.post(f"/v1/people/{ada}/enable")


def test_a_disabled_person_cannot_sign_in(service: Service, ada: str) -> None:
    service.post(f"/v1/people/{ada}/disable")
    assert Browser(service).sign_in().status_code == 401


def test_another_role_counts_from_the_next_request_on(service: Service, ada: str) -> None:
    browser = Browser(service)
    browser.sign_in()
    service.send("PUT", f"/v1/people/{ada}/role", json={"role": "manager"})
    assert browser.post("/v1/skus", json=MUG).status_code == 403


@pytest.mark.parametrize("column", ["expires_at", "seen_at"])
def test_a_session_is_over_after_a_shift_and_after_two_idle_hours(service: Service, ada: str, column: str) -> None:
    browser = Browser(service)
    browser.sign_in()
    now = datetime.now(UTC)
    back = {"expires_at": now - timedelta(seconds=1), "seen_at": now - timedelta(hours=2)}
    with service.store.write() as db:
        db.execute(update(sessions).values({column: back[column]}))
    assert browser.get("/v1/me").status_code == 401


def test_a_session_that_is_used_goes_on(service: Service, ada: str) -> None:
    browser = Browser(service)
    browser.sign_in()
    for _ in range(3):
        with service.store.write() as db:
            db.execute(update(sessions).values(seen_at=datetime.now(UTC) - timedelta(minutes=100)))
        assert browser.get("/v1/me").status_code == 200
    with service.store.read() as db:
        assert db.execute(select(sessions.c.seen_at)).scalar_one() > datetime.now(UTC) - timedelta(minutes=5)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_changes_nothing_with_a_session(service: Service, ada: str, headers: dict[str, str]) -> None:
    browser = Browser(service)
    browser.sign_in()
    answer = browser.post("/v1/skus", headers=headers, json=MUG)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross-site")
    assert browser.post("/sign-out", headers=headers).status_code == 403
    assert browser.get("/v1/me").status_code == 200
    assert browser.get("/v1/skus").json()["items"] == []


def test_nobody_is_signed_in_by_another_sites_form(service: Service, ada: str) -> None:
    browser = Browser(service)
    sent = {"email": ADA["email"], "password": PHRASE}
    assert browser.post("/sign-in", data=sent).status_code == 403
    browser.form()
    assert browser.post("/sign-in", data={**sent, "form": "guessed"}).status_code == 403
    form = browser.form()
    assert browser.post("/sign-in", data={**sent, **form}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert browser.session is None


def test_ten_wrong_passwords_make_an_account_wait_and_no_other(service: Service, ada: str) -> None:
    browser = Browser(service)
    service.post("/v1/people", json={**ADA, "email": "bob@example.com"})
    assert [browser.sign_in(ADA["email"], "wrong").status_code for _ in range(10)] == [401] * 10
    answer = browser.sign_in()
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
    assert browser.sign_in("bob@example.com").status_code == 303


def test_twenty_attempts_from_an_address_are_enough(service: Service, ada: str) -> None:
    browser = Browser(service)
    assert [browser.sign_in(f"p{n}@example.com").status_code for n in range(20)] == [401] * 20
    assert browser.sign_in().status_code == 429


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/jobs", "/jobs"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\n/evil", "/"),
        ("", "/"),
        ("/" + "x" * 2000, "/"),
    ],
)
def test_after_signing_in_people_stay_inside(service: Service, ada: str, path: str, to: str) -> None:
    assert signing_in.inside(path) == to
    assert Browser(service).sign_in(next=path).headers["location"] == to


def test_a_page_sends_whoever_is_not_signed_in_to_sign_in_and_back(service: Service) -> None:
    browser = Browser(service)
    answer = browser.get("/", headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert browser.get("/v1/me").status_code == 401


def test_pages_escape_what_they_show_and_allow_nothing_inline(service: Service, ada: str) -> None:
    browser = Browser(service)
    wrong = browser.sign_in('"><script>alert(1)</script>', "wrong")
    browser.sign_in()
    home = browser.get("/")
    for answer in (wrong, home, browser.get("/sign-in?next=/%22%3E%3Cscript%3E")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script" not in answer.text
        assert "style=" not in answer.text
    assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in home.text


def test_signing_in_and_out_is_in_the_audit_log(service: Service, ada: str) -> None:
    browser = Browser(service)
    browser.sign_in()
    browser.post("/sign-out")
    told = service.get("/v1/audit", Role.AUDITOR).json()["items"][:2]
    assert [(each["actor"], each["action"], each["status"]) for each in told] == [
        (f"user/{ada}", "POST /sign-out", 303),
        (f"user/{ada}", "POST /sign-in", 303),
    ]


def test_a_key_that_does_not_hold_is_not_made_good_by_a_session(service: Service, ada: str) -> None:
    browser = Browser(service)
    browser.sign_in()
    assert browser.get("/v1/me", headers={"Authorization": "Bearer dw_no"}).status_code == 401
    assert browser.get("/v1/me", headers={"Authorization": "Basic eDp4"}).status_code == 401


def test_sessions_that_are_over_are_forgotten(service: Service, ada: str) -> None:
    Browser(service).sign_in()
    with service.store.write() as db:
        assert kept.forget(db, datetime.now(UTC)) == 0
        assert kept.forget(db, datetime.now(UTC) + timedelta(hours=13)) == 1
        assert db.execute(text("SELECT count(*) FROM sessions")).scalar_one() == 0
    assert service.get("/v1/me").json()["marketplace"]["id"] == TENANT
