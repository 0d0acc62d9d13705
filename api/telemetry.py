"""Traces for OpenTelemetry, where an address to send them to is set and the extra ``telemetry`` is installed.

FastAPI makes a span of each request and would tell its path, its query and what exceptions say. Here a span keeps what
is listed, and of the trace that a caller names no more than its ids.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import structlog
from fastapi.telemetry import TelemetryConfig
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    NoOpTracer,
    Span,
    SpanContext,
    SpanKind,
    Tracer,
    TracerProvider,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.util.types import Attributes

ADDRESSES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The variables that say where traces go, as OpenTelemetry names them."""

KEPT: Final = frozenset(
    {
        "error.type", "http.request.method", "http.response.status_code", "http.route", "network.protocol.version",
        "url.scheme",
    }
)  # fmt: skip
"""What a span of ours begins with."""

UNSEEN: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that are asked for all the time by machines."""

_OFF: Final = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """What FastAPI is told, and how to send what is left at the end."""

    config: TelemetryConfig
    finish: Callable[[], None]


def tracing(environ: Mapping[str, str] = os.environ) -> Tracing:
    """Traces to where the environment says, or none."""
    if not any(environ.get(name) for name in ADDRESSES) or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Tracing(config=_OFF, finish=lambda: None)
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        _log.warning("no traces", reason="the extra telemetry is not installed")
        return Tracing(config=_OFF, finish=lambda: None)
    sdk: Any = import_module("opentelemetry.sdk.trace")
    export: Any = import_module("opentelemetry.sdk.trace.export")
    exporter: Any = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    resources: Any = import_module("opentelemetry.sdk.resources")
    provider = sdk.TracerProvider(resource=resources.Resource.create({"service.name": "dropwright"}))
    provider.add_span_processor(export.BatchSpanProcessor(exporter.OTLPSpanExporter()))
    return Tracing(config=told_to(provider), finish=provider.shutdown)


def told_to(provider: TracerProvider) -> TelemetryConfig:
    """The configuration with which FastAPI tells ``provider`` what may be told."""
    return {**_OFF, "tracing": True, "tracer_provider": Discreet(provider), "exclude": _is_unseen}


def _is_unseen(scope: MutableMapping[str, Any]) -> bool:
    return scope.get("path") in UNSEEN


class Discreet(TracerProvider):
    """Hands on to another provider what may be told."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Tracer:
        return _Discreet(
            self._provider.get_tracer(instrumenting_module_name, instrumenting_library_version, schema_url, attributes)
        )


class _Discreet(NoOpTracer):
    """Spans that are started by ``start_span``, as FastAPI does for a request; any other way starts none."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        kept = {key: value for key, value in (attributes or {}).items() if key in KEPT}
        return self._tracer.start_span(
            name,
            context=_ids_alone(context),
            kind=kind,
            attributes=kept,
            start_time=start_time,
            record_exception=False,
            set_status_on_exception=False,
        )


def _ids_alone(context: Context | None) -> Context:
    """A context with the parent span of ``context`` and nothing else: no state, no baggage."""
    parent = get_current_span(context).get_span_context()
    bare = SpanContext(parent.trace_id, parent.span_id, parent.is_remote, parent.trace_flags)
    return set_span_in_context(NonRecordingSpan(bare), Context())
