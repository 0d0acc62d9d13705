"""Databases for tests in any folder: PostgreSQL alone, or the same test on SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.db import migrate
from api.db.connect import connect
from tests.db.postgres import PostgresBroken, Server, name_of, serving


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a worker; it does not sync, so leave it running."""
    yield from served(tmp_path_factory.mktemp("db"), durable=False)


@pytest.fixture
def durable_postgres(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own that keeps what it acknowledged: to stop, kill and start as the test likes."""
    yield from served(tmp_path, durable=True)


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[str]:
    """The URL of a new and empty PostgreSQL database."""
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database without tables, first on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new database with the service's tables and no row in them, first on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        copy = tmp_path / "dropwright.db"
        shutil.copyfile(request.getfixturevalue("sqlite_tables"), copy)
        yield f"sqlite:///{copy}"
    else:
        server: Server = request.getfixturevalue("postgres_server")
        url = server.create(request.getfixturevalue("postgres_tables"))
        yield url
        server.drop(url)


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest tables, to copy: that is quicker than to make them for every test."""
    file = tmp_path_factory.mktemp("tables") / "dropwright.db"
    _migrated(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: Server) -> str:
    """The name of a database with the newest tables, to copy."""
    url = postgres_server.create()
    _migrated(url)
    return name_of(url)


def _migrated(address: str) -> None:
    store = connect(address)
    migrate.upgrade(store)
    store.close()


def served(folder: Path, *, durable: bool) -> Iterator[Server]:
    """A server below ``folder`` for a fixture to hand on; where it cannot run, the test fails and says what helps."""
    try:
        with serving(folder, durable=durable) as server:
            yield server
    except PostgresBroken as broken:
        pytest.fail(str(broken), pytrace=False)
    shutil.rmtree(folder / "pg", ignore_errors=True)
