"""Trace context: into the outbox row, out of it in the receiver, and into logs and answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.letter import Envelope

TRACE_HEADER = "Trace-Id"
PROPAGATOR = TraceContextTextMapPropagator()
TRACER = trace.get_tracer("juyang.letters")


def traceparent() -> str | None:
    """The W3C traceparent of the current span, or none."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


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
        if scope["type"] != "http" or not (told := trace_id()):
            await self._app(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault(TRACE_HEADER, told)
            await send(message)

        await self._app(scope, receive, telling)


@contextmanager
def receiving(letter: Envelope, consumer: str) -> Iterator[None]:
    """Make a CONSUMER span current that continues the letter's trace."""
    parent = PROPAGATOR.extract({"traceparent": letter.traceparent or ""})
    with TRACER.start_as_current_span(
        f"{letter.topic} process",
        context=parent,
        kind=SpanKind.CONSUMER,
        attributes={
            **_attributes(letter),
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": consumer,
        },
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as failure:
            # A message may repeat what it failed on: the type alone is told.
            span.set_attribute("error.type", type(failure).__name__)
            span.set_status(StatusCode.ERROR)
            raise


@contextmanager
def sending(letter: Envelope) -> Iterator[str | None]:
    """A PRODUCER span in the letter's trace; gives the traceparent to put on the wire."""
    parent = PROPAGATOR.extract({"traceparent": letter.traceparent or ""})
    with TRACER.start_as_current_span(
        f"{letter.topic} publish",
        context=parent,
        kind=SpanKind.PRODUCER,
        attributes=_attributes(letter),
        record_exception=False,
    ):
        yield traceparent() or letter.traceparent
