"""What the operations page counts out of the kept spans: routes, recent requests, durations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from opentelemetry.trace import SpanKind

from deploy.spans import SERVER_ERRORS, KeptSpan, KeptTrace
from shared.migrate import SERVICES

MEDIAN, MOST_OF_THEM = 0.5, 0.95
REFUSALS = 400


@dataclass(frozen=True, slots=True)
class RouteFigures:
    """One route template among the kept requests; milliseconds."""

    route: str
    service: str
    count: int
    refused: int
    failed: int
    p50_ms: float
    p95_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Request:
    """One kept trace as a line: what began it and whom it reached."""

    trace_id: str
    name: str
    status: int
    failed: bool
    started_ns: int
    took_ms: float
    span_ms: float
    letters: int
    services: tuple[str, ...]


def routes_of(traces: Iterable[KeptTrace], most: int) -> list[RouteFigures]:
    """The slowest routes, by their 95th percentile."""
    asked: dict[str, list[KeptSpan]] = defaultdict(list)
    for trace in traces:
        for span in trace.spans:
            if span.kind is SpanKind.SERVER:
                asked[span.name].append(span)
    found = [_figures(name, spans) for name, spans in asked.items()]
    return sorted(found, key=lambda one: one.p95_ms, reverse=True)[:most]


def _figures(name: str, spans: Sequence[KeptSpan]) -> RouteFigures:
    took = sorted(span.took_ms for span in spans)
    return RouteFigures(
        route=name,
        service=spans[0].service,
        count=len(spans),
        refused=sum(REFUSALS <= span.status < SERVER_ERRORS for span in spans),
        failed=sum(span.failed for span in spans),
        p50_ms=percentile(took, MEDIAN),
        p95_ms=percentile(took, MOST_OF_THEM),
        max_ms=took[-1],
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed (nearest rank)."""
    return ordered[max(ceil(share * len(ordered)), 1) - 1]


def requests_of(traces: Iterable[KeptTrace], most: int) -> list[Request]:
    """The requests that were last active, newest first."""
    found: list[Request] = []
    for trace in traces:
        if len(found) < most and (line := _request(trace)) is not None:
            found.append(line)
    return found


def _request(trace: KeptTrace) -> Request | None:
    asked = [span for span in trace.spans if span.kind is SpanKind.SERVER]
    if not asked:
        return None
    first = min(asked, key=lambda span: span.started_ns)
    heard = {span.letter_id for span in trace.spans if span.kind is SpanKind.CONSUMER}
    reached = {span.service for span in trace.spans}
    last_ns = max(span.ended_ns for span in trace.spans)
    return Request(
        trace_id=trace.trace_id,
        name=first.name,
        status=first.status,
        failed=any(span.failed for span in trace.spans),
        started_ns=first.started_ns,
        took_ms=first.took_ms,
        span_ms=(last_ns - first.started_ns) / 1e6,
        letters=len(heard),
        services=tuple(name for name in SERVICES if name in reached),
    )
