"""Doors of re-checks: worklist, the street's findings, the district's decisions, resumptions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from services.eligibility.policy import Outcome
from services.eligibility.rechecks.domain import Trigger
from services.eligibility.rechecks.findings import (
    AwardFile,
    Decision,
    Finding,
    Found,
    SuspendReason,
    Turn,
    decide,
    each,
    find,
    report,
    resume,
)
from services.eligibility.rechecks.findings_store import Findings
from services.eligibility.rechecks.jobs import sweep_awards
from services.eligibility.rechecks.store import Rechecks
from services.eligibility.reviews.api import Note
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Refusal
from shared.lines import BulkAnswer, LineResult, Lines, Listed, stood
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/rechecks", "rechecks")
resumptions = doors("/v1/resumptions", "rechecks")
Worklist = Annotated[Rechecks, Depends(opens(Rechecks))]
Store = Annotated[Findings, Depends(opens(Findings))]
READERS = ("community_worker", "street_officer", "district_officer", "auditor", "operator")
Stage = Literal["open", "proposed", "kept", "suspended", "ended", "closed"]


class RecheckView(BaseModel):
    """A re-check on the worklist: why it is due, what the rules say, what officers found."""

    recheck_id: UUID
    award_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    trigger: str
    outcome: str
    unmet: list[str]
    unknown: list[str]
    opened_on: date
    stage: str
    finding: str | None
    reason: str | None
    effective_on: date | None
    reviewed_by: str | None
    reviewed_on: date | None
    decided_by: str | None
    decided_on: date | None


class FindingLine(Body):
    """What the street found; `keep` is "still true", `reason` is for a suspension."""

    recheck_id: UUID
    finding: Finding
    reason: SuspendReason | None = None
    effective_on: date | None = None
    note: Note | None = None


class FindingList(Body):
    """Up to 1,000 findings, each line its own."""

    id: UUID
    findings: Listed[FindingLine]


class ReportLine(Body):
    """What somebody saw about a running award between re-checks (C-52)."""

    award_id: UUID
    finding: Literal["suspend", "end"]
    reason: SuspendReason | None = None
    effective_on: date | None = None
    note: Note | None = None


class ReportList(Body):
    """Up to 1,000 reports, each line its own."""

    id: UUID
    reports: Listed[ReportLine]


class DecisionLine(Body):
    """Whether the district shares the street's finding."""

    recheck_id: UUID
    decision: Decision
    note: Note | None = None


class DecisionList(Body):
    """Up to 1,000 decisions, each line its own."""

    id: UUID
    decisions: Listed[DecisionLine]


class ResumptionLine(Body):
    """An award to be given back, from a day on."""

    award_id: UUID
    resumed_on: date | None = None
    note: Note | None = None


class ResumptionList(Body):
    """Up to 1,000 resumptions, each line its own."""

    id: UUID
    resumptions: Listed[ResumptionLine]


class AwardSweep(Body):
    """Look at awards now; the office clock says what is due."""

    id: UUID


class AwardSweepView(BaseModel):
    """What the look came to."""

    id: UUID
    swept_on: date
    examined: int
    reclassified: int
    asked: int


@router.get("", dependencies=[permit(*READERS)])
async def worklist(
    store: Worklist,
    stage: Stage | None = None,
    trigger: Trigger | None = None,
    outcome: Outcome | None = None,
    programme: str | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RecheckView]:
    """Re-checks in the caller's area, the longest waiting first."""
    after = read_cursor(cursor, date.fromisoformat, UUID)
    wanted = {"stage": stage, "trigger": trigger, "outcome": outcome, "programme": programme}
    rows = await store.worklist(after, limit + 1, **wanted)
    views = [RecheckView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.opened_on, view.recheck_id))


