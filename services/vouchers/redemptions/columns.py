"""Purchases by columns, as the statements take them that read and book several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.vouchers.redemptions.domain import Accepted, Purchase


def places(purchases: Sequence[Purchase]) -> dict[str, Any]:
    """What is bought where."""
    return {
        "ids": [purchase.id for purchase in purchases],
        "outlets": [purchase.outlet_id for purchase in purchases],
        "items": [purchase.item_code for purchase in purchases],
        "amounts": [purchase.amount_fen for purchase in purchases],
    }


def booked(accepted: Sequence[tuple[Purchase, Accepted]]) -> dict[str, Any]:
    """The values of one booking of many purchases."""
    charges = [(purchase.id, charge) for purchase, one in accepted for charge in one.charges]
    return {
        **places([purchase for purchase, _ in accepted]),
        "cards": [one.payer.card_id for _, one in accepted],
        "people": [one.payer.person_id for _, one in accepted],
        "applications": [one.charges[0].month.application_id for _, one in accepted],
        "areas": [one.payer.area_code for _, one in accepted],
        "days": [purchase.redeemed_on for purchase, _ in accepted],
        "charged": [redemption_id for redemption_id, _ in charges],
        "accounts": [charge.month.account_id for _, charge in charges],
        "charges": [charge.amount_fen for _, charge in charges],
    }
