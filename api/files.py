"""Files are read whole and written whole: under a name stands the old content or the new, never half."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from router.errors import Invalid, NotFound, Unavailable

STANDARD_OUTPUT = Path("-")


class FileMissing(NotFound):
    """The path that was named does not exist."""

    code, title = "file-missing", "There is no such file"


class FileUnreadable(Invalid):
    """The path exists and cannot be read as a file."""

    code, title = "file-unreadable", "The file cannot be read"


class FileUnwritable(Unavailable):
    """Nothing can be written there: no such folder, no permission, no room."""

    code, title = "file-unwritable", "The file cannot be written"


def read(path: Path) -> bytes:
    """The content of ``path``. Raises FileMissing, FileUnreadable."""
    with readable(path):
        return path.read_bytes()


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raises FileMissing or FileUnreadable where reading ``path`` in the block fails."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileMissing(f"{path}: there is no such file") from error
    except IsADirectoryError as error:
        raise FileUnreadable(f"{path}: is a folder; name the file in it") from error
    except (OSError, ValueError) as error:
        raise FileUnreadable(f"{path}: {_why(error)}") from error


def write(path: Path, content: bytes) -> None:
    """Writes one file whole, or to standard output where ``path`` is ``-``. Raises FileUnwritable."""
    if path == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    else:
        write_all({path: content})


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Writes several files: every one is complete on disk under another name before the first takes its own.

    Missing folders are made; a link is followed; a device or pipe is written to. Where one file cannot be
    written, none is changed. Raises FileUnwritable.
    """
    staged: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            if not _takes_a_stream(path):
                with _told(path):
                    staged[path] = _stage(path.resolve(), content)
        for path, content in contents.items():
            if path not in staged:
                with _told(path), path.open("wb") as stream:
                    stream.write(content)
        with _undisturbed():
            for path, temporary in list(staged.items()):
                with _told(path):
                    temporary.replace(path.resolve())
                del staged[path]
        for folder in {path.resolve().parent for path in contents}:
            _sync(folder)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def growing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write bit by bit, for its owner's eyes alone; it takes its name when the block ends well.

    Raises FileUnwritable.
    """
    whole = path.resolve()
    with _told(path):
        whole.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=whole.parent, prefix=f".{whole.name[:40]}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            with _told(path):
                file.flush()
                os.fsync(file.fileno())
        with _told(path):
            temporary.replace(whole)
        _sync(whole.parent)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: Path, *inputs: Path) -> None:
    """Raises FileUnwritable now for what would fail after the work, or would write over an input."""
    if path != STANDARD_OUTPUT and not _takes_a_stream(path):
        with _told(path):
            _stage(path.resolve(), b"").unlink()
            if any(path.exists() and each.exists() and path.samefile(each) for each in inputs):
                raise FileExistsError(17, "is what the command reads; give the output another name")


def _takes_a_stream(path: Path) -> bool:
    """Whether the path is a device, a pipe or a socket: nothing that another file could take the place of."""
    try:
        return path.exists() and not path.is_file() and not path.is_dir()
    except (OSError, ValueError):
        return False


def _stage(path: Path, content: bytes) -> Path:
    """``content`` on disk beside ``path``, under a name of its own."""
    if path.is_dir():
        raise IsADirectoryError(21, "is a folder; name a file in it")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _mode(path: Path) -> int:
    """The permissions that a file made in the ordinary way would have here."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _sync(folder: Path) -> None:
    """Makes the new names durable, where folders can be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:  # the last for a link that leads to itself
        raise FileUnwritable(f"{path}: {_why(error)}") from error


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Holds Ctrl-C and a polite kill back while names change: files written together appear together."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _why(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return reason[:1].lower() + reason[1:]
