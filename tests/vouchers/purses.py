"""Makers for stories without a database: purchases, tills, months of money and their holders."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from services.vouchers.policy.loader import load_policy
from services.vouchers.policy.model import Dated
from services.vouchers.redemptions.domain import MonthLeft, Payer, Purchase, Till
from shared.contracts.ids import new_id

POLICY = load_policy()
WHOLE_ONLY = POLICY.model_copy(
    update={"partial_spending": Dated[bool](article="C-48", values={date(2010, 1, 1): False})}
)
TODAY = date(2010, 3, 10)
JANUARY, FEBRUARY, MARCH = date(2010, 1, 1), date(2010, 2, 1), date(2010, 3, 1)
VOID_AFTER = date(2011, 1, 31)
PROVIDER, OUTLET, PERSON, CARD, JOURNEY = (new_id() for _ in range(5))
AREA = "110105001001"


def account(month_on: date) -> UUID:
    """The same account for the same month."""
    return uuid5(PERSON, str(month_on))


def month(month_on: date, balance_fen: int, until: date = VOID_AFTER) -> MonthLeft:
    return MonthLeft(account(month_on), month_on, until, balance_fen, JOURNEY)


def purchase(amount_fen: int, on: date = TODAY, **more: Any) -> Purchase:
    made = Purchase(new_id(), PROVIDER, OUTLET, "wash", amount_fen, on)
    return replace(made, **more)


def payer(**more: Any) -> Payer:
    made = Payer(CARD, None, PERSON, AREA, None)
    return replace(made, **more)


def till(*months: MonthLeft, **more: Any) -> Till:
    """A till at which everything is in order, but for what is named."""
    made = Till(
        taken=False,
        payer=payer(),
        outlet_provider=str(PROVIDER),
        outlet_area=AREA,
        standing="admitted",
        category="life_care",
        voucher_allowed=True,
        published_on=JANUARY,
        months=months,
    )
    return replace(made, **more)
