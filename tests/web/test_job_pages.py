"""The jobs page: dead letters first, filters in the address, buttons for whoever may press them."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from api.db import jobs
from api.db.jobs import ATTEMPTS
from api.principal import Role
from tests.web.service import NOW, OTHER, TENANT, Service

SECOND = timedelta(seconds=1)
SPITE = '<script>alert("x")</script>&"\''


class Seen(HTMLParser):
    """What a reader meets: rows of tables, captions, links, forms, and every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: dict[str, str] = {}
        self.forms: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self._link = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes |= set(given)
        self._link = given.get("href") or "" if tag == "a" else self._link
        if tag == "form":
            self.forms.append(given.get("action") or "")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._link and data.strip():
            self.links[data.strip()] = self._link
            self._link = ""


def add(service: Service, job: str, *, at: int = 0, tenant: str = TENANT, subject: str = "drop/d") -> None:
    with service.store.write() as db:
        jobs.add(db, tenant, job, kind="plan", subject=subject, payload={}, actor="key/k", now=NOW + at * SECOND)


def died(service: Service, job: str, *, detail: str = "it fell") -> None:
    """Has a job begun as often as one is, and fail each time."""
    for attempt in range(1, ATTEMPTS + 1):
        at = NOW + attempt * 100 * SECOND
        with service.store.write() as db:
            lease = jobs.claim(db, "w", at, kinds=("plan",), only=(TENANT, job))
            assert lease is not None
            jobs.fail(db, lease, at, reason="solver-crashed", detail=detail, again=True)


def seen(service: Service, path: str = "/jobs", role: Role = Role.ENGINEER) -> Seen:
    answer = service.get(path, role)
    assert answer.status_code == 200, answer.text
    return Seen(answer.text)


def order_of(page: Seen, *ids: str) -> list[str]:
    return re.findall("|".join(ids), page.text)


def test_no_jobs_is_said_in_words(service: Service) -> None:
    page = seen(service)
    assert "There are no jobs yet" in page.text
    assert "table" not in page.tags


def test_dead_jobs_stand_first_with_their_reason_and_then_all_the_newest_first(service: Service) -> None:
    for number in range(3):
        add(service, f"job-{number}", at=number)
    died(service, "job-0")
    page = seen(service)
    assert order_of(page, "job-0", "job-1", "job-2") == ["job-0", "job-2", "job-1", "job-0"]
    assert page.text.index("solver-crashed") < page.text.index("job-2")
    assert "it fell" in page.text


def test_filters_are_in_the_address(service: Service) -> None:
    for number in range(2):
        add(service, f"job-{number}", at=number)
    died(service, "job-0")
    links = seen(service).links
    assert (links["dead"], links["queued"]) == ("/jobs?state=dead", "/jobs?state=queued")
    assert order_of(seen(service, links["dead"]), "job-0", "job-1") == ["job-0"]
    assert order_of(seen(service, links["queued"]), "job-0", "job-1") == ["job-1"]
    none = seen(service, "/jobs?state=queued&kind=mail")
    assert (order_of(none, "job-0", "job-1"), none.links["All jobs"]) == ([], "/jobs")


def test_pages_follow_each_other_and_keep_the_filter(service: Service) -> None:
    for number in range(5):
        add(service, f"job-{number}", at=number)
    page, found = seen(service, "/jobs?limit=2&state=queued"), []
    while True:
        found += order_of(page, *(f"job-{number}" for number in range(5)))
        if "Next page" not in page.links:
            break
        assert len(found) < 5
        page = seen(service, page.links["Next page"])
    assert found == ["job-4", "job-3", "job-2", "job-1", "job-0"]
    assert page.links["To the newest"] == "/jobs?state=queued&limit=2"


def test_buttons_cancel_and_retry_and_come_back_to_the_same_filter(service: Service) -> None:
    add(service, "job-0")
    (cancel,) = seen(service, "/jobs?state=queued").forms
    answer = service.post(cancel, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs?state=queued")
    assert service.get("/v1/jobs/job-0").json()["state"] == "cancelled"
    (retry,) = seen(service).forms
    assert service.post(retry, follow_redirects=False).headers["location"] == "/jobs"
    assert service.get("/v1/jobs/job-0").json()["state"] == "queued"


def test_only_engineers_have_buttons_and_may_press_them(service: Service) -> None:
    add(service, "job-0")
    for role in (Role.MANAGER, Role.AUDITOR):
        assert seen(service, role=role).forms == []
    for role in (Role.MANAGER, Role.AUDITOR, Role.HUB, Role.COURIER):
        assert service.post("/jobs/job-0/cancel", role).status_code == 403
    for role in (Role.HUB, Role.COURIER):
        assert service.get("/jobs", role).status_code == 403
    unknown = service.client.get("/jobs", follow_redirects=False)
    assert (unknown.status_code, unknown.headers["location"]) == (303, "/sign-in?next=%2Fjobs")


def test_jobs_of_somebody_else_are_neither_shown_nor_touched(service: Service) -> None:
    add(service, "job-0", tenant=OTHER)
    assert "job-0" not in seen(service).text
    for act in ("cancel", "retry"):
        theirs, none = service.post(f"/jobs/job-0/{act}"), service.post(f"/jobs/none/{act}")
        assert theirs.status_code == none.status_code == 404
        assert theirs.text == none.text


@pytest.mark.parametrize("path", ["/jobs?state=odd", "/jobs?cursor=x", "/jobs?limit=0", "/jobs?kind=%00"])
def test_a_spoilt_address_is_answered_with_a_page(service: Service, path: str) -> None:
    answer = service.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.status_code == (200 if "kind" in path else 422)


def test_what_stands_in_the_way_is_told_on_a_page(service: Service) -> None:
    add(service, "job-0")
    answer = service.post("/jobs/job-0/retry", follow_redirects=False)
    assert answer.status_code == 409
    assert "<h1>The job has gone on</h1>" in answer.text


def test_whatever_a_job_says_is_text(service: Service) -> None:
    add(service, "job-0", subject=SPITE)
    died(service, "job-0", detail=SPITE)
    for path in ("/jobs", "/jobs?kind=%3Cscript%3E", f"/jobs/{'%3Cscript%3E'}/retry"):
        answer = service.get(path) if "/retry" not in path else service.post(path)
        page = Seen(answer.text)
        assert "script" not in page.tags
        assert not page.attributes & {"style", "onclick", "onerror", "onload"}
    assert seen(service).text.count(SPITE) == 4


def test_a_page_takes_nothing_from_elsewhere_and_is_not_kept(service: Service) -> None:
    for answer in (service.get("/jobs"), service.get("/jobs?state=odd"), service.client.get("/jobs")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        page = Seen(answer.text)
        assert not {"script", "style", "img", "iframe"} & set(page.tags)
        assert not any("//" in link for link in page.links.values())


def test_the_stylesheet_is_there_and_nothing_else_beside_it(service: Service) -> None:
    found = service.client.get("/static/dropwright.css")
    assert (found.status_code, found.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert found.headers["x-content-type-options"] == "nosniff"
    for name in ("none", "..%2Fpage.py", "%2Fetc%2Fpasswd", ""):
        assert service.client.get(f"/static/{name}").status_code == 404
