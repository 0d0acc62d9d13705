"""What is sealed opens for what it was sealed for, with a secret that is known, and in no other way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from api.sealing import NoSecret, NotOpened, Sealer, sealer
from api.settings import Settings

OLD, NEW = "o" * 32, "n" * 32


def test_a_secret_opens_with_the_key_that_sealed_it_wherever_that_stands_in_the_list() -> None:
    sealed = Sealer(OLD).seal("whsec_x", "webhook/a")
    assert Sealer(OLD).open(sealed, "webhook/a") == Sealer(NEW, OLD).open(sealed, "webhook/a") == "whsec_x"
    assert b"whsec_x" not in sealed
    assert Sealer(OLD).seal("whsec_x", "webhook/a") != sealed


def test_nothing_opens_with_another_key_for_another_row_or_changed() -> None:
    sealed = Sealer(OLD).seal("whsec_x", "webhook/a")
    with pytest.raises(NotOpened):
        Sealer(NEW).open(sealed, "webhook/a")
    with pytest.raises(NotOpened):
        Sealer(OLD).open(sealed, "webhook/b")
    for place in range(len(sealed)):
        with pytest.raises(NotOpened):
            Sealer(OLD).open(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :], "webhook/a")


def test_the_newest_secret_of_the_settings_seals() -> None:
    made = sealer(Settings(secret=SecretStr(f"{NEW} {OLD}"))).seal("x", "a")
    assert Sealer(NEW).open(made, "a") == "x"


def test_processes_that_start_at_once_agree_on_the_file(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'd.db'}")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: sealer(settings), range(8)))
    sealed = made[0].seal("x", "a")
    assert {each.open(sealed, "a") for each in made} == {"x"}
    assert [each.name for each in tmp_path.iterdir()] == ["d.db.secret"]


def test_a_shared_database_needs_a_secret_that_all_its_processes_are_given() -> None:
    with pytest.raises(NoSecret):
        sealer(Settings(database="postgresql://localhost/d"))


@pytest.mark.parametrize("given", ["", " ", "short", f"{NEW} short"])
def test_a_short_secret_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        Settings(secret=SecretStr(given))
