"""A service's metrics: what is counted on the way, what rounds read, and how both are shown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from socket import gethostname
from time import monotonic

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import (
    CallbackOptions,
    Histogram,
    Meter,
    MeterProvider,
    NoOpMeter,
    NoOpMeterProvider,
    Observation,
)
from opentelemetry.sdk.metrics import MeterProvider as Provider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.util.types import Attributes
from prometheus_client import CollectorRegistry, generate_latest

from shared.bus.port import Bus, Receive
from shared.contracts.letter import Envelope
from shared.contracts.registry import letter_types
from shared.metrics_names import COUNTERS, FIGURES_AGE, GAUGES, HANDLED, LIVE, SENT, Instrument

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
GOODBYE_MS = 2_000
KNOWN = frozenset(letter_types())
STRANGE = "unknown"


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a gauge of `GAUGES`; its labels are those of the catalogue, and few."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if frozenset(self.labels) != GAUGES[self.name].labels:
            raise ValueError(f"{self.name} has other labels")


def readers(registry: CollectorRegistry) -> list[MetricReader]:
    """Where metrics go by the OTEL_* variables: a scrape page always, OTLP with an endpoint."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return []
    if os.environ.get("OTEL_METRICS_EXPORTER", "").lower() == "none":
        return []
    found: list[MetricReader] = [
        PrometheusMetricReader(True, scope_info_enabled=False, registry=registry)
    ]
    if any(os.environ.get(name) for name in ENDPOINTS):
        found.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
    return found


class Durations(MeterProvider):
    """Of requests, how long they take: counting those under way costs more, and nobody looks."""

    def __init__(self, provider: MeterProvider) -> None:
        self._provider = provider

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Meter:
        return DurationMeter(self._provider.get_meter(name, version, schema_url, attributes))


class DurationMeter(NoOpMeter):
    """Makes histograms; other instruments count nothing."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter.name)
        self._meter = meter

    def create_histogram(
        self,
        name: str,
        unit: str = "",
        description: str = "",
        *,
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> Histogram:
        return self._meter.create_histogram(
            name,
            unit,
            description,
            explicit_bucket_boundaries_advisory=explicit_bucket_boundaries_advisory,
        )


class Metering:
    """The metrics of one service in this process, under its own `service.name`."""

    def __init__(self, service: str) -> None:
        self._registry = CollectorRegistry()
        self._figures: dict[str, dict[str, list[Figure]]] = {}
        self._read_at: dict[str, float] = {}
        where = readers(self._registry)
        self.on = bool(where)
        self.provider: MeterProvider = NoOpMeterProvider()
        self.requests: MeterProvider = self.provider
        if self.on:
            # Copies of a service must not write over each other where metrics are collected.
            copy = f"{gethostname()}:{os.getpid()}"
            resource = Resource.create(
                {"service.name": f"juyang-{service}", "service.instance.id": copy}
            )
            self.provider = Provider(where, resource, shutdown_on_exit=False)
            self.requests = Durations(self.provider)
        self._meter = self.provider.get_meter("juyang")
        for name, one in GAUGES.items():
            self._observe(name, one, partial(self._latest, name))
        self._observe(FIGURES_AGE, LIVE[FIGURES_AGE], self._ages)
        self._counters = {
            name: self._meter.create_counter(name, one.unit, one.description)
            for name, one in COUNTERS.items()
        }

    def watch(self, name: str, read: Callable[[], Mapping[str, float]]) -> None:
        """Ask `read` for a live gauge's values, by its one label, whenever somebody looks."""
        (label,) = LIVE[name].labels
        self._observe(name, LIVE[name], lambda: [(v, {label: k}) for k, v in read().items()])

    def tell(self, round_name: str, figures: Sequence[Figure]) -> None:
        """Replace what a round told the last time."""
        told: dict[str, list[Figure]] = {}
        for figure in figures:
            told.setdefault(figure.name, []).append(figure)
        self._figures[round_name] = told
        self._read_at[round_name] = monotonic()

    def count(self, name: str, letters: Iterable[Envelope]) -> None:
        """Count letters by their type; types that nobody knows count as one."""
        types: dict[str, int] = {}
        for letter in letters:
            kind = known_type(letter.type)
            types[kind] = types.get(kind, 0) + 1
        for kind, number in types.items():
            self._counters[name].add(number, {"type": kind})

    def hearing(self, receive: Receive) -> Receive:
        """The same receiver, which counts what it took over."""
        if not self.on:
            return receive

        async def counted(letters: Sequence[Envelope]) -> None:
            await receive(letters)
            self.count(HANDLED, letters)

        return counted

    def sending(self, bus: Bus) -> Bus:
        """The same bus, which counts what it took over."""
        return CountedBus(bus, self) if self.on else bus

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)

    async def close(self) -> None:
        """Send what was not sent yet, within bounds."""
        if isinstance(self.provider, Provider):
            await asyncio.to_thread(self.provider.shutdown, GOODBYE_MS)

    def _observe(
        self,
        name: str,
        one: Instrument,
        read: Callable[[], Iterable[tuple[float, Mapping[str, str]]]],
    ) -> None:
        def answer(options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(value, dict(labels)) for value, labels in read()]

        self._meter.create_observable_gauge(name, [answer], one.unit, one.description)

    def _latest(self, name: str) -> list[tuple[float, Mapping[str, str]]]:
        told = [figures for one in self._figures.values() for figures in one.get(name, ())]
        return [(figure.value, figure.labels) for figure in told]

    def _ages(self) -> list[tuple[float, Mapping[str, str]]]:
        now = monotonic()
        return [(now - at, {"round": name}) for name, at in self._read_at.items()]


@dataclass(frozen=True, slots=True)
class CountedBus:
    """A bus that counts the letters that it took over."""

    bus: Bus
    metering: Metering

    async def start(self) -> None:
        await self.bus.start()

    async def stop(self) -> None:
        await self.bus.stop()

    async def publish(self, letters: Sequence[Envelope]) -> None:
        await self.bus.publish(letters)
        self.metering.count(SENT, letters)

    def subscribe(self, consumer: str, topics: frozenset[str], receive: Receive) -> None:
        self.bus.subscribe(consumer, topics, receive)

    def trouble(self) -> str | None:
        return self.bus.trouble()


def known_type(said: str) -> str:
    """A letter's type as a label: whoever writes nonsense makes no new series."""
    return said if said in KNOWN else STRANGE
