"""Doors of outreach: residents who have not applied, and the figures of error (N-50, 不错不漏)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from services.eligibility.outreach.jobs import judge_residents
from services.eligibility.outreach.store import Outreach
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, Within, page_of, read_cursor
from shared.work import Row

router = doors("/v1/outreach", "outreach")
accuracy = doors("/v1/accuracy", "outreach")
Store = Annotated[Outreach, Depends(opens(Outreach))]
OFFICERS = ("community_worker", "street_officer", "district_officer")
OVERSEERS = ("street_officer", "district_officer", "auditor", "operator")
Year = Annotated[int | None, Query(ge=1949, le=9999)]
DECIMALS = 4


class OutreachCount(BaseModel):
    """Residents of a community without a case or an award who would have a benefit."""

    area_code: str
    programme: str
    eligible: int = Field(description="entitled by all that is known")
    nearly: int = Field(description="entitled if at most two unknown criteria turn out well")
    applied_before: int = Field(description="of the eligible: refused or withdrawn once")


class OutreachPerson(BaseModel):
    """One resident to be visited about one programme."""

    person_id: UUID
    programme: str
    area_code: str
    outcome: str
    benefit_class: str | None
    unknown: list[str]
    found_on: date
    applied_before: bool


class Judge(Body):
    """Judge residents now whose facts changed; the daily job does the same."""

    id: UUID


class JudgeView(BaseModel):
    """How many residents were judged."""

    id: UUID
    judged: int


class Accuracy(BaseModel):
    """How often was erred in a street and year; a rate without a base is null."""

    programme: str
    street_code: str
    year: int
    rechecked: int
    not_eligible: int
    inclusion_error: float | None = Field(description="not_eligible / rechecked")
    refused: int
    refused_eligible: int
    never_applied_eligible: int
    awarded: int
    exclusion_error: float | None = Field(description="left out / (left out + awarded)")

    @classmethod
    def of(cls, row: Row) -> Accuracy:
        left_out = row["refused_eligible"] + row["never_applied_eligible"]
        return cls(
            **dict(row),
            inclusion_error=_share(row["not_eligible"], row["rechecked"]),
            exclusion_error=_share(left_out, left_out + row["awarded"]),
        )


@router.get("", dependencies=[permit(*OFFICERS, "auditor", "operator")])
async def outreach_counts(
    store: Store, programme: str | None = None, within: Within = ""
) -> list[OutreachCount]:
    """How many residents who would be entitled have not applied, by community and programme."""
    rows = await store.counts(programme, within)
    return [OutreachCount.model_validate(dict(row)) for row in rows]


@router.get("/persons", dependencies=[permit(*OFFICERS)])
async def outreach_persons(
    store: Store,
    programme: str | None = None,
    outcome: Literal["eligible", "needs_evidence", "needs_review"] | None = None,
    within: Within = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OutreachPerson]:
    """Whom to visit: residents of the caller's area by number, without name; each look is kept."""
    after = read_cursor(cursor, UUID, str)
    rows = await store.persons(programme, outcome, within, after, limit + 1)
    views = [OutreachPerson.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.person_id, view.programme))


@router.post("/judgements")
async def judge_now(
    body: Judge,
    request: Request,
    caller: Annotated[Caller, permit("operator", "district_officer")],
) -> JudgeView:
    """Judge, in the caller's area, every resident whose facts changed or who had a birthday."""
    await request.state.work.begin()  # the key first: who asks again waits for the first answer
    judged = await judge_residents(request.app.state.runtime, caller.patterns)
    return JudgeView(id=body.id, judged=judged)


@accuracy.get("", dependencies=[permit(*OVERSEERS)])
async def show_accuracy(
    store: Store, programme: str | None = None, year: Year = None
) -> list[Accuracy]:
    """Benefits given in error and people left out in error, by programme, street and year."""
    return [Accuracy.of(row) for row in await store.accuracy(programme, year)]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, DECIMALS) if whole else None
