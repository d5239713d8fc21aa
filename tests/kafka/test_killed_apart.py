"""Five processes on Kafka whose office is killed at work lose nothing either."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.kafka.broker import KafkaBroker
from deploy.postgres import erase
from tests.journeys.killed import killed_and_started_again

pytestmark = pytest.mark.anyio


async def test_five_processes_killed_with_their_office_lose_nothing_it_acknowledged(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    data = tmp_path / "data"
    try:
        await killed_and_started_again(data, "--processes", "--bus", kafka.url)
    finally:
        erase(data)
