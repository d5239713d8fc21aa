"""The counts of plans and visits, for those who watch over an area."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel

from services.scheduling.visits.store import Visits
from shared.caller import Caller
from shared.doors import doors, opens, permit

router = doors("/v1/summary", "summary")


class PlanCounts(BaseModel):
    """Plans by state; `paused` are confirmed ones that rest now."""

    proposed: int
    confirmed: int
    ended: int
    paused: int


class VisitCounts(BaseModel):
    """Visits by state; `substituted` are completed ones done by a substitute."""

    planned: int
    completed: int
    missed: int
    substituted: int
    cancelled: int
    paused: int


class Summary(BaseModel):
    """Plans and visits in the caller's area."""

    plans: PlanCounts
    visits: VisitCounts


@router.get("")
async def summarise(
    caller: Annotated[Caller, permit("street_officer", "district_officer", "auditor", "operator")],
    visits: Annotated[Visits, Depends(opens(Visits))],
) -> Summary:
    """How many plans and visits there are in the caller's area, by what became of them."""
    counts = dict(await visits.summary())
    resting = counts.pop("paused_plans")
    return Summary(plans=PlanCounts(**{**counts, "paused": resting}), visits=VisitCounts(**counts))
