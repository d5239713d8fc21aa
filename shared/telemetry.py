"""Trace context: into the outbox row, out of it in the receiver, and into logs and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.letter import Envelope

TRACE_HEADER = "Trace-Id"
TRACE_HEADER_SENT = TRACE_HEADER.lower().encode()
PROPAGATOR = TraceContextTextMapPropagator()
UNSAMPLED = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f][02468ace]")
TRACER = trace.get_tracer("juyang.letters")


def traceparent() -> str | None:
    """The W3C traceparent of the current span, or none."""
    return _told(None)


def _told(context: Context | None) -> str | None:
    said = trace.get_current_span(context).get_span_context()
    if not said.is_valid:
        return None
    ids = f"{trace.format_trace_id(said.trace_id)}-{trace.format_span_id(said.span_id)}"
    return f"00-{ids}-{said.trace_flags:02x}"


def begun(what: str) -> str | None:
    """The traceparent of a new trace for what no request has caused; none without tracing."""
    span = TRACER.start_span(what, Context())
    span.end()
    return _told(trace.set_span_in_context(span, Context()))


def trace_id() -> str:
    """The current trace id in hex, or an empty text."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def _attributes(letter: Envelope) -> dict[str, str]:
    """What a span says of a letter: ids and types, by which traces are found."""
    said = {
        "messaging.system": "juyang",
        "messaging.destination.name": letter.topic,
        "messaging.message.id": str(letter.id),
        "juyang.letter.type": letter.type,
    }
    if letter.application_id is not None:
        said["messaging.message.conversation_id"] = str(letter.application_id)
    return said


class TraceHeader:
    """Puts the trace id on every answer, for people to report and for `/ops` to look up."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        telemetry = scope.get("fastapi.telemetry")
        if telemetry is not None:
            _prefixed(telemetry, scope)
        if telemetry is None or telemetry.span is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        span = telemetry.span

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = trace.format_trace_id(span.get_span_context().trace_id)
                message["headers"] = [*message["headers"], (TRACE_HEADER_SENT, told.encode())]
            await send(message)

        await self._app(scope, receive, telling)


def _prefixed(telemetry: Any, scope: Scope) -> None:
    """Tell the request's telemetry where its application stands: routes are named in full.

    FastAPI does so for applications that it mounts itself, and has no public way for others.
    """
    if not telemetry._mount_prefix:
        telemetry._mount_prefix = scope.get("root_path", "")


@contextmanager
def receiving(letter: Envelope, consumer: str) -> Iterator[None]:
    """Make a CONSUMER span current that continues the letter's trace."""
    parent = _parent(letter)
    if unsampled(letter.traceparent):
        with _current(parent):
            yield
        return
    said = {
        **_attributes(letter),
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": consumer,
    }
    span = TRACER.start_span(f"{letter.topic} process", parent, SpanKind.CONSUMER, said)
    with _ending(span), _current(trace.set_span_in_context(span, parent)):
        yield


def set_aside(letter: Envelope, consumer: str) -> None:
    """A failed CONSUMER span of a letter that is parked without having been given to anybody."""
    with receiving(letter, consumer):
        span = trace.get_current_span()
        span.set_attribute("error.type", "parked")
        span.set_status(StatusCode.ERROR)


@contextmanager
def sending(letter: Envelope) -> Iterator[str | None]:
    """A PRODUCER span in the letter's trace; gives the traceparent to put on the wire."""
    if letter.traceparent is None or unsampled(letter.traceparent):
        yield letter.traceparent
        return
    # Not made current: many letters are on their way at once.
    span = TRACER.start_span(
        f"{letter.topic} publish", _parent(letter), SpanKind.PRODUCER, _attributes(letter)
    )
    with _ending(span):
        yield _told(trace.set_span_in_context(span)) or letter.traceparent


def unsampled(parent: str | None) -> bool:
    """Whether whoever began the trace does not record it: then nobody does, and spans cost."""
    return parent is not None and UNSAMPLED.fullmatch(parent) is not None


def unrecorded() -> str:
    """The traceparent of a new trace that nobody records: for what machines ask for a page."""
    ids = RandomIdGenerator()
    trace_id, span_id = ids.generate_trace_id(), ids.generate_span_id()
    return f"00-{trace.format_trace_id(trace_id)}-{trace.format_span_id(span_id)}-00"


def _parent(letter: Envelope) -> Context:
    if letter.traceparent is None:
        return Context()
    return PROPAGATOR.extract({"traceparent": letter.traceparent})


@contextmanager
def _current(context: Context) -> Iterator[None]:
    token = attach(context)
    try:
        yield
    finally:
        detach(token)


@contextmanager
def _ending(span: Span) -> Iterator[None]:
    try:
        yield
    except Exception as failure:
        # A message may repeat what it failed on: the type alone is told.
        span.set_attribute("error.type", type(failure).__name__)
        span.set_status(StatusCode.ERROR)
        raise
    finally:
        span.end()
