"""How often whoever asks may ask. Counted in this process, so several processes together let in several times as much.

A bad key counts against the network address that sent it. It is the bad keys beyond the limit that are turned away: a
good key from the same address, behind the same proxy perhaps, is served as ever. Guessing a key of 256 random bits is
hopeless with or without a limit; this one keeps the noise down.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from math import ceil
from time import monotonic, time

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond, storage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

from router.errors import DropwrightError

BAD_KEYS_PER_MINUTE = 20
"""From one address; an address of IPv6 is its /64."""

BAD_SIGN_INS = 10
"""Wrong passwords for one e-mail address in ten minutes; from then on right ones are refused too, until it is over."""

SIGN_INS_PER_MINUTE = 20
"""Attempts to sign in from one address."""

DROP_EVERY_S = 10.0
"""What is over is dropped that often, by a request; others do not wait for it."""

MOST_SPELT = 100
"""Characters of an address that count."""


class TooManyRequests(DropwrightError):
    """Whoever asks has asked too often."""

    code, title = "too-many-requests", "Too many requests"

    def __init__(self, after_s: int) -> None:
        super().__init__(f"ask again in {after_s} s, and more slowly", retry_after_s=after_s)


class TooManyBadKeys(DropwrightError):
    """Too many keys that do not hold came from one address."""

    code, title = "too-many-bad-keys", "Too many keys that do not hold"

    def __init__(self, after_s: int) -> None:
        super().__init__(f"mend the key, and try again in {after_s} s", retry_after_s=after_s)


class TooManySignIns(DropwrightError):
    """Somebody tries too often to sign in."""

    code, title = "too-many-sign-ins", "Too many attempts to sign in"

    def __init__(self, after_s: int) -> None:
        super().__init__(f"try again in {after_s} s", retry_after_s=after_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What is left of a limit: ``left`` of ``most`` requests in ``window_s``, some more after ``reset_s``."""

    policy: str
    most: int
    window_s: int
    left: int
    reset_s: int

    def headers(self) -> tuple[tuple[str, str], ...]:
        """``RateLimit`` and ``RateLimit-Policy`` as the IETF drafts them."""
        return (
            ("RateLimit-Policy", f'"{self.policy}";q={self.most};w={self.window_s}'),
            ("RateLimit", f'"{self.policy}";r={self.left};t={self.reset_s}'),
        )


class MemoryStorage(storage.MemoryStorage):
    """The library's counters, dropped once they are over by whoever counts next, every ten seconds.

    The library itself starts a thread for that with nearly every request, which waits until the thread runs. What is
    private to a class of this name there is private to it here.
    """

    _drop_at = 0.0

    def __schedule_expiry(self) -> None:
        if (at := monotonic()) >= self._drop_at:
            self._drop_at = at + DROP_EVERY_S
            self.__expire_events()


class Rates:
    """The counters of one process; threads may share it."""

    def __init__(self, *, requests_per_minute: int, bulk_per_minute: int) -> None:
        kept = MemoryStorage()
        self._rough = SlidingWindowCounterRateLimiter(kept)  # two numbers a key, however many requests
        self._exact = MovingWindowRateLimiter(kept)
        self._of = {
            "requests": RateLimitItemPerMinute(requests_per_minute),
            "bulk": RateLimitItemPerMinute(bulk_per_minute),
        }
        self._bad_keys = RateLimitItemPerMinute(BAD_KEYS_PER_MINUTE, namespace="bad-keys")
        self._sign_ins = RateLimitItemPerMinute(SIGN_INS_PER_MINUTE, namespace="sign-ins")
        self._bad_sign_ins = RateLimitItemPerSecond(BAD_SIGN_INS, 600, namespace="bad-sign-ins")

    def count(self, who: str, *, bulk: bool) -> tuple[bool, Rate]:
        """Counts a request of somebody who is known: whether it may go on, and what is left."""
        policy = "bulk" if bulk else "requests"
        item = self._of[policy]
        allowed = self._rough.hit(item, policy, who)
        stats = self._rough.get_window_stats(item, policy, who)
        left = stats.remaining if allowed else 0
        rate = Rate(
            policy=policy, most=item.amount, window_s=item.get_expiry(), left=left, reset_s=_s(stats.reset_time)
        )
        return allowed, rate

    def bad_key(self, address: str) -> None:
        """Counts a key that does not hold. Raises ``TooManyBadKeys``."""
        if not self._exact.hit(self._bad_keys, network(address)):
            raise TooManyBadKeys(_after(self._exact, self._bad_keys, network(address)))

    def sign_in(self, address: str, account: str) -> None:
        """Counts an attempt to sign in, before the password is looked at. Raises ``TooManySignIns``."""
        if not self._exact.hit(self._sign_ins, network(address)):
            raise TooManySignIns(_after(self._exact, self._sign_ins, network(address)))
        if not self._exact.test(self._bad_sign_ins, account):
            raise TooManySignIns(_after(self._exact, self._bad_sign_ins, account))

    def bad_sign_in(self, account: str) -> None:
        """Counts a wrong password for an account, whether there is such an account or not."""
        self._exact.hit(self._bad_sign_ins, account)


def network(address: str) -> str:
    """What an address counts as: itself, or its /64, since whoever has one of IPv6 has them all."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:MOST_SPELT]
    return str(found) if found.version == 4 else str(ip_network((int(found), 64), strict=False))


def _after(limiter: RateLimiter, item: RateLimitItem, who: str) -> int:
    return _s(limiter.get_window_stats(item, who).reset_time)


def _s(at: float) -> int:
    return max(1, ceil(at - time()))
