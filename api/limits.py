"""Refuses bodies that are too large while they arrive, before anything keeps them in memory."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import TooLarge, of


class BodyLimit:
    """ASGI middleware: at most ``most`` bytes of body; ``bulk`` for paths with one of the endings ``at_bulk``."""

    def __init__(self, app: ASGIApp, *, most: int, bulk: int, at_bulk: Sequence[str]) -> None:
        self.app, self.most, self.bulk, self.at_bulk = app, most, bulk, tuple(at_bulk)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self.bulk if scope["path"].endswith(self.at_bulk) else self.most
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and int(stated) > most:
            await of(TooLarge(most))(scope, receive, send)
            return
        come, answered = 0, False

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > most:
                raise TooLarge(most)
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except TooLarge as error:
            if answered:
                raise
            await of(error)(scope, receive, send)
