"""What every test gets: repeatable properties, databases, no way out to the network, Chromium or a clear failure."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.db.fixtures"]

TESTS = Path(__file__).parent
CHROMIUM = Path("/usr/bin/chromium")
NO_CHROMIUM = (
    f"{CHROMIUM} is not there, and this test looks at a page in it. "
    "On Debian or Ubuntu, as root: apt-get install chromium (make test-setup does it where it may). "
    "To run all other tests: make test PYTEST='-m \"not browser\"'"
)

# Two tests in parallel on a busy machine say nothing about speed, so no example has a deadline.
settings.register_profile("dropwright", deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("dropwright"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dropwright")


def is_this_machine(host: str) -> bool:
    """Whether a host, as given to ``connect`` or to name resolution, is the loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost"}


def keep_off_the_network(event: str, args: tuple[object, ...]) -> None:
    """Fails the test that reaches out: nothing in Dropwright downloads, and no test may depend on it."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and not is_this_machine(name):
        pytest.fail(f"a test reached out to {name}; tests stay on this machine")


sys.addaudithook(keep_off_the_network)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(TESTS / "browser"):
            item.add_marker("browser")
        if item.path.is_relative_to(TESTS / "wheel"):
            item.add_marker("wheel")
    items.sort(key=lambda item: not item.get_closest_marker("wheel"))  # the longest file goes first


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not CHROMIUM.exists():
        pytest.fail(NO_CHROMIUM, pytrace=False)
