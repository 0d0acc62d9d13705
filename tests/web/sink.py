"""A local server for what Dropwright sends: it remembers connections and requests, and answers as it is told."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "hooks.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it arrived, at ``at_s`` of the monotonic clock."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered: ``raw`` instead of a response; only after ``wait`` is set, where there is one."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: tuple[bytes, ...] = ()
    pause_s: float = 0.0
    """Between one piece of ``raw`` and the next."""
    wait: threading.Event | None = None


@dataclass(slots=True, kw_only=True)
class Sink:
    """A server on ``address``. ``connections`` counts every one that was accepted, whether or not it asked anything."""

    address: str
    port: int
    connections: int = 0
    received: list[Received] = field(default_factory=list)
    reply: Callable[[Received], Reply] = field(default=lambda _: Reply())
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 20) -> list[Received]:
        """The requests so far, once there are so many; fails where they do not come."""
        with self.changed:
            came = self.changed.wait_for(lambda: len(self.received) >= count, seconds)
            assert came, f"{len(self.received)} of {count} requests came"
            return list(self.received)


@contextmanager
def sink(address: str = "127.0.0.1", *, tls: bool = True, port: int = 0) -> Iterator[Sink]:
    """A sink that listens as long as the block runs."""
    server = _Server((address, port), tls)
    runner = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    runner.start()
    try:
        yield server.sink
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], tls: bool) -> None:
        super().__init__(address, _Handler)
        self.tls = _server_side() if tls else None
        self.sink = Sink(address=address[0], port=self.server_address[1])

    def get_request(self) -> tuple[Any, Any]:
        connection, client = super().get_request()
        self.sink.connections += 1
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, client

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what several tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def setup(self) -> None:
        self.timeout = 20
        super().setup()
        if self.server.tls:
            self.request.do_handshake()

    def do_POST(self) -> None:
        sink = self.server.sink
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(path=self.path, headers=headers, body=body, at_s=time.monotonic())
        with sink.changed:
            sink.received.append(received)
            sink.changed.notify_all()
        reply = sink.reply(received)
        if reply.wait is not None:
            reply.wait.wait(20)
        self.close_connection = True
        with suppress(OSError):
            if reply.raw:
                for piece in reply.raw:
                    self.wfile.write(piece)
                    time.sleep(reply.pause_s)
                return
            self.send_response(reply.status)
            for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

    def log_message(self, *args: object) -> None:
        """Nothing on standard error."""


def trusting() -> ssl.SSLContext:
    """How a client trusts the sinks' certificate and no other."""
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=_certificate()[0].decode("ascii"))
    return context


def _server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        both = Path(folder) / "sink.pem"
        both.write_bytes(b"".join(_certificate()))
        context.load_cert_chain(both)
    return context


@cache
def _certificate() -> tuple[bytes, bytes]:
    """A certificate of its own making for the sinks' names, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    names = [x509.DNSName(HOST), x509.DNSName("xn--bcher-kva.example"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
