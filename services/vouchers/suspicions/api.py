"""GET /v1/suspicions: what looks odd at tills, for finance and the district to decide on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.suspicions.domain import WORDS, Finding, Pattern, State
from services.vouchers.suspicions.store import Suspicions
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/suspicions", "suspicions")
Store = Annotated[Suspicions, Depends(opens(Suspicions))]
LONGEST_REASON = 500


class SearchOrder(Body):
    """Look now instead of waiting for the job; `id` is made by the client."""

    id: UUID


class Searched(BaseModel):
    """How many patterns are new, or larger than before."""

    found: int


class FindingOrder(Body):
    """What a person found, and why; `id` is made by the client."""

    id: UUID
    finding: Finding
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class Decided(BaseModel):
    """A decided suspicion."""

    suspicion_id: UUID
    state: State


class SuspicionLine(BaseModel):
    """One pattern: where, when, how much, and the redemptions that it is made of."""

    suspicion_id: UUID
    pattern: Pattern
    zh: str
    en: str
    provider_id: UUID
    outlet_id: UUID | None
    person_id: UUID | None
    area_code: str
    seen_on: date
    seen_at: datetime | None
    redemptions: int
    holders: int
    amount_fen: int
    evidence: list[UUID]
    found_on: date
    state: State
    reason: str | None
    decided_on: date | None
    decided_by: str | None


@router.get("")
async def suspicions(
    caller: Annotated[Caller, permit("finance", "district_officer", "auditor")],
    store: Store,
    state: State | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[SuspicionLine]:
    """What looks odd in the caller's area; nothing of it was refused."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(state, after, limit + 1)
    lines = [
        SuspicionLine.model_validate(
            {**row, "zh": WORDS[row["pattern"]][0], "en": WORDS[row["pattern"]][1]}
        )
        for row in rows
    ]
    return page_of(lines, limit, lambda line: (line.suspicion_id,))


@router.post("/searches", status_code=201)
async def search(
    order: SearchOrder, caller: Annotated[Caller, permit("finance", "operator")], store: Store
) -> Searched:
    """Look now at all that was booked of late."""
    return Searched(found=await store.search())


@router.post("/{suspicion_id}/decisions", status_code=201)
async def decide(
    suspicion_id: UUID,
    order: FindingOrder,
    caller: Annotated[Caller, permit("finance", "district_officer")],
    store: Store,
) -> Decided:
    """Clear or confirm; the redemptions stand, giving back is an act of its own."""
    await store.decide(suspicion_id, order.finding, order.reason)
    return Decided(suspicion_id=suspicion_id, state=order.finding)
