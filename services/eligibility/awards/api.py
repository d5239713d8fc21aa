"""Doors of the district's officer: approvals in lists; awards and the funnel for all who may."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from services.eligibility.awards.domain import Approval, decide, one_of_a_kind
from services.eligibility.awards.store import Awards
from services.eligibility.policy import UnknownProgramme
from services.eligibility.reviews.api import Note
from services.eligibility.reviews.domain import decide_each
from services.eligibility.reviews.store import Cases
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Refusal, invalid_field
from shared.lines import BulkAnswer, LineResult, Lines, Listed, stood
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

approvals = doors("/v1/approvals", "approvals")
awards = doors("/v1/awards", "awards")
funnel = doors("/v1/funnel", "funnel")
CaseStore = Annotated[Cases, Depends(opens(Cases))]
AwardStore = Annotated[Awards, Depends(opens(Awards))]
OVERSEERS = ("street_officer", "district_officer", "auditor", "operator")
READERS = (*OVERSEERS, "community_worker", "finance", "hotline", "partner")


class ApprovalLine(Body):
    """What the district decides on one case."""

    case_id: UUID
    decision: Approval
    note: Note | None = None


class ApprovalList(Body):
    """Up to 1,000 decisions, each line its own."""

    id: UUID
    decisions: Listed[ApprovalLine]


class AwardView(BaseModel):
    """An award and the two people behind it."""

    award_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    benefit_class: str
    monthly_amount_fen: int | None
    area_code: str
    starts_on: date
    granted_on: date
    reviewed_by: str
    approved_by: str
    state: str
    ended_on: date | None
    end_reason: str | None
    suspended_on: date | None
    suspend_reason: str | None
    recheck_due_on: date | None


class ActView(BaseModel):
    """One act in an award's journal: what, from when, why and under which article."""

    act: str
    effective_on: date
    reason: str
    article: str
    sub: str
    body: str
    made_on: date


class Funnel(BaseModel):
    """From applications to awards; `cases` by stage, `refused` those that the district refused."""

    programme: str | None
    applications: int
    determinations: dict[str, int]
    cases: dict[str, int]
    refused: int
    awards: dict[str, int]


@approvals.post("")
async def approve_list(
    body: ApprovalList,
    cases: CaseStore,
    store: AwardStore,
    caller: Annotated[Caller, permit("district_officer")],
    response: Response,
) -> BulkAnswer[LineResult]:
    """Decide a list of reviewed cases; a line that cannot be decided stops no other."""
    lines = Lines("decisions", ApprovalLine, body.decisions, "case_id", once=True)
    files = await cases.files([line.case_id for line in lines.sound])
    decided = decide_each(
        lines.sound,
        files,
        lambda line, file: decide(
            file, cases.programme(file.programme), line.decision, line.note, caller
        ),
    )
    granted = [one.file.person_id for one in stood(decided) if one.award is not None]
    decided = one_of_a_kind(decided, await store.running(granted))
    await store.save(stood(decided), [one.letter(store.now) for one in stood(decided)])
    return lines.answer(
        [one if isinstance(one, Refusal) else one.stage for one in decided], response
    )


@awards.get("", dependencies=[permit(*READERS)])
async def list_awards(
    store: AwardStore,
    programme: str | None = None,
    state: Literal["active", "suspended", "ended"] | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AwardView]:
    """Awards of the caller's area and agency."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(programme, state, after, limit + 1)
    views = [AwardView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.award_id,))


@awards.get("/{award_id}", dependencies=[permit(*READERS)])
async def one_award(award_id: UUID, store: AwardStore) -> AwardView:
    """One award."""
    return AwardView.model_validate(dict(await store.one(award_id)))


@awards.get("/{award_id}/acts", dependencies=[permit(*OVERSEERS)])
async def acts_of_award(award_id: UUID, store: AwardStore) -> list[ActView]:
    """How an award came, was changed, suspended, resumed and ended, oldest first."""
    return [ActView.model_validate(dict(row)) for row in await store.acts(award_id)]


@funnel.get("", dependencies=[permit(*OVERSEERS)])
async def show_funnel(store: AwardStore, programme: str | None = None) -> Funnel:
    """How many applied, what the rules said, where the cases stand, what was granted."""
    _known(store, programme)
    parts = await store.funnel(programme)
    applications = parts.pop("applications").get("all", 0)
    refused = parts["cases"].get("refused", 0)
    return Funnel(programme=programme, applications=applications, refused=refused, **parts)


def _known(store: Awards, programme: str | None) -> None:
    if programme is None:
        return
    try:
        store.policies.programme(programme)
    except UnknownProgramme as unknown:
        names = ", ".join(sorted(store.policies.programmes))
        raise invalid_field(
            "query.programme",
            "unknown_programme",
            f"没有这个项目；可选：{names}",
            f"there is no such programme; there are: {names}",
        ) from unknown
