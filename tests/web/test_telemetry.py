"""Traces tell which route answered what, and neither who asked nor for what; without an address there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import NonRecordingSpan, NoOpTracer, Span, SpanContext, TracerProvider, get_current_span

from api import telemetry
from api.telemetry import told_to, tracing
from tests.web import stalls
from tests.web.service import Service, serving

CANARY = "kanarienvogel"
TRACE = {"traceparent": f"00-{'a1' * 16}-{'b2' * 8}-01", "tracestate": f"of={CANARY}", "baggage": f"of={CANARY}"}


class Told(NonRecordingSpan):
    """A span that keeps whatever anybody tells it."""

    def __init__(self, name: str, parent: SpanContext, attributes: Mapping[str, Any]) -> None:
        super().__init__(SpanContext(parent.trace_id or 1, 2, is_remote=False))
        self.name, self.parent, self.attributes = name, parent, dict(attributes)
        self.events: list[object] = []
        self.ended = False

    def is_recording(self) -> bool:
        return True

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        self.attributes |= attributes

    def set_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def update_name(self, name: str) -> None:
        self.name = name

    def add_event(self, *given: Any, **named: Any) -> None:
        self.events.append((given, named))

    record_exception = set_status = add_link = add_event

    def end(self, end_time: int | None = None) -> None:
        self.ended = True


class Recorder(TracerProvider):
    """Hands out spans and keeps them."""

    def __init__(self) -> None:
        self.spans: list[Told] = []

    def get_tracer(self, *given: Any, **named: Any) -> NoOpTracer:
        spans = self.spans

        class Tracer(NoOpTracer):
            def start_span(self, name: str, context: Any = None, *rest: Any, **named: Any) -> Span:
                spans.append(Told(name, get_current_span(context).get_span_context(), named["attributes"]))
                return spans[-1]

        return Tracer()


@contextmanager
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Service, Recorder]]:
    """The service with somebody who keeps its spans in place of the exporter."""
    recorder = Recorder()
    made = telemetry.Tracing(config=told_to(recorder), finish=lambda: recorder.spans.append(Told("end", _NOBODY, {})))
    monkeypatch.setattr(telemetry, "tracing", lambda: made)
    with serving(f"sqlite:///{tmp_path / 'dropwright.db'}") as running:
        stalls.add_to(running.app)
        yield running, recorder


_NOBODY = get_current_span().get_span_context()


def test_each_request_has_a_span_with_its_route_and_status_in_the_trace_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded(tmp_path, monkeypatch) as (running, recorder):
        running.post("/v1/stalls", json={"id": "a"}, headers=TRACE)
    span, end = recorder.spans
    assert span.name == "POST /v1/stalls"
    assert (span.attributes["http.route"], span.attributes["http.response.status_code"]) == ("/v1/stalls", 201)
    assert (f"{span.parent.trace_id:x}", f"{span.parent.span_id:x}") == ("a1" * 16, "b2" * 8)
    assert span.ended
    assert end.name == "end"


def test_no_span_tells_what_somebody_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(tmp_path, monkeypatch) as (running, recorder):
        running.post("/v1/stalls", json={"id": CANARY}, headers=TRACE | {"Host": f"{CANARY}.example"})
        running.post(f"/v1/stalls/{CANARY}/bug", params={CANARY: CANARY}, headers=TRACE | {"User-Agent": CANARY})
        running.get(f"/v1/{CANARY}", params={"cursor": CANARY}, headers=TRACE)
        running.send(CANARY.upper(), "/v1/stalls", headers=TRACE)
        running.post("/v1/stalls", json={CANARY: 1}, headers=TRACE)
    told = recorder.spans[:-1]
    assert [span.attributes["http.response.status_code"] for span in told] == [201, 500, 404, 405, 422]
    for span in told:
        everything = repr((span.name, span.attributes, span.events, span.parent.trace_state)).lower()
        assert CANARY not in everything


def test_probes_have_no_spans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(tmp_path, monkeypatch) as (running, recorder):
        for path in ("/healthz", "/readyz", "/metrics"):
            running.client.get(path)
        assert recorder.spans == []


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_without_an_address_there_are_no_traces(environ: dict[str, str]) -> None:
    assert tracing(environ).config["tracing"] is False
    assert tracing(environ).config["logs"] is False


def test_an_address_without_the_extra_is_told_and_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(telemetry, "find_spec", lambda name: None)
    assert tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}).config["tracing"] is False
    assert "the extra telemetry is not installed" in capsys.readouterr().out
