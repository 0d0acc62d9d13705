"""One attempt to send one event, signed after Standard Webhooks 1.0."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook as Signer

from api.feed import FeedEvent
from api.outbound import AddressRefused, Reach, Resolve, Unanswered, UrlRefused, post
from api.retrying import Outcome, retry_after_s
from router import codec

AGENT = "dropwright-webhooks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The way out to the receivers."""

    reach: Reach
    resolve: Resolve
    tls: ssl.SSLContext
    now: Callable[[], datetime]


def body(event: FeedEvent) -> bytes:
    """The event as it is sent: the same bytes in every attempt."""
    return json.dumps(codec.plain(event), ensure_ascii=False, separators=(",", ":")).encode()


def headers(event: FeedEvent, content: bytes, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """What says from whom the body is and when it was sent, signed with every secret."""
    signed = [Signer(secret).sign(event.id, at, content.decode()) for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": event.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signed),
    }


async def send(url: str, event: FeedEvent, secrets: Sequence[str], line: Line) -> Outcome:
    """Sends an event once. A redirect is not followed: it is no delivery."""
    at = line.now()
    content = body(event)
    try:
        answer = await post(
            url,
            content,
            headers(event, content, secrets, at),
            reach=line.reach,
            resolve=line.resolve,
            tls=line.tls,
        )
    except Unanswered as why:
        return Outcome(at=at, status=None, reason=why.reason)
    except (UrlRefused, AddressRefused) as why:
        return Outcome(at=at, status=None, reason=why.code)
    if 200 <= answer.status < 300:
        return Outcome(at=at, status=answer.status, reason=None)
    wait_s = retry_after_s(answer.status, answer.retry_after, line.now())
    return Outcome(at=at, status=answer.status, reason="refused", retry_after_s=wait_s)
