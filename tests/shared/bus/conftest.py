"""Both adapters of the bus behind one fixture, so that one suite holds both to the promises."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kafka.broker import KafkaBroker
from shared.bus.choose import DIRECT
from tests.shared.bus.broker import Broker
from tests.shared.bus.parties import Rig

AnyBroker = Broker | KafkaBroker


def broker_at(place: Path) -> AnyBroker:
    """The wheel's broker, or Apache Kafka when JUYANG_TEST_KAFKA is `apache` (make test-kafka)."""
    apache = os.environ.get("JUYANG_TEST_KAFKA") == "apache"
    return KafkaBroker(place) if apache else Broker(place)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyBroker]:
    """One broker for the worker; tests keep apart by topic and consumer names."""
    with broker_at(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[AnyBroker]:
    """A broker that the test may kill."""
    with broker_at(tmp_path) as running:
        yield running


@pytest.fixture(params=[DIRECT, "kafka"])
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(DIRECT if request.param == DIRECT else request.getfixturevalue("broker").url)
