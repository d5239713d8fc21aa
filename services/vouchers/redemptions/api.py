"""POST /v1/redemptions: a provider's till spends a holder's voucher money (C-05)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.vouchers.cards.domain import NUMBER_DIGITS
from services.vouchers.policy.model import VoucherPolicy
from services.vouchers.redemptions.domain import (
    Accepted,
    Purchase,
    Refused,
    decide,
    provider_of,
    redeemed_on,
)
from services.vouchers.redemptions.holder import Shown, shown_by
from services.vouchers.redemptions.paper import decide_paper
from services.vouchers.redemptions.paper_store import PaperTills
from services.vouchers.redemptions.wording import WORDS
from shared.caller import AGENCY_ROLES, Caller
from shared.contracts.money import LARGEST_FEN
from shared.doors import JSON, Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.problems import problem
from shared.vault import Vault

router = doors("/v1/redemptions", "redemptions")
Store = Annotated[PaperTills, Depends(opens(PaperTills))]
CREATED, CONFLICT = 201, 409
LONGEST_CODE = 60
MOST_SERIALS = 100


class Holder(Body):
    """The holder by what he shows: the card's number, its QR code, or paper vouchers."""

    card_no: str | None = Field(
        default=None, min_length=NUMBER_DIGITS, max_length=NUMBER_DIGITS, repr=False
    )
    qr_token: str | None = Field(default=None, min_length=1, max_length=LONGEST_CODE, repr=False)
    paper_serials: list[str] | None = Field(
        default=None, min_length=1, max_length=MOST_SERIALS, repr=False
    )


NOBODY = Holder()


class Sale(Body):
    """What every till sends: its own id, a holder, where, what and how much.

    `id` is made by the till and may be sent again until answered; the holder stands in `card_no`
    or in `holder`.
    """

    id: UUID
    card_no: str | None = Field(
        default=None, min_length=NUMBER_DIGITS, max_length=NUMBER_DIGITS, repr=False
    )
    holder: Holder | None = None
    outlet_id: UUID
    item_code: str = Field(min_length=1, max_length=LONGEST_CODE)
    amount_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)

    def shown(self, vault: Vault) -> Shown:
        """What the holder is looked up by."""
        said = self.holder or NOBODY
        return shown_by((self.card_no, said.card_no), said.qr_token, said.paper_serials, vault)


class RedemptionOrder(Sale):
    """A till's request; a till that was offline says on which day it sold."""

    occurred_on: date | None = None

    def purchase(self, provider_id: UUID, today: date, policy: VoucherPolicy) -> Purchase:
        """What is asked for, on the day of the act."""
        return self.on(redeemed_on(self.occurred_on, today, policy), provider_id)

    def on(self, day: date, provider_id: UUID) -> Purchase:
        """What is asked for, whether it is in time or not."""
        return Purchase(self.id, provider_id, self.outlet_id, self.item_code, self.amount_fen, day)


class ChargedMonth(BaseModel):
    """A part of the amount, by the month that paid it."""

    month_on: date
    amount_fen: int


class Redeemed(BaseModel):
    """A booked redemption and what the holder has left, in fen."""

    redemption_id: UUID
    amount_fen: int
    balance_fen: int
    charged: list[ChargedMonth]


class RedemptionLine(BaseModel):
    """A redemption in the list; providers do not see whose it was."""

    redemption_id: UUID
    person_id: UUID | None
    area_code: str | None
    provider_id: UUID
    outlet_id: UUID
    item_code: str
    amount_fen: int
    redeemed_on: date
    booked_on: date
    settlement_id: UUID | None


@router.post("", status_code=CREATED, response_model=Redeemed)
async def redeem(
    order: RedemptionOrder, caller: Annotated[Caller, permit("provider")], store: Store
) -> Response:
    """Spend voucher money; a refusal is a fact that is kept, and the same id gets it again."""
    shown = order.shown(store.vault)
    purchase = order.purchase(provider_of(caller), store.today, store.policy)
    if shown.on_paper:
        return await _by_paper(purchase, shown, store)
    till = await store.glance(purchase, shown.card)
    decision = decide(purchase, till, store.policy)
    if isinstance(decision, Refused):
        await store.refuse(purchase, decision.code, till)
        return problem(CONFLICT, decision.code, *WORDS[decision.code])
    await store.accept(purchase, decision)
    return _made(answered(purchase, decision))


async def _by_paper(purchase: Purchase, shown: Shown, store: PaperTills) -> Response:
    till, hand = await store.paper(purchase, shown.digests)
    decision = decide_paper(purchase, till, hand, len(shown.digests), store.policy)
    if isinstance(decision, Refused):
        await store.refuse(purchase, decision.code, till)
        return problem(CONFLICT, decision.code, *WORDS[decision.code])
    await store.accept_paper(purchase, decision, shown.digests)
    return _made(answered(purchase, decision))


def _made(redeemed: Redeemed) -> Response:
    """The answer as it is: what was made from a decision is not checked once more."""
    return Response(redeemed.model_dump_json(), CREATED, media_type=JSON)


@router.get("")
async def redemptions(
    caller: Annotated[Caller, permit("provider", "finance", "auditor", "district_officer")],
    store: Store,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[RedemptionLine]:
    """A provider's own redemptions; finance and auditors see all."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    hidden = {"person_id": None, "area_code": None} if caller.role in AGENCY_ROLES else {}
    lines = [RedemptionLine.model_validate({**row, **hidden}) for row in rows]
    return page_of(lines, limit, lambda line: (line.redemption_id,))


def answered(purchase: Purchase, accepted: Accepted) -> Redeemed:
    """What a till is told of a booked redemption."""
    return Redeemed(
        redemption_id=purchase.id,
        amount_fen=purchase.amount_fen,
        balance_fen=accepted.balance_fen,
        charged=charged(accepted),
    )


def charged(accepted: Accepted) -> list[ChargedMonth]:
    """Which months pay how much of it."""
    return [
        ChargedMonth(month_on=charge.month.month_on, amount_fen=charge.amount_fen)
        for charge in accepted.charges
    ]
