"""Streets for the stories of scheduling."""

from __future__ import annotations

import pytest

from tests.desk import OfficeDesk
from tests.scheduling.street import Street


@pytest.fixture
async def street(desk: OfficeDesk) -> Street:
    """An activated street with an approved elder, a provider, two caregivers and one item."""
    street = Street(desk)
    await street.activate()
    await street.people()
    await street.publish_item()
    return street
