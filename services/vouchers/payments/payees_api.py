"""Doors of payees: an account is proposed, approved by another person, and shown masked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.payments.payees import (
    Decision,
    Named,
    account_number,
    check_decision,
    check_own,
    proposal_waiting,
    tail_of,
    unknown_person,
    valid_from,
    words,
)
from services.vouchers.payments.payees_store import Payees
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/payees", "payments")
Store = Annotated[Payees, Depends(opens(Payees))]
LONGEST = 100


class PayeeOrder(Body):
    """A provider's or a person's account; the number is kept sealed, a person's name too."""

    id: UUID
    provider_id: UUID | None = None
    person_id: UUID | None = None
    account_name: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    bank_name: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    account_no: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class PayeeDecision(Body):
    """Approval or rejection by another person; `id` is made by the client."""

    id: UUID
    decision: Decision


class Proposed(BaseModel):
    """A proposal, its number masked."""

    payee_id: UUID
    provider_id: UUID | None
    person_id: UUID | None
    tail: str
    state: Literal["proposed"] = "proposed"


class PayeeDecided(BaseModel):
    """What was decided, and from which day the account is paid into."""

    payee_id: UUID
    decision: Decision
    valid_from_on: date | None


class PayeeView(BaseModel):
    """An account in the list; the number shows its last digits, a person's name its first one."""

    payee_id: UUID
    provider_id: UUID | None
    person_id: UUID | None
    account_name: str
    bank_name: str
    tail: str
    proposed_on: date
    proposed_by: str
    decision: Decision | None
    decided_on: date | None
    decided_by: str | None
    valid_from_on: date | None


@router.post("", status_code=201)
async def propose(
    order: PayeeOrder,
    caller: Annotated[Caller, permit("provider", "finance", "district_officer", "street_officer")],
    store: Store,
) -> Proposed:
    """Enter an account, or a change of it; it counts once another person approved."""
    check_own(caller, order.provider_id, order.person_id)
    named = _named(order)
    area_code = await store.area_of(order.person_id)
    if area_code is None:
        raise unknown_person()
    if not await store.propose(order.id, named, area_code):
        raise proposal_waiting()
    return Proposed(
        payee_id=order.id,
        provider_id=order.provider_id,
        person_id=order.person_id,
        tail=tail_of(named.account_no),
    )


@router.post("/{payee_id}/decision", status_code=201)
async def decide(
    payee_id: UUID,
    order: PayeeDecision,
    caller: Annotated[Caller, permit("finance", "district_officer")],
    store: Store,
) -> PayeeDecided:
    """Approve or reject an account; a changed one is paid into after the cooling day."""
    payee = check_decision(await store.load(payee_id), caller)
    counts = order.decision == "approved"
    from_on = valid_from(payee, store.today, store.cooling_days) if counts else None
    await store.decide(payee, order.decision, from_on)
    return PayeeDecided(payee_id=payee_id, decision=order.decision, valid_from_on=from_on)


@router.get("", dependencies=[permit("provider", "finance", "district_officer", "auditor")])
async def payees(
    store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[PayeeView]:
    """Accounts, masked; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    views = [PayeeView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.payee_id,))


def _named(order: PayeeOrder) -> Named:
    return Named(
        order.provider_id,
        order.person_id,
        account_number(order.account_no),
        words("account_name", order.account_name),
        words("bank_name", order.bank_name),
    )
