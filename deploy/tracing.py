"""Sets OpenTelemetry up from the standard OTEL_* variables; without an endpoint only ids exist."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    TraceState,
)
from opentelemetry.util.types import Attributes

from deploy.spans import SpanStore
from shared.telemetry import PROPAGATOR

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
SAMPLER, RATE = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
BY_SHARE = "parentbased_traceidratio"
KEPT_SHARE = 1.0
"""Of an embedded office's requests; OTEL_TRACES_SAMPLER and _ARG say otherwise. Decision 0010."""
API = "/v1/"
PART = (
    r"(?:[a-z][a-z_.-]{0,40}|v[0-9]|[0-9]{6}(?:[0-9]{3}){0,2}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?"
)
"""A part of an address that tells nothing of anybody: a word of ours, an area code, an id."""
TELLING_NOTHING = re.compile(PART)
ALL_TELLING_NOTHING = re.compile(rf"(?:/{PART})*")
UNSAID = "-"
UNRECORDED = SamplingResult(Decision.DROP)
AT_RANDOM = TraceFlags(TraceFlags.RANDOM_TRACE_ID)


class Share(ParentBased):
    """The library's sampler of a share of the traces that begin here; tells of an id beforehand."""

    def __init__(self, rate: float) -> None:
        super().__init__(TraceIdRatioBased(rate))
        self._bound = TraceIdRatioBased.get_bound_for_rate(rate)

    def leaves_out(self, trace_id: int) -> bool:
        """Whether nobody records the trace that begins with this id."""
        return trace_id & TraceIdRatioBased.TRACE_ID_LIMIT >= self._bound


class Ids(RandomIdGenerator):
    """Random ids; the next trace's may be given, where it was drawn beforehand."""

    given: int | None = None

    def generate_trace_id(self) -> int:
        given, self.given = self.given, None
        return given or super().generate_trace_id()


class Beginnings(Tracer):
    """Makes no more than ids of a trace that begins here and that nobody records.

    Most requests are such, and what the library does before it comes to that took twice as long.
    """

    def __init__(self, inner: Tracer, share: Share, ids: Ids) -> None:
        self._inner, self._share, self._ids = inner, share, ids

    def start_span(
        self, name: str, context: Context | None = None, *said: Any, **more: Any
    ) -> trace.Span:
        # An empty context holds no parent; none at all stands for the current one.
        if context is not None and not context:
            trace_id = self._ids.generate_trace_id()
            if self._share.leaves_out(trace_id):
                span_id = self._ids.generate_span_id()
                return NonRecordingSpan(SpanContext(trace_id, span_id, False, AT_RANDOM))
            self._ids.given = trace_id
        return self._inner.start_span(name, context, *said, **more)

    def start_as_current_span(self, name: str, *said: Any, **more: Any) -> Any:
        return self._inner.start_as_current_span(name, *said, **more)


class Provider(TracerProvider):
    """Tracers that look at a share first, where one is wanted."""

    def get_tracer(self, *said: Any, **more: Any) -> Tracer:
        tracer = super().get_tracer(*said, **more)
        inner, ids = getattr(self.sampler, "inner", None), self.id_generator
        if isinstance(inner, Share) and isinstance(ids, Ids):
            return Beginnings(tracer, inner, ids)
        return tracer


class OnlyRequests(Sampler):
    """Leaves pages, health and documentation out; what a service is asked goes by `inner`."""

    def __init__(self, inner: Sampler) -> None:
        self.inner = inner

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        if kind is SpanKind.SERVER and API not in str((attributes or {}).get("url.path", API)):
            return UNRECORDED
        return self.inner.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        return f"OnlyRequests({self.inner.get_description()})"


class Discretion(SpanProcessor):
    """Takes out of a request's span, as it starts, what a caller may have put into the address."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if span.kind is not SpanKind.SERVER:
            return
        said = span.attributes or {}
        if said.get("url.query"):
            span.set_attribute("url.query", "")
        path = str(said.get("url.path", ""))
        if (discreet := discreet_path(path)) != path:
            span.set_attribute("url.path", discreet)


def discreet_path(path: str) -> str:
    """An address with its words, ids and area codes alone: a number in it may be somebody's."""
    if ALL_TELLING_NOTHING.fullmatch(path):
        return path
    parts = path.split("/")
    return "/".join(part if TELLING_NOTHING.fullmatch(part) else UNSAID for part in parts)


def configure_tracing(service: str, keep: SpanStore | None = None) -> None:
    """Traces go where OTEL_EXPORTER_OTLP_ENDPOINT says, and into `keep` if given.

    With neither, spans are not recorded, yet every request has a trace id for answers and logs;
    OTEL_SDK_DISABLED=true and OTEL_TRACES_EXPORTER=none switch all of it off.
    """
    if _told("OTEL_SDK_DISABLED") == "true" or _told("OTEL_TRACES_EXPORTER") == "none":
        return
    if not _told("OTEL_PROPAGATORS"):
        # Nobody here reads baggage, and looking for it costs every request.
        propagate.set_global_textmap(PROPAGATOR)
    trace.set_tracer_provider(provider_of(service, keep))


def _told(name: str) -> str:
    return os.environ.get(name, "").strip().lower()


def provider_of(service: str, keep: SpanStore | None = None) -> TracerProvider:
    """A process's tracer provider, as the environment wants it."""
    name = os.environ.get("OTEL_SERVICE_NAME", service)
    # Without a sampler given, it reads OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG.
    provider = Provider(resource=Resource.create({"service.name": name}), id_generator=Ids())
    provider.sampler = OnlyRequests(_sampler(provider.sampler, keep))
    provider.add_span_processor(Discretion())
    if keep is not None:
        provider.add_span_processor(keep)
    if _exporting():
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _sampler(environment: Sampler, keep: SpanStore | None) -> Sampler:
    if keep is None and not _exporting():
        return ParentBased(ALWAYS_OFF)
    if _told(SAMPLER) == BY_SHARE:
        return Share(_rate())
    if _told(SAMPLER) or _exporting():
        return environment
    return Share(KEPT_SHARE)


def _rate() -> float:
    """As the SDK reads it: everything when nothing or nonsense is given."""
    try:
        return min(1.0, max(0.0, float(_told(RATE))))
    except ValueError:
        return 1.0


def _exporting() -> bool:
    return any(os.environ.get(name) for name in ENDPOINTS)
