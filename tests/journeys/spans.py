"""Every span and log record of this process, kept in memory for the stories about traces."""

from __future__ import annotations

from functools import cache

from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deploy.spans import SpanStore
from deploy.tracing import provider_of


@cache
def kept_spans() -> InMemorySpanExporter:
    """The exporter behind the process's tracer provider; the first call puts it there."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        # As an office has it, for stories of the same process that come later.
        provider = provider_of("juyang", SpanStore())
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@cache
def kept_records() -> InMemoryLogRecordExporter:
    """The same for log records that instrumented libraries emit."""
    exporter = InMemoryLogRecordExporter()
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    set_logger_provider(provider)
    return exporter
