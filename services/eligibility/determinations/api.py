"""Doors of determinations: why an applicant is or is not entitled, and the birthday sweep."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel

from services.eligibility.determinations.store import Determinations
from services.eligibility.determinations.sweeps import sweep
from services.eligibility.previews.api import FindingView, ReasonsView
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.work import Row

router = doors("/v1/determinations", "determinations")
sweeps = doors("/v1/sweeps", "sweeps")
Store = Annotated[Determinations, Depends(opens(Determinations))]
READERS = (
    "community_worker",
    "street_officer",
    "district_officer",
    "hotline",
    "partner",
    "auditor",
    "operator",
)


class DeterminationView(BaseModel):
    """One application of the rules, as it was made."""

    determination_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    trigger: str
    as_of_on: date
    made_on: date
    policy_version: str
    engine_version: str
    outcome: str
    benefit_class: str | None
    findings: list[FindingView]
    evidence: list[str]
    flags: list[str]
    reasons: ReasonsView
    reconsider_on: date | None
    refer_to: str | None
    digest: str

    @classmethod
    def of(cls, row: Row) -> DeterminationView:
        return cls.model_validate(dict(row))


class Sweep(Body):
    """Sweep now; the office clock says what is due."""

    id: UUID


class SweepView(BaseModel):
    """What the sweep did."""

    id: UUID
    swept_on: date
    examined: int
    determined: int
    opened: int


@router.get("/{application_id}", dependencies=[permit(*READERS)])
async def determinations(application_id: UUID, store: Store) -> list[DeterminationView]:
    """All determinations of an application, oldest first."""
    return [DeterminationView.of(row) for row in await store.of_application(application_id)]


@sweeps.post("")
async def sweep_now(
    body: Sweep,
    request: Request,
    store: Store,
    caller: Annotated[Caller, permit("operator", "district_officer")],
) -> SweepView:
    """Determine again, in the caller's area, who was refused and has had the birthday since."""
    await request.state.work.begin()  # the key first: who asks again waits for the first answer
    swept = await sweep(request.app.state.runtime, caller.patterns)
    return SweepView(
        id=body.id,
        swept_on=store.today,
        examined=swept.examined,
        determined=swept.determined,
        opened=swept.opened,
    )
