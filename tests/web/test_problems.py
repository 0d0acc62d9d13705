"""Problems: each has a page at its ``type``, and whatever HTTP allows to ask is answered with one that fits."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from api.problem_pages import IN_REPOSITORY
from tests.architecture.test_format_pages import error_codes, fault_codes
from tests.web.service import Service

CODES = sorted({*error_codes(), *fault_codes()})


class Page(HTMLParser):
    """The words of a page and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.links = "", list[str]()
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in ("href", "src") and value is not None]


def test_every_code_has_a_page_with_the_words_of_the_documentation_for_anybody(service: Service) -> None:
    documented = IN_REPOSITORY.read_text(encoding="utf-8")
    for code in CODES:
        answer = service.client.get(f"/problems/{code}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), code
        page = Page(answer.text)
        first = documented.partition(f"\n### {code}\n\n")[2].split()[0].strip("`")
        assert first in page.words, code
        assert set(page.links) <= set(CODES), code
        assert "](" not in page.words, code


@pytest.mark.parametrize("code", ["none", "..%2f..%2fdocs%2ferrors.md", "Errors", "%00", "stock-short%0a", "x" * 3000])
def test_a_code_that_nothing_has_has_no_page(service: Service, code: str) -> None:
    assert service.client.get(f"/problems/{code}").status_code == 404


@pytest.mark.parametrize("path", ["/v1", "/v1/skus/bulk/", "/v1/drops/", "/docs", "/redoc", "/static", "//v1/skus"])
def test_what_is_not_there_is_a_problem_and_no_redirect(service: Service, path: str) -> None:
    answer = service.get(path, follow_redirects=False)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "TRACE", "DELETE", "BREW"])
def test_another_method_is_told_which_ones_there_are(service: Service, method: str) -> None:
    answer = service.send(method, "/v1/skus")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert service.send("PATCH", "/v1/skus/MUG-1").headers["allow"] == "DELETE, GET, PUT"
    assert service.send("PATCH", "/healthz").json()["type"] == "/problems/method-not-allowed"


def test_a_parameter_is_told_by_its_place(service: Service) -> None:
    answer = service.get("/v1/skus?limit=many")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-parameter")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/query/limit"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*;q=0"])
def test_whatever_is_accepted_a_problem_is_a_problem(service: Service, accept: str) -> None:
    answer = service.get("/v1/skus/none", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
