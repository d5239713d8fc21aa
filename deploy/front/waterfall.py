"""One trace laid out as bars in time: requests, letters on their way, and who took them over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.trace import SpanKind

from deploy.spans import SERVER_ERRORS, KeptSpan, KeptTrace

WIDTH, LABELS, RIGHT = 1040, 470, 90
ROW = 30
NARROWEST = 2.0
INDENT = 14
DEEPEST = 6
SHOWN = frozenset({SpanKind.SERVER, SpanKind.CONSUMER, SpanKind.PRODUCER})


@dataclass(frozen=True, slots=True)
class Bar:
    """One row; x and width in the drawing's units, `waited_ms` is a letter's time on its way.

    `on_the_bus` is a relay that hands a letter to a bus between processes.
    """

    service: str
    what: str
    is_letter: bool
    on_the_bus: bool
    depth: int
    y: int
    x: float
    width: float
    from_x: float
    from_y: int
    started_ms: float
    took_ms: float
    waited_ms: float
    status: int
    error: str
    times: int

    @property
    def failed(self) -> bool:
        return bool(self.error) or self.status >= SERVER_ERRORS


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The drawing of a trace; `applications` are those that its letters belong to."""

    trace_id: str
    bars: list[Bar]
    height: int
    total_ms: float
    started_ns: int
    left_out: int
    applications: list[str]


@dataclass(frozen=True, slots=True)
class _Step:
    """Spans shown as one row: a service's several handlers of one letter are one step."""

    spans: Sequence[KeptSpan]
    parent: KeptSpan | None

    @property
    def first(self) -> KeptSpan:
        return self.spans[0]

    @property
    def started_ns(self) -> int:
        return self.first.started_ns

    @property
    def ended_ns(self) -> int:
        return max(span.ended_ns for span in self.spans)


def waterfall(trace: KeptTrace) -> Waterfall:
    """Lay a trace out; a trace without any request or letter has no bars."""
    steps = _steps(trace.spans)
    began = min((step.started_ns for step in steps), default=0)
    ended = max((step.ended_ns for step in steps), default=0)
    return Waterfall(
        trace_id=trace.trace_id,
        bars=list(_bars(steps, began, max(ended - began, 1))),
        height=ROW * (len(steps) + 1),
        total_ms=(ended - began) / 1e6,
        started_ns=began,
        left_out=trace.left_out,
        applications=sorted({s.application_id for s in trace.spans if s.application_id}),
    )


def _steps(spans: Sequence[KeptSpan]) -> list[_Step]:
    by_id = {span.span_id: span for span in spans}
    groups: dict[tuple[object, ...], list[KeptSpan]] = {}
    for span in spans:
        if span.kind in SHOWN:
            one = span.letter_id or span.span_id
            groups.setdefault((span.kind, span.service, one), []).append(span)
    steps = [_step(same, by_id) for same in groups.values()]
    return sorted(steps, key=lambda step: (step.started_ns, step.ended_ns))


def _step(same: Sequence[KeptSpan], by_id: Mapping[int, KeptSpan]) -> _Step:
    ordered = sorted(same, key=lambda span: span.started_ns)
    return _Step(ordered, _shown_above(ordered[0], by_id))


def _shown_above(span: KeptSpan, by_id: Mapping[int, KeptSpan]) -> KeptSpan | None:
    """The nearest span above that is shown; the framework's own operations are not."""
    above = by_id.get(span.parent_id or 0)
    while above is not None and above.kind not in SHOWN:
        above = by_id.get(above.parent_id or 0)
    return above


def _bars(steps: Sequence[_Step], began: int, total: int) -> Iterable[Bar]:
    rows: dict[int, Bar] = {}
    scale = (WIDTH - LABELS - RIGHT) / total
    for nth, step in enumerate(steps, 1):
        above = rows.get(step.parent.span_id) if step.parent else None
        left = min(step.parent.ended_ns, step.started_ns) if step.parent else step.started_ns
        bar = Bar(
            service=step.first.service,
            what=step.first.name,
            is_letter=step.first.kind is not SpanKind.SERVER,
            on_the_bus=step.first.kind is SpanKind.PRODUCER,
            depth=min(above.depth + 1, DEEPEST) if above else 0,
            y=ROW * nth,
            x=round(LABELS + (step.started_ns - began) * scale, 1),
            width=round(max((step.ended_ns - step.started_ns) * scale, NARROWEST), 1),
            from_x=round(LABELS + (left - began) * scale, 1),
            from_y=above.y if above else ROW * nth,
            started_ms=(step.started_ns - began) / 1e6,
            took_ms=(step.ended_ns - step.started_ns) / 1e6,
            waited_ms=(step.started_ns - left) / 1e6,
            status=step.first.status,
            error=next((span.error for span in step.spans if span.error), ""),
            times=len(step.spans),
        )
        rows.update(dict.fromkeys((span.span_id for span in step.spans), bar))
        yield bar
