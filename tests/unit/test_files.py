"""Files appear whole, together, or not at all."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api import files


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk: writing beyond ``size`` bytes fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_what_is_written_is_read_back_and_nothing_else_is_left(tmp_path: Path) -> None:
    files.write_all({tmp_path / "deep" / "a": b"one", tmp_path / "b": b"two"})
    assert files.read(tmp_path / "deep" / "a") == b"one"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "deep"]


def test_a_full_disk_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with files_of_at_most(1000), pytest.raises(files.FileUnwritable, match="b: file too large"):
        files.write_all({tmp_path / "a": b"new", tmp_path / "b": b"x" * 5000})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_one_file_that_cannot_be_written_holds_back_the_others(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(files.FileUnwritable, match="is a folder"):
        files.write_all({tmp_path / "a": b"new", tmp_path / "folder": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_file_below_a_file_is_told_apart_from_a_crash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(files.FileUnwritable):
        files.write_all({tmp_path / "a" / "b": b""})
    with pytest.raises(files.FileMissing):
        files.read(tmp_path / "a" / "b")


def test_a_folder_cannot_be_read_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(files.FileUnreadable, match="is a folder"):
        files.read(tmp_path)


def test_a_name_that_no_system_takes_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(files.FileUnreadable):
        files.read(Path("a\0b"))
    with pytest.raises(files.FileUnwritable):
        files.write_all({tmp_path / "a\0b": b""})
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(files.FileUnwritable):
        files.write_all({tmp_path / "loop": b""})
    with pytest.raises(files.FileUnreadable):
        files.read(tmp_path / "loop")
    with pytest.raises(files.FileUnwritable, match="too long"):
        files.write_all({tmp_path / ("x" * 300): b""})


def test_a_name_as_long_as_the_system_takes_is_written(tmp_path: Path) -> None:
    name = "茶" * 85
    files.write_all({tmp_path / name: b"new"})
    assert files.read(tmp_path / name) == b"new"


def test_permissions_are_those_of_an_ordinary_file_or_of_the_one_before(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        files.write_all({tmp_path / "new": b""})
    finally:
        os.umask(mask)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    (tmp_path / "new").chmod(0o600)
    files.write_all({tmp_path / "new": b"again"})
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_looking_whether_a_file_can_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    files.check_writable(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(files.FileUnwritable, match="another name"):
        files.check_writable(tmp_path / "link", tmp_path / "a")


def test_a_device_stays_a_device() -> None:
    files.check_writable(Path(os.devnull))
    files.write_all({Path(os.devnull): b"gone"})
    assert Path(os.devnull).is_char_device()


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "a")
    files.write_all({tmp_path / "link": b"new"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a").read_bytes() == b"new"
