"""/v1/claims: centenarians' medical claims, decided by two people and paid once (C-06)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.approvals.domain import Outcome, decide
from services.vouchers.claims.domain import State, check_cap, check_proposed, check_receipts
from services.vouchers.claims.store import Claims, receipts_of
from services.vouchers.funds.domain import check_signer
from shared.caller import Caller
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/claims", "claims")
Filer = Annotated[Caller, permit("street_officer", "district_officer")]
Signer = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("street_officer", "district_officer", "finance", "auditor")]
Store = Annotated[Claims, Depends(opens(Claims))]
MOST_RECEIPTS = 200
LONGEST = 60
LONGEST_REASON = 500


class ReceiptOrder(Body):
    """A receipt; `digest` is the SHA-256 of the scanned file, in lower-case hexadecimal."""

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    receipt_no: str = Field(min_length=1, max_length=LONGEST)
    hospital: str = Field(min_length=1, max_length=LONGEST)
    issued_on: date
    amount_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)


class ClaimOrder(Body):
    """A claim on an award; `id` is made by the client."""

    id: UUID
    award_id: UUID
    receipts: list[ReceiptOrder] = Field(min_length=1, max_length=MOST_RECEIPTS)


class ProposalOrder(Body):
    """What is to be approved, with reasons; an amount of 0 proposes to refuse."""

    id: UUID
    amount_fen: int = Field(ge=0, le=LARGEST_FEN, strict=True)
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class SecondSignature(Body):
    """The other body's signature, with its reasons; a refused proposal may be made anew."""

    id: UUID
    outcome: Outcome
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class ClaimStands(BaseModel):
    """How a claim stands, in fen."""

    claim_id: UUID
    state: State
    amount_fen: int


class ClaimLine(BaseModel):
    """A claim in the list."""

    claim_id: UUID
    award_id: UUID
    person_id: UUID
    area_code: str
    amount_fen: int
    state: State
    filed_on: date
    approved_fen: int | None
    approved_on: date | None
    paid_on: date | None


class ReceiptLine(BaseModel):
    """A claim's receipt."""

    digest: str
    receipt_no: str
    hospital: str
    issued_on: date
    amount_fen: int


class DecisionLine(BaseModel):
    """A proposal on a claim with its second signature."""

    decision_id: UUID
    amount_fen: int
    reason: str
    made_on: date
    made_by: str
    made_body: str
    outcome: Outcome | None
    decided_on: date | None
    decided_by: str | None
    decided_body: str | None
    decided_reason: str | None


class WholeClaim(BaseModel):
    """A claim with its receipts and decisions."""

    claim_id: UUID
    person_id: UUID
    area_code: str
    amount_fen: int
    state: State
    receipts: list[ReceiptLine]
    decisions: list[DecisionLine]


class StatementLine(BaseModel):
    """A street's approved claims of a year, in fen."""

    street_code: str
    claims: int
    people: int
    claimed_fen: int
    approved_fen: int
    paid_fen: int


@router.post("", status_code=201)
async def file(order: ClaimOrder, caller: Filer, store: Store) -> ClaimStands:
    """File a claim with its receipts; each receipt is reimbursed once."""
    award = await store.entitlement(order.award_id, store.policy.claims_programme)
    ends = [end for end in (award["ended_on"], award["died_on"]) if end is not None]
    receipts = receipts_of(order.receipts)
    last = min(ends) if ends else None
    amount = check_receipts(receipts, store.today, award["starts_on"], last)
    await store.file(order.id, award, receipts, amount)
    return ClaimStands(claim_id=order.id, state="filed", amount_fen=amount)


@router.post("/{claim_id}/decisions", status_code=201)
async def propose(
    claim_id: UUID, order: ProposalOrder, caller: Signer, store: Store
) -> ClaimStands:
    """Propose what to approve of a claim."""
    check_signer(caller, store.signing_bodies)
    claim = await store.claim(claim_id, lock=True)
    check_proposed(claim, order.amount_fen)
    await store.propose(claim, order.id, order.amount_fen, order.reason)
    return ClaimStands(claim_id=claim_id, state="proposed", amount_fen=order.amount_fen)


@router.post("/decisions/{decision_id}/signatures", status_code=201)
async def sign(
    decision_id: UUID, order: SecondSignature, caller: Signer, store: Store
) -> ClaimStands:
    """Decide as another person of the other body; what both approve is booked and ordered paid."""
    claim, amount, proposal = await store.decision(decision_id)
    decide(proposal, caller, store.signing_bodies)
    if order.outcome == "approved":
        so_far = await store.approved_this_year(claim.person_id)
        check_cap(amount, so_far, store.policy.claim_cap_fen.on(store.today))
    state = await store.decide(decision_id, claim, amount, order.outcome, order.reason)
    return ClaimStands.model_validate({"claim_id": claim.id, "state": state, "amount_fen": amount})


@router.get("/statement")
async def statement(year: int, caller: Reader, store: Store) -> list[StatementLine]:
    """A year's approved claims by street."""
    return [StatementLine.model_validate(dict(row)) for row in await store.statement(year)]


@router.get("")
async def claims(
    caller: Reader,
    store: Store,
    state: State | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[ClaimLine]:
    """Claims within the caller's area."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.claims(state, after, limit + 1)
    lines = [ClaimLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.claim_id,))


@router.get("/{claim_id}")
async def claim(claim_id: UUID, caller: Reader, store: Store) -> WholeClaim:
    """One claim with its receipts and decisions."""
    found = await store.claim(claim_id, lock=False)
    receipts, decisions = await store.told_of(claim_id)
    return WholeClaim(
        claim_id=found.id,
        person_id=found.person_id,
        area_code=found.area_code,
        amount_fen=found.amount_fen,
        state=found.state,
        receipts=[ReceiptLine.model_validate(dict(row)) for row in receipts],
        decisions=[DecisionLine.model_validate(dict(row)) for row in decisions],
    )
