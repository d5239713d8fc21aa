"""What the tills of one provider ask and book at one moment, in one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.vouchers.redemptions.columns import booked
from services.vouchers.redemptions.domain import Accepted, Purchase
from shared.swift import Statement

LOOK = """
SELECT a.nth, till_facts(a.id, a.digest, a.outlet, a.item, a.provider, a.day, a.today) AS facts
FROM unnest(CAST(:ids AS uuid[]), CAST(:digests AS bytea[]), CAST(:outlets AS uuid[]),
    CAST(:items AS text[]), CAST(:providers AS text[]), CAST(:days AS date[]),
    CAST(:todays AS date[]))
    WITH ORDINALITY AS a (id, digest, outlet, item, provider, day, today, nth)
"""
SELL = """
SELECT book_sales(opened.fresh, :sale_provider_id, :sale_today, :sale_sub,
    CAST(:sale_digests AS bytea[]), CAST(:sale_seen AS text[]), CAST(:sale_ids AS uuid[]),
    CAST(:sale_cards AS uuid[]), CAST(:sale_people AS uuid[]), CAST(:sale_applications AS uuid[]),
    CAST(:sale_areas AS text[]), CAST(:sale_outlets AS uuid[]), CAST(:sale_items AS text[]),
    CAST(:sale_amounts AS bigint[]), CAST(:sale_days AS date[]), CAST(:sale_charged AS uuid[]),
    CAST(:sale_payers AS uuid[]), CAST(:sale_accounts AS uuid[]),
    CAST(:sale_charges AS bigint[]), CAST(:sale_charged_on AS date[]))
"""


@dataclass(frozen=True, slots=True)
class Look:
    """A purchase, and the digest of what its holder shows."""

    purchase: Purchase
    digest: bytes
    today: date


@dataclass(frozen=True, slots=True)
class Sale:
    """A purchase that was accepted on what was seen, word for word; who sells for whom today."""

    look: Look
    seen: str
    accepted: Accepted
    sub: str


def looking(looks: Sequence[Look]) -> Statement:
    """The facts of several purchases."""
    return LOOK, {
        "ids": [look.purchase.id for look in looks],
        "digests": [look.digest for look in looks],
        "outlets": [look.purchase.outlet_id for look in looks],
        "items": [look.purchase.item_code for look in looks],
        "providers": [str(look.purchase.provider_id) for look in looks],
        "days": [look.purchase.redeemed_on for look in looks],
        "todays": [look.today for look in looks],
    }


def selling(sales: Sequence[Sale]) -> Statement:
    """The booking of several sales of one provider, by one caller on one day."""
    first = sales[0]
    parts = [(sale.accepted.payer, sale.look.purchase, sale.accepted.charges) for sale in sales]
    values = {
        **booked([(sale.look.purchase, sale.accepted) for sale in sales]),
        "provider_id": str(first.look.purchase.provider_id),
        "today": first.look.today,
        "sub": first.sub,
        "digests": [sale.look.digest for sale in sales],
        "seen": [sale.seen for sale in sales],
        "payers": [payer.person_id for payer, _, charges in parts for _ in charges],
        "charged_on": [bought.redeemed_on for _, bought, charges in parts for _ in charges],
    }
    return SELL, {f"sale_{name}": value for name, value in values.items()}
