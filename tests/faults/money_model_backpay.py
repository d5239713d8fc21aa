"""What should become of back-pay: a past month for one person, signed by the other body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.contracts.months import month_of
from tests.faults.money_model import Model
from tests.faults.money_model_parts import Purse
from tests.faults.money_model_signers import Signer, second

COUNTS_FROM = date(2010, 1, 1)


@dataclass
class Backpay:
    """A month that somebody ordered."""

    purse: Purse
    month: date
    made: Signer
    signed: bool = False


def ordered(model: Model, purse: Purse, month: date) -> str:
    """Why a month cannot be ordered."""
    past = COUNTS_FROM <= month < month_of(model.today) and month == month_of(month)
    return purse.undue(month) if past else "not_a_past_month"


def signed(model: Model, backpay: Backpay, who: Signer) -> str:
    """The other body's signature pays it, if it is still due."""
    if backpay.signed:
        return "already_signed"
    code = second(backpay.made, who) or backpay.purse.undue(backpay.month)
    if not code:
        backpay.signed = True
        backpay.purse.pay(backpay.month, model.today)
    return code
