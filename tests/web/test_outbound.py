"""A URL that a stranger chose never makes this machine connect to where strangers have no business."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, ip_address, ip_network

import pytest

from api.addresses import is_public
from api.lookup import addresses, in_a_thread
from api.outbound import AddressRefused, Answer, Reach, Resolve, Unanswered, UrlRefused, post
from tests.web.sink import HOST, Reply, Sink, sink, trusting

LOOPBACK = (ip_network("127.0.0.1/32"),)

FORBIDDEN = (
    str(IPv4Address(0)), "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1",
    "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8",
    "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1",
    "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "232.1.1.1", "239.255.255.255", "240.0.0.1", "255.255.255.254", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2002:7f00:1::1", "2002:a00:1::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00::1",
    "fd12:3456:789a::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
)  # fmt: skip

PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "192.0.1.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1")

URLS = (
    "http://hooks.example/", "ftp://hooks.example/", "file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1/",
    "HTTP://127.0.0.1/", "javascript:alert(1)", "data:,x", "https:127.0.0.1", "https:/127.0.0.1", "https:///",
    "https://", "https:", "", " ", "127.0.0.1", " https://127.0.0.1/", "https:\\\\127.0.0.1\\",
    "https://user@hooks.example/", "https://user:word@hooks.example/", "https://@hooks.example/",
    "https://:@hooks.example/", "https://hooks.example@127.0.0.1/", "https://hooks.example\\@127.0.0.1/",
    "https://hooks.example%40127.0.0.1/", "https://127.0.0.1%2f@hooks.example/", "https://hooks.example/#there",
    "https://hooks.example#@127.0.0.1/", "https://hooks.example/#", "https://hooks.example:22/",
    "https://hooks.example:6379/", "https://hooks.example:0/", "https://hooks.example:65536/",
    "https://hooks.example:-1/", "https://hooks.example:https/", "https://hooks.example:443:22/",
    "https://127.0.0.1:80/", "https://2130706433/", "https://017700000001/", "https://0x7f000001/", "https://0x7f.1/",
    "https://127.1/", "https://127.0.1/", "https://0177.0.0.1/", "https://0x7f.0x0.0x0.0x1/", "https://127.0.0.01/",
    "https://0/", "https://0x/", "https://1.2.3.4.5/", "https://256.256.256.256/", "https://127.0.0.1./",
    "https://hooks.example./", "https://.hooks.example/", "https://hooks..example/", "https://-hooks.example/",
    "https://hooks-.example/", "https://hooks example/", "https://hooks%00.example/", "https://hooks.example%0d%0a/",
    "https://hooks.example\r\nx-a: b/", "https://hooks.example/\r\nx-a: b", "https://hooks.example\t/",
    "https://hooks.example\x00/", "https://127。0。0。1/", "https://１２７.0.0.1/", "https://⑫7.0.0.1/",
    "https://hooks\u200b.example/", "https://\ud800.example/", "https://[::1/", "https://::1/", "https://[::1]x/",
    "https://[127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://[v1.fe80]/", "https://[]/", "https://*/",
    "https://hooks.example,127.0.0.1/", "https://{hooks}.example/", "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 127 + "example/", "https://hooks.example/" + "a" * 2000,
)  # fmt: skip


@pytest.fixture(scope="module")
def connects() -> Iterator[list[object]]:
    """Every address that this process tries to connect to, by any socket, while the list is looked at."""
    seen: list[object] = []
    watched = [True]

    def notice(event: str, args: tuple[object, ...]) -> None:
        if event == "socket.connect" and watched[0]:
            seen.append(args[1])

    sys.addaudithook(notice)
    yield seen
    watched[0] = False


@pytest.fixture
def local() -> Iterator[Sink]:
    with sink() as server:
        yield server


def answering(*rounds: Sequence[str]) -> tuple[Resolve, list[str]]:
    """A name server that gives one list after the other, the last one for ever; and what it was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return rounds[min(len(asked), len(rounds)) - 1]

    return resolve, asked


def send(url: str, resolve: Resolve, reach: Reach) -> Answer:
    return asyncio.run(post(url, b"{}", {"x-mark": "m"}, reach=reach, resolve=resolve, tls=trusting()))


def near(server: Sink, **fields: int) -> Reach:
    return Reach(ports=frozenset({server.port}), allowed=LOOPBACK, **fields)


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_is_not_plain_https_to_a_named_host_is_refused_before_any_look_up(
    url: str, connects: list[object]
) -> None:
    connects.clear()
    resolve, asked = answering(["93.184.216.34"])
    with pytest.raises((UrlRefused, AddressRefused)):
        send(url, resolve, Reach())
    assert asked == []
    assert connects == []


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused_as_a_literal(address: str, connects: list[object]) -> None:
    connects.clear()
    resolve, asked = answering(["93.184.216.34"])
    with pytest.raises((UrlRefused, AddressRefused)):
        send(f"https://[{address}]/" if ":" in address else f"https://{address}/", resolve, Reach())
    assert asked == []
    assert connects == []


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused_as_the_answer_of_a_name_server(
    address: str, connects: list[object]
) -> None:
    connects.clear()
    resolve, asked = answering([address])
    with pytest.raises(AddressRefused):
        send("https://hooks.example/", resolve, Reach())
    assert asked == ["hooks.example"]
    assert connects == []


