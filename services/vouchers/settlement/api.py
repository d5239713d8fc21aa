"""POST /v1/settlements: a month's statements, two approvals each, and payment orders."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.vouchers.funds.domain import check_signer
from services.vouchers.settlement.domain import Settlement, approve, check_month
from services.vouchers.settlement.store import Settlements
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import NotFound, Refusal
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_mark

router = doors("/v1/settlements", "settlement")
LARGEST_LIST = 1000
Approver = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("district_officer", "finance", "auditor", "provider")]
Store = Annotated[Settlements, Depends(opens(Settlements), scope="function")]
Approval = Literal["first", "approved", "refused"]
UNKNOWN = NotFound("unknown_settlement", "没有此结算单", "there is no such settlement")


class SettlementOrder(Body):
    """A month to be settled; `month_on` is its first day, earlier leftovers come along."""

    id: UUID
    month_on: date


class ApprovalOrder(Body):
    """One approval; `id` is made by the client."""

    id: UUID


class ApprovalList(Body):
    """Approvals of up to 1,000 statements; each is decided by itself."""

    id: UUID
    settlement_ids: list[UUID] = Field(min_length=1, max_length=LARGEST_LIST)


class Statement(BaseModel):
    """One provider's statement, in fen."""

    settlement_id: UUID
    provider_id: UUID
    month_on: date
    redemptions: int
    amount_fen: int


class Statements(BaseModel):
    """The statements that were made, and their total in fen."""

    batch_id: UUID
    total_fen: int
    statements: list[Statement]


class Approved(BaseModel):
    """What became of one approval; a payment order stands after the second one."""

    settlement_id: UUID
    state: Approval
    payment_order_id: UUID | None = None
    code: str = ""
    zh: str = ""
    en: str = ""


class ApprovedList(BaseModel):
    """All lines, in the order asked for."""

    lines: list[Approved]


class SettlementLine(BaseModel):
    """A statement in the list, with its approvals and its payment order."""

    id: UUID
    provider_id: UUID
    month_on: date
    redemptions: int
    amount_fen: int
    made_on: date
    made_by: str
    first_on: date | None
    first_by: str | None
    first_body: str | None
    second_on: date | None
    second_by: str | None
    second_body: str | None
    payment_order_id: UUID | None
    ordered_on: date | None


@router.post("", status_code=201)
async def settle(order: SettlementOrder, caller: Approver, store: Store) -> Statements:
    """Make one statement for each provider that has something to be paid."""
    check_month(order.month_on, store.today)
    made = await store.make(order.id, order.month_on)
    statements = [
        Statement(settlement_id=row["id"], **{k: v for k, v in row.items() if k != "id"})
        for row in made
    ]
    total = sum(statement.amount_fen for statement in statements)
    return Statements(batch_id=order.id, total_fen=total, statements=statements)


@router.post("/approvals", status_code=201)
async def approve_list(
    order: ApprovalList, caller: Approver, store: Store, response: Response
) -> ApprovedList:
    """Approve a list of statements; one bad line stops no other."""
    found = await store.load(order.settlement_ids)
    wanted = dict.fromkeys(order.settlement_ids)
    lines = [await _line(one, found.get(one), caller, store) for one in wanted]
    response.headers["x-count"] = str(sum(line.state != "refused" for line in lines))
    return ApprovedList(lines=lines)


@router.post("/{settlement_id}/approvals", status_code=201)
async def approve_one(
    settlement_id: UUID, order: ApprovalOrder, caller: Approver, store: Store
) -> Approved:
    """Approve one statement; the second approval orders the payment."""
    found = await store.load([settlement_id])
    return await _approve(found.get(settlement_id), caller, store)


@router.get("")
async def settlements(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[SettlementLine]:
    """Statements; a provider sees its own."""
    after = read_mark(cursor, 1)
    rows = await store.page(after[0] if after else None, limit)
    lines = [SettlementLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.id,))


async def _line(
    settlement_id: UUID, settlement: Settlement | None, caller: Caller, store: Settlements
) -> Approved:
    try:
        return await _approve(settlement, caller, store)
    except Refusal as no:
        return Approved(
            settlement_id=settlement_id, state="refused", code=no.code, zh=no.zh, en=no.en
        )


async def _approve(settlement: Settlement | None, caller: Caller, store: Settlements) -> Approved:
    check_signer(caller, store.policy.signing_bodies.on(store.today))
    if settlement is None:
        raise UNKNOWN
    step = approve(settlement, caller)
    order_id = await store.approve(settlement, step)
    state: Approval = "approved" if step == "second" else "first"
    return Approved(settlement_id=settlement.id, state=state, payment_order_id=order_id)
