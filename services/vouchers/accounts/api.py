"""GET /v1/accounts: what holders have left, by area and by month."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from services.vouchers.accounts.store import Accounts
from shared.caller import Caller
from shared.doors import doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, Within, page_of, read_cursor

router = doors("/v1/accounts", "accounts")
READERS = ("street_officer", "district_officer", "finance", "auditor")
Store = Annotated[Accounts, Depends(opens(Accounts))]


class AccountLine(BaseModel):
    """A holder in a list, without name or number."""

    person_id: UUID
    area_code: str
    died_on: date | None
    balance_fen: int


class MonthLine(BaseModel):
    """One month's voucher of a holder, in fen."""

    programme: str
    month_on: date
    valid_until_on: date
    street_code: str
    benefit_class: str
    issued_fen: int
    redeemed_fen: int
    expired_fen: int
    revoked_fen: int
    balance_fen: int


class Account(BaseModel):
    """A holder's account with its months."""

    person_id: UUID
    area_code: str
    died_on: date | None
    balance_fen: int
    months: list[MonthLine]


@router.get("")
async def accounts(
    caller: Annotated[Caller, permit(*READERS)],
    store: Store,
    within: Within = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[AccountLine]:
    """Holders within the caller's area."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(within, after, limit + 1)
    lines = [AccountLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.person_id,))


@router.get("/{person_id}")
async def account(
    person_id: UUID, caller: Annotated[Caller, permit(*READERS)], store: Store
) -> Account:
    """One holder's account by month."""
    holder = await store.holder(person_id)
    months = [MonthLine.model_validate(dict(row)) for row in await store.months(person_id)]
    left = sum(month.balance_fen for month in months)
    return Account(**dict(holder), balance_fen=left, months=months)
