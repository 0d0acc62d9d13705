"""What a process counts, in Prometheus's words. Labels are templates and codes: few, and never somebody's id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What is in the database, whichever process sees to it.

    ``events`` wait for webhooks; ``jobs`` by state; and how many seconds the first of those that wait has waited.
    """

    events: int
    oldest_event_s: float
    jobs: Mapping[str, int]
    oldest_job_s: float


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "dropwright_requests",
            "Requests that were answered.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "dropwright_request_seconds",
            "From the first byte of a request to the last of its answer.",
            ("route", "method"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge("dropwright_requests_in_flight", "Requests under way.", registry=self.registry)
        self.connections = Gauge(
            "dropwright_database_connections_in_use",
            "Database connections that requests have in hand.",
            registry=self.registry,
        )
        self._attempts = Counter(
            "dropwright_webhook_attempts",
            "Attempts of this process to send an event to a webhook.",
            ("outcome",),
            registry=self.registry,
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts an answer. ``route`` is a template, such as ``/v1/holds/{hold}``."""
        method = method if method in METHODS else "other"
        self._answers.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def attempted(self, outcome: str) -> None:
        """Counts an attempt to send an event to a webhook. ``outcome``: ``delivered``, or the reason why it was not."""
        self._attempts.labels(outcome).inc()

    def watch(self, look: Callable[[], Waiting | None]) -> None:
        """Has ``look`` tell what waits, whenever somebody reads the metrics; ``None`` leaves it out."""
        self.registry.register(_Watched(look))

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)


class _Watched(Collector):
    def __init__(self, look: Callable[[], Waiting | None]) -> None:
        self._look = look

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = self._look()
        if found is None:
            return
        yield GaugeMetricFamily("dropwright_webhook_events_waiting", "Events that wait for webhooks.", found.events)
        yield GaugeMetricFamily(
            "dropwright_webhook_oldest_waiting_seconds",
            "How long the one that waits longest has waited.",
            found.oldest_event_s,
        )
        jobs = GaugeMetricFamily("dropwright_jobs", "Jobs that wait, run or came to nothing.", labels=("state",))
        for state, number in found.jobs.items():
            jobs.add_metric((state,), number)
        yield jobs
        yield GaugeMetricFamily(
            "dropwright_job_oldest_queued_seconds",
            "How long the job that waits longest for a worker has waited.",
            found.oldest_job_s,
        )
