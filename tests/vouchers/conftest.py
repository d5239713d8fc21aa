"""The town that voucher stories happen in."""

from __future__ import annotations

import pytest

from tests.desk import OfficeDesk
from tests.vouchers.town import MONTHLY_FEN, Elder, Shop, Town


@pytest.fixture
def town(desk: OfficeDesk) -> Town:
    return Town(desk)


@pytest.fixture
def elder() -> Elder:
    return Elder()


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def card(town: Town, elder: Elder, shop: Shop) -> str:
    """The elder's card with one month of money, and a shop that may take it."""
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(MONTHLY_FEN)
    await town.issue()
    return await town.card(elder)
