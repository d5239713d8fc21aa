"""Both adapters of the bus behind one fixture, so that one suite holds both to the promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.bus.choose import DIRECT
from tests.shared.bus.broker import Broker
from tests.shared.bus.parties import Rig


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for the worker; tests keep apart by topic and consumer names."""
    with Broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that the test may kill."""
    with Broker(tmp_path) as running:
        yield running


@pytest.fixture(params=[DIRECT, "kafka"])
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(DIRECT if request.param == DIRECT else request.getfixturevalue("broker").url)
