"""A till that heard nothing asks again, however late: it gets the answer of the first time."""

from __future__ import annotations

from datetime import date

import pytest

from shared.contracts.ids import new_id
from tests.vouchers.town import Shop, Town, code

pytestmark = pytest.mark.anyio


async def test_a_purchase_asked_again_after_the_days_for_late_reports_has_its_first_answer(
    town: Town, shop: Shop, card: str
) -> None:
    order = {"id": str(new_id()), "occurred_on": "2010-01-04"}
    first = await town.redeem(shop, card, 2500, **order)
    assert first.status_code == 201
    town.desk.clock.set(date(2010, 1, 12))
    again = await town.redeem(shop, card, 2500, **order)
    assert (again.status_code, again.content) == (201, first.content)
    other = await town.redeem(shop, card, 2501, **order)
    assert code(other) == (422, "idempotency_key_reused")
    late = await town.redeem(shop, card, 2500, occurred_on="2010-01-04")
    assert code(late) == (422, "reported_too_late")
    assert (await town.money())["total"]["redeemed_fen"] == 2500
