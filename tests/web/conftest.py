"""The service over each kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from structlog.dev import ConsoleRenderer, plain_traceback

from tests.web.service import Service, serving


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """Tracebacks without the values of every variable, which take seconds to draw."""
    front = structlog.get_config()["processors"][:-1]
    structlog.configure(processors=[*front, ConsoleRenderer(colors=False, exception_formatter=plain_traceback)])


@pytest.fixture
def service(database: str) -> Iterator[Service]:
    with serving(database) as running:
        yield running
