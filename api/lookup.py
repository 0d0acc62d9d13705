"""The addresses of a host name, from the system, without ever holding up who asks.

The system's own call cannot be cancelled. Each runs in a thread of its own that the program does not wait for at its
end; only so many run at once.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

MOST_AT_ONCE = 128
"""Names that are being looked up at one time; a name server that hangs lets go after some 30 s."""

Lookup = Callable[[str, int], Sequence[str]]

_running = threading.BoundedSemaphore(MOST_AT_ONCE)


async def addresses(host: str, port: int) -> Sequence[str]:
    """The addresses of ``host`` for TCP, in the system's order of preference. Raises ``OSError`` where it has none."""
    return await in_a_thread(_system, host, port)


async def in_a_thread(look_up: Lookup, host: str, port: int) -> Sequence[str]:
    """What ``look_up`` gives or raises, from a thread that nobody waits for once the asker has gone.

    Raises ``OSError`` where too many are still running.
    """
    if not _running.acquire(blocking=False):
        raise OSError("too many names are being looked up")
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[str]] = loop.create_future()

    def run() -> None:
        try:
            result = look_up(host, port)
        except OSError as error:
            _tell(loop, found, partial(found.set_exception, error))
        else:
            _tell(loop, found, partial(found.set_result, result))
        finally:
            _running.release()

    threading.Thread(target=run, name=f"look up {host}", daemon=True).start()
    return await found


def _tell(loop: asyncio.AbstractEventLoop, found: asyncio.Future[Sequence[str]], settle: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(lambda: None if found.done() else settle())


def _system(host: str, port: int) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that no name server knows
        raise OSError(str(error)) from error
    return [str(entry[4][0]) for entry in found]
