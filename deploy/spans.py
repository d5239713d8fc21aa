"""The last traces of this process in memory, for the operations page: bounded, and no database."""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, format_trace_id

MOST_TRACES = 2_000
MOST_SPANS = 20_000
MOST_OF_A_TRACE = 300
MOST_ERRORS = 50
LONGEST_TEXT = 120
SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True)
class KeptSpan:
    """What the page needs of a span: templates, types and ids, never an address that was sent."""

    trace_id: str
    span_id: int
    parent_id: int | None
    kind: SpanKind
    service: str
    name: str
    letter_id: str
    application_id: str
    started_ns: int
    ended_ns: int
    status: int
    error: str

    @property
    def failed(self) -> bool:
        """Whether the service, not the caller, is at fault."""
        return bool(self.error) or self.status >= SERVER_ERRORS

    @property
    def took_ms(self) -> float:
        return (self.ended_ns - self.started_ns) / 1e6


@dataclass(slots=True)
class KeptTrace:
    """One trace; `left_out` counts the spans beyond what is kept of one trace."""

    trace_id: str
    spans: list[KeptSpan] = field(default_factory=list)
    left_out: int = 0


class SpanStore(SpanProcessor):
    """Keeps the spans of the traces that were last active; the oldest trace goes first.

    Numbers and lengths are bounded, and so the memory is: about 10 MB when full.
    """

    def __init__(
        self,
        *,
        most_traces: int = MOST_TRACES,
        most_spans: int = MOST_SPANS,
        most_of_a_trace: int = MOST_OF_A_TRACE,
    ) -> None:
        self._most_traces = most_traces
        self._most_spans = most_spans
        self._most_of_a_trace = most_of_a_trace
        self._traces: OrderedDict[str, KeptTrace] = OrderedDict()
        self._errors: deque[KeptSpan] = deque(maxlen=MOST_ERRORS)
        self._count = 0
        self._lock = Lock()

    def on_end(self, span: ReadableSpan) -> None:
        kept = kept_of(span)
        with self._lock:
            self._keep(kept)
            if kept.failed:
                self._errors.append(kept)

    def _keep(self, span: KeptSpan) -> None:
        trace = self._traces.setdefault(span.trace_id, KeptTrace(span.trace_id))
        self._traces.move_to_end(span.trace_id)
        if len(trace.spans) >= self._most_of_a_trace:
            trace.left_out += 1
            return
        trace.spans.append(span)
        self._count += 1
        while self._count > self._most_spans or len(self._traces) > self._most_traces:
            _, oldest = self._traces.popitem(last=False)
            self._count -= len(oldest.spans)

    @property
    def count(self) -> int:
        """How many spans are kept."""
        return self._count

    def ids(self) -> list[str]:
        """Which traces are kept."""
        with self._lock:
            return list(self._traces)

    def trace(self, trace_id: str) -> KeptTrace | None:
        """One trace as it stands now, or none when it is not kept (any more)."""
        with self._lock:
            found = self._traces.get(trace_id)
            return found and KeptTrace(trace_id, list(found.spans), found.left_out)

    def traces(self) -> list[KeptTrace]:
        """All kept traces, the one that was last active first."""
        with self._lock:
            return [
                KeptTrace(one.trace_id, list(one.spans), one.left_out)
                for one in reversed(self._traces.values())
            ]

    def errors(self) -> list[KeptSpan]:
        """The last failures, newest first; they outlive their traces."""
        with self._lock:
            return list(reversed(self._errors))


def kept_of(span: ReadableSpan) -> KeptSpan:
    """A finished span without what nobody needs."""
    said: Mapping[str, Any] = span.attributes or {}
    context, error = span.context, said.get("error.type", "")
    assert context is not None
    if not error and span.status.status_code is StatusCode.ERROR:
        error = "error"
    return KeptSpan(
        trace_id=format_trace_id(context.trace_id),
        span_id=context.span_id,
        parent_id=span.parent.span_id if span.parent else None,
        kind=span.kind,
        service=_short(_service_of(span.kind, said)),
        name=_short(_name_of(span, said)),
        letter_id=_short(said.get("messaging.message.id", "")),
        application_id=_short(said.get("messaging.message.conversation_id", "")),
        started_ns=span.start_time or 0,
        ended_ns=span.end_time or 0,
        status=int(said.get("http.response.status_code", 0)),
        error=_short(error),
    )


def _service_of(kind: SpanKind, said: Mapping[str, Any]) -> Any:
    """The service that worked: five of them share this process and its resource."""
    if kind is SpanKind.SERVER:
        return str(said.get("http.route", "")).lstrip("/").split("/", 1)[0]
    if kind is SpanKind.PRODUCER:
        return str(said.get("juyang.letter.type", "")).split(".", 1)[0]
    return said.get("messaging.consumer.group.name", "")


def _name_of(span: ReadableSpan, said: Mapping[str, Any]) -> Any:
    if span.kind is SpanKind.SERVER:
        # Where no route matched there is no template, and the address stays unsaid.
        return f"{said.get('http.request.method', '')} {said.get('http.route', '(no route)')}"
    return said.get("juyang.letter.type", span.name)


def _short(text: Any) -> str:
    """A text that takes no more room than it may; equal ones share it."""
    return sys.intern(str(text)[:LONGEST_TEXT])
