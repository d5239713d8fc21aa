"""The office killed while it works: what was acknowledged is there, and all letters arrive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.postgres import erase
from tests.journeys.killed import killed_and_started_again

pytestmark = pytest.mark.anyio


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "data"
    yield place
    erase(place)


async def test_an_office_killed_while_it_works_loses_nothing_it_acknowledged(data: Path) -> None:
    await killed_and_started_again(data)
