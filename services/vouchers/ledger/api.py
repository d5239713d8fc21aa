"""GET /v1/conservation: where every issued fen went, read back from the postings."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from services.vouchers.ledger.domain import Totals
from services.vouchers.ledger.store import Ledger
from shared.caller import Caller
from shared.doors import doors, opens, permit

router = doors("/v1/conservation", "ledger")


class Money(BaseModel):
    """One cut of the books, in fen: issued = redeemed + expired + revoked + outstanding."""

    issued_fen: int
    redeemed_fen: int
    expired_fen: int
    revoked_fen: int
    outstanding_fen: int
    conserved: bool


class ProviderMoney(BaseModel):
    """A provider's redemptions, in fen, and how much of them is settled."""

    provider_id: UUID
    redeemed_fen: int
    settled_fen: int
    payable_fen: int


class Conservation(BaseModel):
    """The whole report; keys are months (2010-01-01), street codes, funds and classes."""

    total: Money
    by_month: dict[str, Money]
    by_street: dict[str, Money]
    by_fund: dict[str, Money]
    by_class: dict[str, Money]
    by_provider: list[ProviderMoney]


@router.get("")
async def conservation(
    caller: Annotated[Caller, permit("finance", "auditor", "district_officer", "operator")],
    ledger: Annotated[Ledger, Depends(opens(Ledger))],
) -> Conservation:
    """Read the books: overall and by month, street, fund, class and provider."""
    cuts = await ledger.totals()
    providers = await ledger.providers()
    return Conservation(
        total=_money(cuts["all"]["all"]),
        by_month=_moneys(cuts["month"]),
        by_street=_moneys(cuts["street"]),
        by_fund=_moneys(cuts["fund"]),
        by_class=_moneys(cuts["class"]),
        by_provider=[ProviderMoney.model_validate(dict(row)) for row in providers],
    )


def _moneys(cut: dict[str, Totals]) -> dict[str, Money]:
    return {key: _money(totals) for key, totals in cut.items()}


def _money(totals: Totals) -> Money:
    return Money(
        issued_fen=totals.issued_fen,
        redeemed_fen=totals.redeemed_fen,
        expired_fen=totals.expired_fen,
        revoked_fen=totals.revoked_fen,
        outstanding_fen=totals.outstanding_fen,
        conserved=totals.conserved,
    )
