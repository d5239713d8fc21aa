"""The office's one door counts each request for the service that answered it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opentelemetry.context import Context
from opentelemetry.metrics import (
    Histogram,
    Meter,
    MeterProvider,
    NoOpHistogram,
    NoOpMeter,
    NoOpMeterProvider,
)
from opentelemetry.util.types import Attributes

from shared.runtime import Runtime

ROUTE = "http.route"


def office_meters(runtimes: Mapping[str, Runtime]) -> MeterProvider:
    """The provider of an office's outermost application; none at all when metrics are off."""
    on = {name: one.metering.provider for name, one in runtimes.items() if one.metering.on}
    return ByService(on) if on else NoOpMeterProvider()


class ByService(MeterProvider):
    """Meters whose histograms go to one of several providers, by the first part of the route.

    FastAPI counts a request once, at the outermost application, which is the office's.
    """

    def __init__(self, providers: Mapping[str, MeterProvider]) -> None:
        self._providers = providers

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Meter:
        meters = {
            service: provider.get_meter(name, version, schema_url, attributes)
            for service, provider in self._providers.items()
        }
        return _Meter(name, meters)


class _Meter(NoOpMeter):
    def __init__(self, name: str, meters: Mapping[str, Meter]) -> None:
        super().__init__(name)
        self._meters = meters

    def create_histogram(
        self,
        name: str,
        unit: str = "",
        description: str = "",
        *,
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> Histogram:
        edges = explicit_bucket_boundaries_advisory
        return _Histogram(
            name,
            {
                service: meter.create_histogram(
                    name, unit, description, explicit_bucket_boundaries_advisory=edges
                )
                for service, meter in self._meters.items()
            },
        )


class _Histogram(NoOpHistogram):
    def __init__(self, name: str, histograms: Mapping[str, Histogram]) -> None:
        super().__init__(name)
        self._histograms = histograms

    def record(
        self, amount: float, attributes: Attributes = None, context: Context | None = None
    ) -> None:
        route = str((attributes or {}).get(ROUTE, ""))
        histogram = self._histograms.get(route.split("/", 2)[1] if "/" in route else "")
        if histogram is not None:
            histogram.record(amount, attributes, context)
