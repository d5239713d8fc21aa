"""POST /v1/expiries: expire now what is void today, instead of waiting for the daily job."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from services.vouchers.expiries.domain import expired
from services.vouchers.expiries.store import Expiries
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit

router = doors("/v1/expiries", "expiries")
LARGEST_PASS = 20_000


class ExpiryOrder(Body):
    """One pass; `id` is made by the client."""

    id: UUID


class Expired(BaseModel):
    """What lapsed; `more` tells that another pass (with a new id) has work left."""

    people: int
    amount_fen: int
    more: bool


@router.post("", status_code=201)
async def expire(
    order: ExpiryOrder,
    caller: Annotated[Caller, permit("operator", "finance")],
    store: Annotated[Expiries, Depends(opens(Expiries))],
    response: Response,
) -> Expired:
    """Expire the void months of up to 20,000 holders."""
    lapsed = await store.expire(order.id, LARGEST_PASS)
    store.tell(expired(lapsed, store.now))
    response.headers["x-count"] = str(len(lapsed))
    amount = sum(taken.amount_fen for taken in lapsed)
    return Expired(people=len(lapsed), amount_fen=amount, more=len(lapsed) == LARGEST_PASS)
