"""Doors of the district's officer: approvals in lists; awards and the funnel for all who may."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.eligibility.awards.domain import Approval, Decided, decide
from services.eligibility.awards.store import Awards
from services.eligibility.policy import UnknownProgramme
from services.eligibility.reviews.api import MOST_LINES, LineResult, Note, bad_cursor
from services.eligibility.reviews.domain import CaseFile, done, found
from services.eligibility.reviews.store import Cases
from services.eligibility.reviews.verdicts import Verdict
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import NotFound, invalid_field
from shared.pages import Cursor, Limit, Page, page_of, read_mark

approvals = doors("/v1/approvals", "approvals")
awards = doors("/v1/awards", "awards")
funnel = doors("/v1/funnel", "funnel")
CaseStore = Annotated[Cases, Depends(opens(Cases))]
AwardStore = Annotated[Awards, Depends(opens(Awards))]
OVERSEERS = ("street_officer", "district_officer", "auditor", "operator")
READERS = (*OVERSEERS, "community_worker", "finance", "hotline", "partner")
FIRST = str(UUID(int=0))


class ApprovalLine(Body):
    """What the district decides on one case."""

    case_id: UUID
    decision: Approval
    note: Note | None = None


class ApprovalList(Body):
    """Up to 1,000 decisions, each line its own."""

    id: UUID
    decisions: Annotated[list[ApprovalLine], Field(min_length=1, max_length=MOST_LINES)]


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
) -> list[LineResult]:
    """Decide a list of reviewed cases; a line that cannot be decided stops no other."""
    files = await cases.files([line.case_id for line in body.decisions])
    kept: list[Decided] = []
    verdicts = [
        _decide(line, file, caller, store, kept) for line, file in found(body.decisions, files)
    ]
    await store.save(kept, [one.letter(store.now) for one in kept])
    response.headers["x-count"] = str(len(body.decisions))
    return [LineResult.of(verdict) for verdict in verdicts]


@awards.get("", dependencies=[permit(*READERS)])
async def list_awards(
    store: AwardStore,
    programme: str | None = None,
    state: Literal["active", "ended"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AwardView]:
    """Awards of the caller's area and agency."""
    rows = await store.page(programme, state, _after(cursor), limit + 1)
    views = [AwardView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.award_id,))


@awards.get("/{award_id}", dependencies=[permit(*READERS)])
async def one_award(award_id: UUID, store: AwardStore) -> AwardView:
    """One award."""
    row = await store.one(award_id)
    if row is None:
        raise NotFound("no_such_award", "辖区内没有这项待遇", "there is no such award in your area")
    return AwardView.model_validate(dict(row))


@funnel.get("", dependencies=[permit(*OVERSEERS)])
async def show_funnel(store: AwardStore, programme: str | None = None) -> Funnel:
    """How many applied, what the rules said, where the cases stand, what was granted."""
    _known(store, programme)
    parts: dict[str, dict[str, int]] = {"determinations": {}, "cases": {}, "awards": {}}
    applications = 0
    for row in await store.funnel(programme):
        if row["part"] == "applications":
            applications = row["n"]
        else:
            parts[row["part"]][row["name"]] = row["n"]
    refused = parts["cases"].get("refused", 0)
    return Funnel(programme=programme, applications=applications, refused=refused, **parts)


def _decide(
    line: ApprovalLine,
    file: CaseFile | Verdict,
    caller: Caller,
    store: Awards,
    kept: list[Decided],
) -> Verdict:
    if isinstance(file, Verdict):
        return file
    programme = store.policies.programme(file.programme)
    outcome = decide(file, programme, line.decision, line.note, caller)
    if isinstance(outcome, str):
        return Verdict(line.case_id, outcome)
    kept.append(outcome)
    return done(line.case_id)


def _after(cursor: str | None) -> str:
    (award_id,) = read_mark(cursor, 1) or [FIRST]
    try:
        return str(UUID(award_id))
    except ValueError as foreign:
        raise bad_cursor() from foreign


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
