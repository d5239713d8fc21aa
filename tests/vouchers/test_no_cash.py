"""Voucher money is neither paid out nor passed on: there is no door for it, and no item (C-48)."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from services.vouchers.main import SERVICE
from services.vouchers.policy.loader import load_policy
from shared.contracts.ids import new_id
from tests.vouchers.town import JANUARY, MONTHLY_FEN, Elder, Shop, Town

pytestmark = pytest.mark.anyio
UNWANTED = {"cash", "redemption-transfers", "transfers", "transfer", "top-ups", "gifts"}
OF_HOLDERS = ("/v1/accounts", "/v1/cards", "/v1/redemptions", "/v1/holds", "/v1/refunds")
ACTS = {
    "/v1/cards", "/v1/cards/batch", "/v1/cards/disclosures", "/v1/cards/{card_id}/disclosures",
    "/v1/cards/{card_id}/qr-codes", "/v1/cards/{card_id}/qr-codes/disclosures",
    "/v1/redemptions", "/v1/redemptions/batch", "/v1/redemptions/{redemption_id}/refunds",
    "/v1/holds", "/v1/holds/{hold_id}/capture", "/v1/holds/{hold_id}/void",
}  # fmt: skip
"""All that can be done to a holder's money and cards: a new act is looked at twice."""
ALLOWED = {"life_care", "household", "rehabilitation", "spiritual_comfort"}


async def test_no_door_pays_a_holder_out_or_moves_his_money_to_another() -> None:
    doors = [
        (route.path, route.methods or ())
        for router in SERVICE.routers
        for route in router.routes
        if isinstance(route, APIRoute)
    ]
    words = {word for path, _ in doors for word in path.split("/")}
    assert not words & UNWANTED
    acts = {path for path, how in doors if path.startswith(OF_HOLDERS) and "POST" in how}
    assert acts == ACTS


async def test_money_buys_services_of_the_allowed_categories_alone(town: Town) -> None:
    assert set(load_policy().categories.on(JANUARY)) == ALLOWED
    elder, shop = Elder(), Shop()
    await town.grant(elder)
    await town.admit(shop)
    await town.allocate(MONTHLY_FEN)
    await town.issue()
    card = await town.card(elder)
    await town.publish("gift_card", category="culture")
    refused = await town.redeem(shop, card, 100, item_code="gift_card")
    assert (refused.status_code, refused.json()["code"]) == (409, "item_not_allowed")
    none = await town.redeem(shop, card, 100, item_code="cash")
    assert (none.status_code, none.json()["code"]) == (409, "unknown_item")
    assert (await town.money())["total"]["redeemed_fen"] == 0


async def test_a_holder_s_money_pays_at_no_other_card(town: Town) -> None:
    rich, poor, shop = Elder(), Elder(), Shop()
    await town.grant(rich, poor)
    await town.admit(shop)
    await town.publish()
    await town.allocate(2 * MONTHLY_FEN)
    await town.issue()
    cards = [await town.card(elder) for elder in (rich, poor)]
    assert (await town.redeem(shop, cards[1], MONTHLY_FEN)).status_code == 201
    bought = (await town.redeem(shop, cards[0], 100)).json()["redemption_id"]
    path = f"redemptions/{bought}/refunds"
    moved = await town.post(town.finance(), path, reason="x", person_id=str(poor.person_id))
    assert moved.status_code == 422
    assert (await town.post(town.finance(), path, id=str(new_id()), reason="x")).status_code == 201
    assert (await town.redeem(shop, cards[1], 1)).json()["code"] == "insufficient_balance"
