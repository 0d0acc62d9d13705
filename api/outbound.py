"""POST to a URL that somebody else chose, without becoming a way into this machine's own network.

The host is looked up once, every address it has must be public, and the connection goes to an address that was
checked. No redirect is followed and no proxy is asked. One span covers the look-up, the connection and the answer.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import httpx2

from api.addresses import Address, Network, is_public
from router.errors import Invalid, Unavailable

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host for a port; raises ``OSError`` where there are none."""

MOST_URL = 2000
"""Characters of a URL."""

_TRIED = 3
"""Addresses of a host that are tried, one after the other."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_HTTPS = "the URL must begin with https://"
_PORTS = {"http": 80, "https": 443}


class UrlRefused(Invalid):
    """A URL to which nothing is sent, whatever its host's addresses are."""

    code, title = "url-refused", "Nothing is sent to such a URL"


class AddressRefused(Invalid):
    """The host has an address that is not public."""

    code, title = "address-refused", "The host is not on the public internet"

    def __init__(self) -> None:
        super().__init__("the host of the URL has an address that is not on the public internet")


class Unanswered(Unavailable):
    """No answer came. ``reason``: no-such-host, no-connection, no-trust (TLS), no-sense (not HTTP), too-late."""

    code, title = "unanswered", "The other side did not answer"

    def __init__(self, reason: str) -> None:
        super().__init__(f"no answer came: {reason}", reason=reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far requests may go.

    ``allowed``: networks that count as public; plain ``http`` goes to them alone. ``total_s``: from the look-up to
    the end of the answer. ``answer_bytes``: how much of its body is read.
    """

    ports: frozenset[int] = frozenset({443})
    allowed: tuple[Network, ...] = ()
    total_s: int = 5
    answer_bytes: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL taken apart: once, so that what was checked is what is used."""

    url: httpx2.URL
    host: str
    """In ASCII, lower case; an address without brackets."""
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. ``body``: its beginning. ``retry_after``: the header of that name."""

    status: int
    body: bytes
    retry_after: str | None = None


def target(url: str, reach: Reach) -> Target:
    """The URL in parts, if it is one that requests may go to. Raises ``UrlRefused``, ``AddressRefused``."""
    if len(url) > MOST_URL:
        raise UrlRefused(f"the URL is longer than {MOST_URL} characters")
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise UrlRefused("this is not a URL") from error
    if parsed.scheme != "https" and not (parsed.scheme == "http" and reach.allowed):
        raise UrlRefused(_HTTPS)
    if "#" in url:
        raise UrlRefused("leave the fragment (# and what follows) out of the URL")
    if "@" in re.split(r"[/?]", url.partition("//")[2], maxsplit=1)[0]:
        raise UrlRefused("leave user name and password out of the URL")
    host = parsed.raw_host.decode("ascii")
    literal = _literal(host)
    if literal is None and not _is_name(host):
        raise UrlRefused("the URL has no host name that can be looked up")
    port = _PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if port not in reach.ports:
        raise UrlRefused(f"requests go to port {', '.join(map(str, sorted(reach.ports)))}, not to {port}")
    if literal is not None:
        _check(parsed.scheme, [literal], reach)
    return Target(url=parsed, host=host, port=port)


async def post(
    url: str, body: bytes, headers: Mapping[str, str], *, reach: Reach, resolve: Resolve, tls: ssl.SSLContext
) -> Answer:
    """Sends ``body`` and gives the answer, whatever its status.

    Raises ``UrlRefused``, ``AddressRefused``, ``Unanswered``.
    """
    goal = target(url, reach)
    try:
        async with asyncio.timeout(reach.total_s):
            found = await _addresses(goal, resolve)
            _check(goal.url.scheme, found, reach)
            return await _first(goal, found[:_TRIED], body, headers, reach, tls)
    except TimeoutError as error:
        raise Unanswered("too-late") from error


async def _addresses(goal: Target, resolve: Resolve) -> Sequence[Address]:
    literal = _literal(goal.host)
    if literal is not None:
        return [literal]
    try:
        found = [ip_address(each) for each in await resolve(goal.host, goal.port)]
    except (OSError, ValueError) as error:
        raise Unanswered("no-such-host") from error
    if not found:
        raise Unanswered("no-such-host")
    return list(dict.fromkeys(found))


def _check(scheme: str, found: Sequence[Address], reach: Reach) -> None:
    for address in found:
        if any(address in network for network in reach.allowed):
            continue
        if not is_public(address):
            raise AddressRefused
        if scheme != "https":
            raise UrlRefused(_HTTPS)


async def _first(
    goal: Target, found: Sequence[Address], body: bytes, headers: Mapping[str, str], reach: Reach, tls: ssl.SSLContext
) -> Answer:
    """The answer from the first address that takes a connection."""
    for address in found[:-1]:
        try:
            return await _ask(goal, address, body, headers, reach, tls, connect_s=reach.total_s / len(found))
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            continue
    try:
        return await _ask(goal, found[-1], body, headers, reach, tls, connect_s=reach.total_s)
    except httpx2.ConnectError as error:
        raise Unanswered("no-trust" if _is_tls(error) else "no-connection") from error
    except httpx2.TimeoutException as error:
        raise Unanswered("too-late") from error


async def _ask(
    goal: Target,
    address: Address,
    body: bytes,
    headers: Mapping[str, str],
    reach: Reach,
    tls: ssl.SSLContext,
    *,
    connect_s: float,
) -> Answer:
    """One request to one address, under the name of the host. Raises httpx2's errors of connecting, ``Unanswered``."""
    request = httpx2.Request(
        "POST",
        goal.url.copy_with(host=str(address)),
        headers={**headers, "host": goal.url.netloc.decode("ascii")},
        content=body,
        extensions={"sni_hostname": goal.host, "timeout": {"connect": connect_s}},
    )
    async with httpx2.AsyncHTTPTransport(verify=tls, trust_env=False) as transport:
        try:
            response = await transport.handle_async_request(request)
            kept = bytearray()
            async for chunk in response.aiter_raw():
                kept += chunk
                if len(kept) >= reach.answer_bytes:
                    break
            await response.aclose()
        except (httpx2.ReadError, httpx2.WriteError) as error:
            raise Unanswered("no-connection") from error
        except httpx2.ProtocolError as error:
            raise Unanswered("no-sense") from error
    return Answer(
        status=response.status_code,
        body=bytes(kept[: reach.answer_bytes]),
        retry_after=response.headers.get("retry-after"),
    )


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """Whether it is a host name, and none that a system might read as a number, such as 0x7f.1 or 2130706433."""
    labels = host.split(".")
    return (
        len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels) and _NUMBER.fullmatch(labels[-1]) is None
    )


def _is_tls(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None
