"""POST /v1/settlements: a month's statements, two approvals each, and payment orders."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from services.vouchers.settlement.domain import State, approve, check_month
from services.vouchers.settlement.store import Settlements
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Refusal
from shared.lines import BulkAnswer, LineResult, Lines, Listed, answer, stood, tried
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/settlements", "settlement")
Approver = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("district_officer", "finance", "auditor", "provider")]
Store = Annotated[Settlements, Depends(opens(Settlements))]


class SettlementOrder(Body):
    """A month to be settled; `month_on` is its first day, earlier leftovers come along.

    With `provider_id` for one provider alone, as for the final statement of one that leaves.
    """

    id: UUID
    month_on: date
    provider_id: UUID | None = None


class ApprovalOrder(Body):
    """One approval; `id` is made by the client."""

    id: UUID


class ApprovalList(Body):
    """Approvals of up to 1,000 statements; each is decided by itself."""

    id: UUID
    settlement_ids: Listed[UUID]


class Statement(BaseModel):
    """One provider's statement, in fen: `amount_fen` is to be paid, after the deductions.

    Below zero it is what a provider that has left owes.
    """

    settlement_id: UUID
    provider_id: UUID
    month_on: date
    redemptions: int
    amount_fen: int
    deductions: int
    deducted_fen: int
    final: bool
    objections_until_on: date | None


class Statements(BaseModel):
    """The statements that were made, and their total in fen."""

    batch_id: UUID
    total_fen: int
    statements: list[Statement]


class Approved(BaseModel):
    """What an approval led to; after the second one a payment order stands, or a claim."""

    settlement_id: UUID
    state: State
    payment_order_id: UUID | None = None


class ApprovalLine(LineResult):
    """What became of one statement's approval."""

    payment_order_id: UUID | None = None


class SettlementLine(BaseModel):
    """A statement in the list, with its approvals and its payment order."""

    settlement_id: UUID
    provider_id: UUID
    month_on: date
    redemptions: int
    amount_fen: int
    deductions: int
    deducted_fen: int
    final: bool
    objections_until_on: date | None
    confirmed_on: date | None
    void_on: date | None
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
    paid_on: date | None
    returned_on: date | None


@router.post("", status_code=201)
async def settle(order: SettlementOrder, caller: Approver, store: Store) -> Statements:
    """Make one statement for each provider that is to be paid, or has left owing money."""
    check_month(order.month_on, store.today)
    made = await store.make(order.id, order.month_on, order.provider_id)
    statements = [Statement.model_validate(dict(row)) for row in made]
    total = sum(statement.amount_fen for statement in statements)
    return Statements(batch_id=order.id, total_fen=total, statements=statements)


@router.post("/approvals")
async def approve_list(
    order: ApprovalList, caller: Approver, store: Store, response: Response
) -> BulkAnswer[ApprovalLine]:
    """Approve up to 1,000 statements, each decided by itself."""
    lines = Lines("settlement_ids", UUID, order.settlement_ids, once=True)
    found = await store.load(lines.sound)
    bodies, today = store.signing_bodies, store.today
    decided = [tried(approve, found.get(one), caller, bodies, today) for one in lines.sound]
    ordered = await store.approve(stood(decided))
    outcomes = [one if isinstance(one, Refusal) else one.state for one in decided]
    orders = [{"payment_order_id": ordered.get(one)} for one in lines.sound]
    return answer(lines.told(ApprovalLine, outcomes, orders), response)


@router.post("/{settlement_id}/approvals", status_code=201)
async def approve_one(
    settlement_id: UUID, order: ApprovalOrder, caller: Approver, store: Store
) -> Approved:
    """Approve one statement; the second approval orders the payment.

    It waits until the provider has confirmed, or its days for objections are over.
    """
    found = await store.load([settlement_id])
    approval = approve(found.get(settlement_id), caller, store.signing_bodies, store.today)
    ordered = await store.approve([approval])
    return Approved(
        settlement_id=settlement_id,
        state=approval.state,
        payment_order_id=ordered.get(settlement_id),
    )


@router.get("")
async def settlements(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[SettlementLine]:
    """Statements; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    lines = [SettlementLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.settlement_id,))