@router.post("/findings")
async def find_list(
    body: FindingList,
    store: Store,
    caller: Annotated[Caller, permit("street_officer")],
    response: Response,
) -> BulkAnswer[LineResult]:
    """Say of a list of re-checks whether the awards are still due; `keep` settles what is clear."""
    lines = Lines("findings", FindingLine, body.findings, "recheck_id", once=True)
    files = await store.by_recheck([line.recheck_id for line in lines.sound])

    def act(file: AwardFile, line: FindingLine) -> Turn | str:
        return find(file, store.programme(file.programme), _found(line), store.today)

    turns = each([(line.recheck_id, line) for line in lines.sound], files, act)
    await store.save(stood(turns))
    return lines.answer(_stages(turns), response)


@router.post("")
async def report_list(
    body: ReportList,
    store: Store,
    caller: Annotated[Caller, permit("street_officer")],
    response: Response,
) -> BulkAnswer[LineResult]:
    """Report awards to be suspended or ended; the district decides on each."""
    lines = Lines("reports", ReportLine, body.reports, "award_id", once=True)
    files = await store.by_award([line.award_id for line in lines.sound])

    def act(file: AwardFile, line: ReportLine) -> Turn | str:
        return report(file, store.programme(file.programme), _found(line), store.today)

    turns = each([(line.award_id, line) for line in lines.sound], files, act)
    await store.save(stood(turns), fresh=True)
    return lines.answer(_stages(turns), response)


@router.post("/decisions")
async def decide_list(
    body: DecisionList,
    store: Store,
    caller: Annotated[Caller, permit("district_officer")],
    response: Response,
) -> BulkAnswer[LineResult]:
    """Confirm or reject the street's findings; only now is anything suspended or ended."""
    lines = Lines("decisions", DecisionLine, body.decisions, "recheck_id", once=True)
    files = await store.by_recheck([line.recheck_id for line in lines.sound])

    def act(file: AwardFile, line: DecisionLine) -> Turn | str:
        programme = store.programme(file.programme)
        return decide(file, programme, line.decision, line.note, caller, store.today)

    turns = each([(line.recheck_id, line) for line in lines.sound], files, act)
    await store.save(stood(turns))
    return lines.answer(_stages(turns), response)


@resumptions.post("")
async def resume_list(
    body: ResumptionList,
    store: Store,
    caller: Annotated[Caller, permit("district_officer")],
    response: Response,
) -> BulkAnswer[LineResult]:
    """Give suspended awards back, from the month of a day on."""
    lines = Lines("resumptions", ResumptionLine, body.resumptions, "award_id", once=True)
    files = await store.by_award([line.award_id for line in lines.sound])

    def act(file: AwardFile, line: ResumptionLine) -> Turn | str:
        programme = store.programme(file.programme)
        return resume(file, programme, line.resumed_on, line.note, caller, store.today)

    turns = each([(line.award_id, line) for line in lines.sound], files, act)
    await store.save(stood(turns))
    return lines.answer([_stage(one, "active") for one in turns], response)


@router.post("/sweeps")
async def sweep_now(
    body: AwardSweep,
    request: Request,
    store: Worklist,
    caller: Annotated[Caller, permit("operator", "district_officer")],
) -> AwardSweepView:
    """Look, in the caller's area, at every running award that is due by today."""
    await request.state.work.begin()  # the key first: who asks again waits for the first answer
    swept = await sweep_awards(request.app.state.runtime, caller.patterns)
    return AwardSweepView(
        id=body.id,
        swept_on=store.today,
        examined=swept.examined,
        reclassified=swept.reclassified,
        asked=swept.asked,
    )


def _found(line: FindingLine | ReportLine) -> Found:
    return Found(line.finding, line.reason, line.effective_on, line.note)


def _stages(turns: list[Turn | Refusal]) -> list[str | Refusal]:
    return [_stage(one) for one in turns]


def _stage(turn: Turn | Refusal, otherwise: str = "") -> str | Refusal:
    return turn if isinstance(turn, Refusal) else turn.stage or otherwise
