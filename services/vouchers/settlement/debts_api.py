"""/v1/provider-debts: what providers that have left owe, and the receipts of finance."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from services.vouchers.settlement.debts import receive
from services.vouchers.settlement.debts_store import Debts
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/provider-debts", "settlement")
Store = Annotated[Debts, Depends(opens(Debts))]
NUMBER = r"^[\w\-〔〕（）()／/]+$"
LONGEST_NUMBER = 60


class DebtReceipt(Body):
    """What was received from a provider; a receipt's number is booked once."""

    id: UUID
    receipt_no: str = Field(min_length=1, max_length=LONGEST_NUMBER, pattern=NUMBER)
    amount_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)
    received_on: date


class DebtReceived(BaseModel):
    """A receipt that is kept, and what is still owed, in fen."""

    receipt_id: UUID
    debt_id: UUID
    owed_fen: int


class DebtLine(BaseModel):
    """A claim on a provider, made by its final statement; amounts in fen."""

    debt_id: UUID
    settlement_id: UUID
    provider_id: UUID
    amount_fen: int
    received_fen: int
    owed_fen: int
    claimed_on: date


@router.get("", dependencies=[permit("finance", "district_officer", "auditor", "provider")])
async def provider_debts(
    store: Store,
    *,
    only_open: Annotated[bool, Query(description="only those not paid back yet")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[DebtLine]:
    """Claims on providers that left owing money; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1, only_open=only_open)
    lines = [DebtLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.debt_id,))


@router.post("/{debt_id}/receipts", status_code=201, dependencies=[permit("finance")])
async def receive_from_provider(debt_id: UUID, order: DebtReceipt, store: Store) -> DebtReceived:
    """Keep what a provider paid back; never more than it owes."""
    found = await store.load(debt_id)
    debt = receive(found, order.amount_fen, order.received_on, store.today)
    await store.receive(debt, order.model_dump())
    return DebtReceived(
        receipt_id=order.id, debt_id=debt_id, owed_fen=debt.owed_fen - order.amount_fen
    )
