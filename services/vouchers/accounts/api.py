"""GET /v1/accounts: what holders have left, by area and by month."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from services.vouchers.accounts.store import Accounts
from shared.caller import Caller
from shared.doors import doors, opens, permit
from shared.errors import NotFound
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_mark

router = doors("/v1/accounts", "accounts")
READERS = ("street_officer", "district_officer", "finance", "auditor")
Store = Annotated[Accounts, Depends(opens(Accounts), scope="function")]


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
    area: Annotated[str, Query(pattern=r"^\d{0,12}$", description="area code or prefix")] = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[AccountLine]:
    """Holders within the caller's area."""
    after = read_mark(cursor, 1)
    rows = await store.page(area, after[0] if after else None, limit)
    lines = [AccountLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.person_id,))


@router.get("/{person_id}")
async def account(
    person_id: UUID, caller: Annotated[Caller, permit(*READERS)], store: Store
) -> Account:
    """One holder's account by month."""
    holder = await store.holder(person_id)
    if holder is None:
        raise NotFound(
            "unknown_holder",
            "本辖区没有此人的券账户；请核对人员编号",
            "no voucher account of this person in your area; check the person id",
        )
    months = [MonthLine.model_validate(dict(row)) for row in await store.months(person_id)]
    left = sum(month.balance_fen for month in months)
    return Account(**dict(holder), balance_fen=left, months=months)
