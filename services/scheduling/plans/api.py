"""The plans' doors: the street proposes, the district office confirms, both see the worklist."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from services.scheduling.plans.acts import confirm_all, propose_all
from services.scheduling.plans.domain import Draft, Place, PlanState, check_office, last_day_of
from services.scheduling.plans.store import Plans
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Refusal
from shared.lines import BulkAnswer, LineResult, Lines, Listed
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, Within, page_of, read_cursor

router = doors("/v1/plans", "plans")
confirmations = doors("/v1/plan-confirmations", "plans")
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
MINUTES_IN_HOUR = 60
Weekday = Annotated[int, Field(ge=1, le=7, description="1 Monday … 7 Sunday")]
OpenPlans = Annotated[Plans, Depends(opens(Plans))]


class PlanBody(Body):
    """A five-fixed plan: caregiver, person, time, place and item."""

    id: UUID
    person_id: UUID
    programme: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}/[a-z0-9-]{1,40}$")]
    provider_id: UUID
    caregiver_id: UUID
    item_code: Annotated[str, Field(min_length=1, max_length=40)]
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)]
    starts_at: Annotated[str, Field(pattern=CLOCK, description="Shanghai time, 09:00")]
    minutes: Annotated[int, Field(ge=1, le=1440)]
    place: Place
    starts_on: date
    ends_on: date | None = None

    def draft(self) -> Draft:
        hours, minutes = self.starts_at.split(":")
        return Draft(
            plan_id=self.id,
            provider_id=str(self.provider_id),
            starts_at_minute=int(hours) * MINUTES_IN_HOUR + int(minutes),
            **self.model_dump(exclude={"id", "provider_id", "starts_at"}),
        )


class PlansBody(Body):
    """Up to 1,000 plans; each line is a plan as in `POST /v1/plans`."""

    id: UUID
    plans: Listed[PlanBody]


class ConfirmationBody(Body):
    """Up to 1,000 plans to confirm."""

    id: UUID
    plan_ids: Listed[UUID]


class EndingBody(Body):
    """The person gives the plan up, from the day after `last_on` (today, if absent)."""

    id: UUID
    reason: Literal["withdrawn"] = "withdrawn"
    last_on: date | None = None


class PlanAnswer(BaseModel):
    """A plan's state after the act."""

    plan_id: UUID
    state: str


class PlanShown(BaseModel):
    """A plan on a worklist; minutes count from midnight, Shanghai.

    After `suspended_on` it rests with its award, until `resumed_on` where there is one.
    """

    plan_id: UUID
    person_id: UUID
    programme: str
    provider_id: UUID
    caregiver_id: UUID
    item_code: str
    weekdays: list[int]
    starts_at_minute: int
    minutes: int
    place: str
    starts_on: date
    ends_on: date | None
    area_code: str
    state: PlanState
    proposed_by: str
    confirmed_by: str | None
    ended_on: date | None
    end_reason: str | None
    suspended_on: date | None
    suspend_reason: str | None
    resumed_on: date | None


@router.post("", status_code=201)
async def propose_plan(
    body: PlanBody, caller: Annotated[Caller, permit("street_officer")], plans: OpenPlans
) -> PlanAnswer:
    """Propose one five-fixed plan (N-13, N-14)."""
    [outcome] = await propose_all([body.draft()], plans, caller.sub)
    if isinstance(outcome, Refusal):
        raise outcome
    return PlanAnswer(plan_id=body.id, state=outcome)


@router.post("/batch")
async def propose_plans(
    body: PlansBody,
    caller: Annotated[Caller, permit("street_officer")],
    plans: OpenPlans,
    response: Response,
) -> BulkAnswer[LineResult]:
    """Propose up to 1,000 plans, each decided by itself."""
    lines = Lines("plans", PlanBody, body.plans)
    outcomes = await propose_all([line.draft() for line in lines.sound], plans, caller.sub)
    return lines.answer(outcomes, response)


@confirmations.post("")
async def confirm_plans(
    body: ConfirmationBody,
    caller: Annotated[Caller, permit("district_officer")],
    plans: OpenPlans,
    response: Response,
) -> BulkAnswer[LineResult]:
    """Confirm up to 1,000 plans (N-14), each decided by itself."""
    check_office(caller.body)
    lines = Lines("plan_ids", UUID, body.plan_ids, once=True)
    return lines.answer(await confirm_all(lines.sound, plans, caller.sub), response)


@router.post("/{plan_id}/endings", status_code=201)
async def end_plan(
    plan_id: UUID,
    body: EndingBody,
    caller: Annotated[Caller, permit("street_officer", "district_officer")],
    plans: OpenPlans,
) -> PlanAnswer:
    """End a plan on the person's wish (K8); a change is a new plan that is confirmed anew."""
    last_on = last_day_of(body.last_on, plans.today)
    await plans.end_one(plan_id, last_on, body.reason)
    return PlanAnswer(plan_id=plan_id, state="ended")


@router.get("")
async def list_plans(
    caller: Annotated[
        Caller,
        permit(
            "street_officer",
            "district_officer",
            "community_worker",
            "provider",
            "caregiver",
            "auditor",
        ),
    ],
    plans: OpenPlans,
    within: Within = "",
    state: Annotated[PlanState | None, Query()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[PlanShown]:
    """The worklist: plans of an area and state, within what the caller may see."""
    (after,) = read_cursor(cursor, UUID)
    rows = await plans.page(within, state, after, limit + 1)
    return page_of([PlanShown(**row) for row in rows], limit, lambda plan: (plan.plan_id,))
