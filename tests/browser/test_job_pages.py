"""The jobs page as a person sees it: in a browser, over HTTP, on a wide screen and a narrow one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from api.db import jobs
from api.db.connect import connect
from api.db.jobs import ATTEMPTS, Progress
from tests.web.processes import TENANT, Process, process

AGO = datetime.now(UTC) - timedelta(hours=1)
KINDS = ("report",)
LONG = "the solver raised MemoryError at search.py:" + "1234567890" * 12


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A service with a job in every state, of a kind that its worker leaves alone."""
    folder = tmp_path_factory.mktemp("pages")
    with process(f"sqlite:///{folder / 'dropwright.db'}", folder / "log") as running:
        fill(running.database)
        yield running


def fill(database: str) -> None:
    store = connect(database)
    with store.write() as db:
        for number, name in enumerate(("dead", "failed", "done", "cancelled", "running", "queued")):
            subject, at = f"drop/helsinki-{name}", AGO + timedelta(minutes=number)
            jobs.add(db, TENANT, f"{name:0<32}", kind="report", subject=subject, payload={}, actor="key/k", now=at)
        for attempt in range(ATTEMPTS):
            at = AGO + timedelta(seconds=20 * attempt)
            lease = jobs.claim(db, "w", at, kinds=KINDS, only=(TENANT, f"{'dead':0<32}"))
            assert lease is not None
            jobs.fail(db, lease, at, reason="solver-out-of-memory", detail=LONG, again=True)
        for name in ("failed", "done", "running"):
            lease = jobs.claim(db, "w", datetime.now(UTC), kinds=KINDS, only=(TENANT, f"{name:0<32}"))
            assert lease is not None
            if name == "failed":
                jobs.fail(db, lease, AGO, reason="faulty-document", detail="/couriers/0/profile: no such profile")
            elif name == "done":
                jobs.finish(db, lease, AGO, result={"version": 3, "plan_sha256": "ab" * 32})
            else:
                told = Progress(cost=184_250, lower_bound=150_000, gap_percent=18.6, elapsed_s=12.5)
                jobs.keep(db, lease, datetime.now(UTC), progress=told, lease_s=3600)
        jobs.cancel(db, TENANT, f"{'cancelled':0<32}", AGO)
    store.close()


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, serving: Process) -> Iterator[Page]:
    """The page at one width; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(
            viewport={"width": request.param, "height": 900},
            extra_http_headers={"Authorization": f"Bearer {serving.key}"},
        )
        shown = context.new_page()
        shown.on("console", lambda said: complaints.append(said.text))
        shown.goto(f"{serving.address}/jobs")
        yield shown
        browser.close()
    assert complaints == []


def test_it_fits_the_screen_and_shows_the_dead_first(page: Page, tmp_path: Path) -> None:
    page.screenshot(path=tmp_path / "jobs.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("caption").first.inner_text().startswith("Dead")
    assert page.locator("tbody tr").first.locator("code").all_inner_texts()[1] == "solver-out-of-memory"
    assert page.evaluate("getComputedStyle(document.querySelector('.chip')).borderRadius") == "16px"


def test_a_filter_a_button_and_the_way_back_work_without_script(page: Page) -> None:
    page.get_by_role("link", name="cancelled").click()
    page.get_by_role("button", name="Retry").click()
    assert page.url.endswith("/jobs?state=cancelled")
    assert "There are none of these" in page.inner_text("main")
    page.get_by_role("link", name="All jobs").click()
    row = page.locator("tr", has_text="helsinki-cancelled")
    row.get_by_role("button", name="Cancel").click()
    assert page.locator("tr", has_text="helsinki-cancelled").locator(".state").inner_text() == "cancelled"