@pytest.mark.parametrize("address", FORBIDDEN)
def test_one_inner_address_among_public_ones_is_enough_to_refuse(address: str, connects: list[object]) -> None:
    connects.clear()
    resolve, _ = answering(["93.184.216.34", "2606:4700::1111", address])
    with pytest.raises(AddressRefused):
        send("https://hooks.example/", resolve, Reach())
    assert connects == []


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_forbidden_address_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


def test_an_allowed_network_lets_its_own_addresses_in_and_no_other_spelling_of_them(local: Sink) -> None:
    for address in ("127.0.0.2", "::ffff:127.0.0.1", "::1", "64:ff9b::7f00:1"):
        resolve, _ = answering([address])
        with pytest.raises(AddressRefused):
            send(f"https://{HOST}:{local.port}/", resolve, near(local))
    assert local.connections == 0


def test_a_host_that_changes_its_address_after_the_check_is_reached_where_it_was_checked(local: Sink) -> None:
    with sink("127.0.0.2", port=local.port) as other:
        resolve, asked = answering(["127.0.0.1"], ["127.0.0.2"])
        answer = send(f"https://{HOST}:{local.port}/in?a=%20b&c=%2F", resolve, near(local))
        assert answer.status == 200
        assert asked == [HOST]
        assert local.received[0].path == "/in?a=%20b&c=%2F"
        assert local.received[0].headers["host"] == f"{HOST}:{local.port}"
        assert local.received[0].headers["x-mark"] == "m"
        assert local.received[0].body == b"{}"
        assert other.connections == 0


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
@pytest.mark.parametrize(
    "goal", ["https://127.0.0.2:{port}/", "http://169.254.169.254/latest", "//127.0.0.2:{port}/", "/again"]
)
def test_a_redirect_is_an_answer_and_not_a_way(status: int, goal: str, local: Sink, connects: list[object]) -> None:
    with sink("127.0.0.2", port=local.port) as other:
        connects.clear()
        local.reply = lambda _: Reply(status=status, headers={"location": goal.format(port=local.port)})
        resolve, _ = answering(["127.0.0.1"])
        assert send(f"https://{HOST}:{local.port}/", resolve, near(local)).status == status
        assert connects == [("127.0.0.1", local.port)]
        assert other.connections == 0


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"])
def test_a_proxy_of_the_environment_is_never_asked(name: str, local: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    with sink("127.0.0.2", tls=False) as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.2:{proxy.port}")
        resolve, _ = answering(["127.0.0.1"])
        assert send(f"https://{HOST}:{local.port}/", resolve, near(local)).status == 200
        assert proxy.connections == 0


def test_the_certificate_must_be_for_the_name_in_the_url(local: Sink) -> None:
    resolve, _ = answering(["127.0.0.1"])
    with pytest.raises(Unanswered) as caught:
        send(f"https://other.example:{local.port}/", resolve, near(local))
    assert caught.value.reason == "no-trust"
    assert local.received == []


def test_a_host_by_its_address_is_trusted_by_its_address(local: Sink) -> None:
    resolve, asked = answering(["127.0.0.1"])
    assert send(f"https://127.0.0.1:{local.port}/", resolve, near(local)).status == 200
    assert asked == []


def test_a_name_beyond_ascii_is_looked_up_and_trusted_in_its_ascii_form(local: Sink) -> None:
    resolve, asked = answering(["127.0.0.1"])
    assert send(f"https://Bücher.example:{local.port}/", resolve, near(local)).status == 200
    assert asked == ["xn--bcher-kva.example"]


def test_plain_http_goes_to_allowed_networks_alone(connects: list[object]) -> None:
    with sink(tls=False) as plain:
        inner, _ = answering(["127.0.0.1"])
        assert send(f"http://{HOST}:{plain.port}/", inner, near(plain)).status == 200
        connects.clear()
        for address in ("93.184.216.34", "127.0.0.2"):
            resolve, _ = answering([address])
            with pytest.raises((UrlRefused, AddressRefused)):
                send(f"http://{HOST}:{plain.port}/", resolve, near(plain))
        assert connects == []


def test_the_next_address_is_tried_where_the_first_takes_no_connection(local: Sink) -> None:
    with sink("127.0.0.2") as closed:
        port = closed.port
    with sink("127.0.0.1", port=port) as server:
        reach = Reach(ports=frozenset({port}), allowed=(ip_network("127.0.0.0/8"),))
        resolve, _ = answering(["127.0.0.2", "127.0.0.1"])
        assert send(f"https://{HOST}:{port}/", resolve, reach).status == 200
        assert server.connections == 1


def test_no_more_of_an_answer_is_read_than_asked_for(local: Sink) -> None:
    local.reply = lambda _: Reply(status=500, body=b"x" * 1_000_000)
    resolve, _ = answering(["127.0.0.1"])
    answer = send(f"https://{HOST}:{local.port}/", resolve, near(local, answer_bytes=100))
    assert (answer.status, answer.body) == (500, b"x" * 100)


def test_a_compressed_answer_is_not_unpacked(local: Sink) -> None:
    local.reply = lambda _: Reply(headers={"content-encoding": "gzip"}, body=b"not gzip at all")
    resolve, _ = answering(["127.0.0.1"])
    assert send(f"https://{HOST}:{local.port}/", resolve, near(local)).body == b"not gzip at all"


def test_what_the_other_side_says_about_retrying_is_handed_on(local: Sink) -> None:
    local.reply = lambda _: Reply(status=429, headers={"Retry-After": "120"})
    resolve, _ = answering(["127.0.0.1"])
    assert send(f"https://{HOST}:{local.port}/", resolve, near(local)).retry_after == "120"


DRIP = tuple(bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + b"x" * 1000)
HINTS = (b"HTTP/1.1 103 Early Hints\r\n\r\n",) * 1000


@pytest.mark.parametrize(
    "reply",
    [Reply(raw=DRIP, pause_s=0.05), Reply(raw=(*DRIP[:50], b"x"), pause_s=0.1), Reply(raw=HINTS, pause_s=0.01)],
    ids=["dripping-headers", "dripping-body", "endless-hints"],
)
def test_an_answer_that_never_ends_ends_with_the_span(reply: Reply, local: Sink) -> None:
    local.reply = lambda _: reply
    resolve, _ = answering(["127.0.0.1"])
    with pytest.raises(Unanswered) as caught:
        send(f"https://{HOST}:{local.port}/", resolve, near(local, total_s=1))
    assert caught.value.reason == "too-late"


@pytest.mark.parametrize(
    "raw", [b"220 smtp ready\r\n", b"\x00" * 50, b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", b"a" * 200_000]
)
def test_an_answer_that_is_not_http_is_told_as_that(raw: bytes, local: Sink) -> None:
    local.reply = lambda _: Reply(raw=(raw,))
    resolve, _ = answering(["127.0.0.1"])
    with pytest.raises(Unanswered) as caught:
        send(f"https://{HOST}:{local.port}/", resolve, near(local))
    assert caught.value.reason == "no-sense"


def test_a_server_that_speaks_no_tls_is_not_trusted() -> None:
    with sink(tls=False) as plain:
        resolve, _ = answering(["127.0.0.1"])
        with pytest.raises(Unanswered) as caught:
            send(f"https://{HOST}:{plain.port}/", resolve, near(plain))
        assert caught.value.reason == "no-trust"
        assert plain.received == []


def test_nobody_listening_is_no_connection() -> None:
    with sink() as gone:
        pass
    resolve, _ = answering(["127.0.0.1"])
    with pytest.raises(Unanswered) as caught:
        send(f"https://{HOST}:{gone.port}/", resolve, near(gone))
    assert caught.value.reason == "no-connection"


@pytest.mark.parametrize("found", [[], ["not an address"]])
def test_a_host_without_an_address_is_no_such_host(found: list[str]) -> None:
    resolve, _ = answering(found)
    with pytest.raises(Unanswered) as caught:
        send("https://hooks.example/", resolve, Reach())
    assert caught.value.reason == "no-such-host"


def test_a_name_server_that_hangs_is_given_up_with_the_span() -> None:
    async def hang(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(Unanswered) as caught:
        send("https://hooks.example/", hang, Reach(total_s=1))
    assert caught.value.reason == "too-late"


def looked_up(look_up: Callable[[str, int], Sequence[str]]) -> Sequence[str]:
    return asyncio.run(in_a_thread(look_up, HOST, 443))


def test_a_look_up_in_a_thread_gives_what_was_found_and_raises_what_went_wrong() -> None:
    def fail(host: str, port: int) -> Sequence[str]:
        raise OSError(f"no {host}")

    assert looked_up(lambda host, port: [host, str(port)]) == [HOST, "443"]
    with pytest.raises(OSError, match=r"no hooks\.example"):
        looked_up(fail)


def test_the_system_knows_its_own_name_and_says_so_where_there_is_none() -> None:
    assert "127.0.0.1" in asyncio.run(addresses("localhost", 443))
    with pytest.raises(OSError, match=r"."):
        asyncio.run(addresses("a" * 64 + ".invalid", 443))
