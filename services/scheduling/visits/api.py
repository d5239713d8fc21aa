"""The visits' doors: rosters, lists, and what caregivers report of each visit."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Response

from services.scheduling.visits.bodies import (
    CheckInBody,
    CheckOutBody,
    MissBody,
    ReportBody,
    ReportsBody,
    RosterAnswer,
    RosterBody,
    SubstitutionBody,
    VisitAnswer,
    VisitShown,
)
from services.scheduling.visits.domain import (
    Visit,
    VisitState,
    check_in,
    check_month,
    check_out,
    miss,
    substitute,
)
from services.scheduling.visits.reports import decide_all, substitutes_of
from services.scheduling.visits.store import Visits
from shared.caller import Caller
from shared.doors import doors, opens, permit
from shared.errors import Refusal
from shared.lines import BulkAnswer, LineResult, Lines
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/visits", "visits")
rosters = doors("/v1/visit-rosters", "visits")
batches = doors("/v1/visit-reports", "visits")
OpenVisits = Annotated[Visits, Depends(opens(Visits))]
T = TypeVar("T")
Reporter = Annotated[Caller, permit("caregiver", "provider")]


@rosters.post("")
async def make_roster(
    body: RosterBody,
    caller: Annotated[Caller, permit("street_officer", "district_officer")],
    visits: OpenVisits,
    response: Response,
) -> RosterAnswer:
    """Make a month's visits from the confirmed plans of the caller's area; safe to repeat."""
    check_month(body.month_on, visits.now.date(), visits.rules)
    made = await visits.make_roster(body.month_on)
    response.headers["x-count"] = str(made["created"])
    return RosterAnswer(month_on=body.month_on, **made)


@router.get("")
async def list_visits(
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
    visits: OpenVisits,
    plan_id: Annotated[UUID | None, Query()] = None,
    day_on: Annotated[date | None, Query()] = None,
    state: Annotated[VisitState | None, Query()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[VisitShown]:
    """Visits by day; a provider and its caregivers see their own."""
    day, visit_id = read_cursor(cursor, date.fromisoformat, UUID)
    rows = await visits.page(plan_id, day_on, state, (day, visit_id), limit + 1)
    shown = [VisitShown(**row) for row in rows]
    return page_of(shown, limit, lambda visit: (visit.day_on, visit.visit_id))


@router.post("/{visit_id}/checkins", status_code=201)
async def report_check_in(
    visit_id: UUID, body: CheckInBody, caller: Reporter, visits: OpenVisits
) -> VisitAnswer:
    """The caregiver has come."""
    visit = await visits.hold_one(visit_id)
    present = _stands(check_in(visit, body.checked_in_at, visits.rules, visits.now))
    await visits.save([present], [])
    return _shown(present)


@router.post("/{visit_id}/checkouts", status_code=201)
async def report_check_out(
    visit_id: UUID, body: CheckOutBody, caller: Reporter, visits: OpenVisits
) -> VisitAnswer:
    """The caregiver has gone; the visit is done."""
    visit = await visits.hold_one(visit_id)
    done, letter = _stands(
        check_out(visit, body.checked_out_at, body.done_items, visits.rules, visits.now)
    )
    await visits.save([done], [letter])
    return _shown(done)


@router.post("/{visit_id}/misses", status_code=201)
async def report_miss(
    visit_id: UUID, body: MissBody, caller: Reporter, visits: OpenVisits
) -> VisitAnswer:
    """The visit did not take place."""
    visit = await visits.hold_one(visit_id)
    missed, letter = _stands(miss(visit, body.reason, visits.rules, visits.now))
    await visits.save([missed], [letter])
    return _shown(missed)


@router.post("/{visit_id}/substitutions", status_code=201)
async def send_substitute(
    visit_id: UUID,
    body: SubstitutionBody,
    caller: Annotated[Caller, permit("provider", "street_officer")],
    visits: OpenVisits,
) -> VisitAnswer:
    """Another caregiver comes this once, with a reason (N-13)."""
    standings = await visits.hold_substitutes([(visit_id, body.caregiver_id)])
    visit = await visits.hold_one(visit_id)
    changed = _stands(substitute(visit, standings[visit_id, body.caregiver_id], body.reason))
    await visits.save([changed], [])
    return _shown(changed)


@batches.post("")
async def report_visits(
    body: ReportsBody, caller: Reporter, visits: OpenVisits, response: Response
) -> BulkAnswer[LineResult]:
    """Up to 1,000 outcomes from devices that were offline, each decided by itself."""
    lines = Lines("reports", ReportBody, body.reports, "visit_id")
    reports = [line.report() for line in lines.sound]
    substitutes = await visits.hold_substitutes(substitutes_of(reports))
    held = await visits.hold([line.visit_id for line in lines.sound])
    decided = decide_all(reports, held, substitutes, visits.rules, visits.now)
    await visits.save(decided.changed, decided.events)
    return lines.answer(decided.outcomes, response)


def _stands(decision: T | Refusal) -> T:
    if isinstance(decision, Refusal):
        raise decision
    return decision


def _shown(visit: Visit) -> VisitAnswer:
    return VisitAnswer.model_validate(visit, from_attributes=True)
