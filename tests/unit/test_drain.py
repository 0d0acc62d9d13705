"""A process that is about to end says so, and gives back what it holds, all of it."""

from __future__ import annotations

import pytest

from api.drain import Drain


def test_a_process_has_not_begun_to_end_until_it_is_told() -> None:
    drain = Drain()
    assert not drain.wait(0)
    drain.begin()
    assert drain.begun
    assert drain.wait(60)


def test_what_was_taken_last_is_given_back_first_and_once() -> None:
    drain, given = Drain(), list[str]()
    drain.afterwards(lambda: given.append("first"))
    drain.afterwards(lambda: given.append("second"))
    drain.finish()
    drain.finish()
    assert given == ["second", "first"]


def test_one_that_cannot_be_given_back_keeps_no_other_from_it() -> None:
    drain, given = Drain(), list[str]()

    def broken() -> None:
        raise OSError("gone")

    drain.afterwards(lambda: given.append("first"))
    drain.afterwards(broken)
    with pytest.raises(OSError, match="gone"):
        drain.finish()
    assert given == ["first"]
