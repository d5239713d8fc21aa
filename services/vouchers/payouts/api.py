"""/v1/payouts: what claims, devices, rewards and training have to be paid, and if it was."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from services.vouchers.payouts.store import Kind, Payouts
from shared.caller import Caller
from shared.doors import doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/payouts", "payouts")
Store = Annotated[Payouts, Depends(opens(Payouts))]


class PayoutLine(BaseModel):
    """A payout in the list: it has the id of what it is made for, and goes to the bank in a batch.

    `payment_no` is the id of the payment order that the bank has paid.
    """

    payout_id: UUID
    kind: Kind
    area_code: str
    person_id: UUID | None
    provider_id: UUID | None
    amount_fen: int
    ordered_on: date
    due_from_on: date
    paid_on: date | None
    payment_no: str | None
    void_on: date | None


@router.get("")
async def payouts(
    caller: Annotated[Caller, permit("finance", "district_officer", "auditor")],
    store: Store,
    kind: Kind | None = None,
    unpaid: bool = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[PayoutLine]:
    """Payouts; with `unpaid` those that wait for the bank."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.payouts(after, limit + 1, kind, unpaid=unpaid)
    lines = [PayoutLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.payout_id,))
