"""What is recorded, how much of it, and what a span never says; checked on real requests."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, set_span_in_context

from deploy.spans import SpanStore
from deploy.tracing import (
    BY_SHARE,
    ENDPOINTS,
    RATE,
    SAMPLER,
    Share,
    discreet_path,
    provider_of,
)
from shared.telemetry import TRACE_HEADER, TraceHeader

pytestmark = pytest.mark.anyio
PARENT = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
PLANTED = "110190193001310018"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ENDPOINTS, SAMPLER, RATE, "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)


def client(provider: TracerProvider) -> httpx.AsyncClient:
    """A client of an application with a door, a page and a health check, traced by a provider."""
    app = FastAPI(telemetry={"tracer_provider": provider, "operation_spans": False, "logs": False})
    app.add_middleware(TraceHeader)

    @app.get("/intake/v1/persons/{person_id}")
    async def person(person_id: str) -> str:
        return "here"

    @app.get("/ops/traces/{trace_id}")
    async def page(trace_id: str) -> str:
        return "page"

    @app.get("/intake/health")
    async def health() -> str:
        return "ok"

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://office")


async def test_without_collector_and_store_there_are_ids_but_nothing_is_recorded() -> None:
    provider = provider_of("juyang-intake")
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    async with client(provider) as http:
        answer = await http.get("/intake/v1/persons/x")
    assert len(answer.headers[TRACE_HEADER]) == 32
    assert exporter.get_finished_spans() == ()


async def test_an_embedded_office_records_every_request_unless_told_otherwise() -> None:
    store = SpanStore()
    async with client(provider_of("juyang", store)) as http:
        told = [(await http.get("/intake/v1/persons/x")).headers[TRACE_HEADER] for _ in range(20)]
    assert {trace.trace_id for trace in store.traces()} == set(told)


async def test_the_share_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SAMPLER, "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.1")
    store = SpanStore()
    async with client(provider_of("juyang", store)) as http:
        for _ in range(500):
            await http.get("/intake/v1/persons/x")
    assert 15 < len(store.traces()) < 100


@given(st.integers(1, 2**128 - 1), st.floats(0, 1))
def test_a_share_leaves_out_what_the_librarys_own_sampler_drops(trace_id: int, rate: float) -> None:
    theirs = TraceIdRatioBased(rate).should_sample(Context(), trace_id, "GET")
    assert Share(rate).leaves_out(trace_id) == (theirs.decision is Decision.DROP)


@pytest.mark.parametrize(("flags", "recorded"), [(0, False), (1, True)])
def test_a_callers_trace_is_recorded_as_the_caller_does_whatever_the_share(
    monkeypatch: pytest.MonkeyPatch, flags: int, recorded: bool
) -> None:
    told = SpanContext(10**30, 7, True, TraceFlags(flags))
    context = set_span_in_context(NonRecordingSpan(told), Context())
    monkeypatch.setenv(SAMPLER, BY_SHARE)
    for rate in ("0", "1"):
        monkeypatch.setenv(RATE, rate)
        span = provider_of("juyang", SpanStore()).get_tracer("x").start_span("GET", context)
        assert span.is_recording() == recorded
        assert span.get_span_context().trace_id == told.trace_id


def test_a_trace_that_is_recorded_has_the_id_that_its_share_was_drawn_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(SAMPLER, BY_SHARE)
    monkeypatch.setenv(RATE, "0.5")
    tracer = provider_of("juyang", SpanStore()).get_tracer("x")
    spans, others = list[Span](), list[Span]()
    for _ in range(400):
        spans.append(tracer.start_span("GET", Context()))
        others.append(tracer.start_span("job"))
    ids = [span.get_span_context().trace_id for span in spans]
    assert [span.is_recording() for span in spans] == [
        not Share(0.5).leaves_out(one) for one in ids
    ]
    assert len({one.get_span_context().trace_id for one in (*spans, *others)}) == 800
    assert 100 < sum(span.is_recording() for span in spans) < 300


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "true")]
)
def test_the_standard_switches_leave_an_office_without_traces(name: str, value: str) -> None:
    said = (
        "from opentelemetry import trace; from deploy.tracing import configure_tracing; "
        "configure_tracing('juyang'); print(trace.get_tracer('x').start_span('y')"
        ".get_span_context().is_valid)"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", said],
            env={**os.environ, **more},
            capture_output=True,
            check=True,
        ).stdout.strip()
        for more in ({name: value}, {})
    ]
    assert told == [b"False", b"True"]


@pytest.mark.parametrize(("said", "rate"), [("", 1.0), ("0.25", 0.25), ("much", 1.0), ("7", 1.0)])
def test_a_share_is_read_as_the_library_does_and_nonsense_means_everything(
    monkeypatch: pytest.MonkeyPatch, said: str, rate: float
) -> None:
    monkeypatch.setenv(SAMPLER, BY_SHARE)
    monkeypatch.setenv(RATE, said)
    sampler = provider_of("juyang", SpanStore()).sampler
    assert Share(rate).get_description() in sampler.get_description()


async def test_pages_and_health_are_not_recorded_even_in_a_callers_trace() -> None:
    store = SpanStore()
    async with client(provider_of("juyang", store)) as http:
        page = await http.get("/ops/traces/x", headers=PARENT)
        await http.get("/intake/health")
        assert store.count == 0
        await http.get("/intake/v1/persons/x", headers=PARENT)
    assert store.count == 1
    assert page.headers[TRACE_HEADER] == PARENT["traceparent"].split("-")[1]


async def test_a_span_says_nothing_that_stood_in_the_query_or_in_a_part_of_the_address() -> None:
    provider = provider_of("juyang", SpanStore())
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    async with client(provider) as http:
        await http.get(f"/intake/v1/persons/{PLANTED}?name=王芳&id_number={PLANTED}")
        await http.get(f"/intake/v1/{PLANTED}/王芳")
    told = [str(span.to_json()) for span in exporter.get_finished_spans()]
    assert len(told) == 2
    assert "/intake/v1/persons/-" in told[0]
    assert not [text for text in told if PLANTED in text or "%E7" in text or "王芳" in text]


def test_words_ids_and_area_codes_of_an_address_stay() -> None:
    plain = "/intake/v1/areas/110105015001/persons/01a20194-b90d-7441-a8e1-c905199df0d4"
    assert discreet_path(plain) == plain
    assert discreet_path("/") == "/"
    assert discreet_path("/vouchers/v1/cards/13912345678/Wang%20Fang") == "/vouchers/v1/cards/-/-"


@contextmanager
def collector() -> Iterator[tuple[str, list[str]]]:
    """A collector that notes the addresses to which something was sent."""
    taken: list[str] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", taken
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("sampler", "sent"), [("", True), ("always_off", False)])
async def test_a_collector_gets_what_the_sampler_lets_through(
    monkeypatch: pytest.MonkeyPatch, sampler: str, sent: bool
) -> None:
    store = SpanStore()
    with collector() as (address, taken):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        if sampler:
            monkeypatch.setenv(SAMPLER, sampler)
        provider = provider_of("juyang", store)
        async with client(provider) as http:
            await http.get("/intake/v1/persons/x")
        provider.shutdown()
    assert taken == (["/v1/traces"] if sent else [])
    assert store.count == sent
