"""The visits' doors: rosters, lists, and what caregivers report of each visit."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from services.scheduling.cursors import read_cursor
from services.scheduling.lines import LineResults, answer_lines, line_of, read_lines
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
    check_out,
    miss,
    substitute,
)
from services.scheduling.visits.reports import Done, Report, decide_all
from services.scheduling.visits.store import Visits
from shared.caller import Caller
from shared.contracts.months import month_of
from shared.doors import doors, opens, permit
from shared.errors import Invalid, Refusal, invalid_field
from shared.pages import Cursor, Limit, Page, page_of

router = doors("/v1/visits", "visits")
rosters = doors("/v1/visit-rosters", "visits")
batches = doors("/v1/visit-reports", "visits")
OpenVisits = Annotated[Visits, Depends(opens(Visits))]
Reporter = Annotated[Caller, permit("caregiver", "provider")]


@rosters.post("")
async def make_roster(
    body: RosterBody,
    caller: Annotated[Caller, permit("street_officer", "district_officer")],
    visits: OpenVisits,
    response: Response,
) -> RosterAnswer:
    """Make a month's visits from the confirmed plans of the caller's area; safe to repeat."""
    if body.month_on != month_of(body.month_on):
        raise invalid_field(
            "body.month_on", "not_a_month", "请填该月第一天", "give the first day of the month"
        )
    if (body.month_on - visits.now.date()).days > visits.rules.roster_ahead:
        raise invalid_field(
            "body.month_on",
            "month_too_far",
            f"最多可提前 {visits.rules.roster_ahead} 天排班",
            f"a month may be rostered at most {visits.rules.roster_ahead} days ahead",
        )
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
    limit: Limit = 100,
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
    done = check_out(visit, body.checked_out_at, body.done_items, visits.rules, visits.now)
    if isinstance(done, Refusal):
        raise done
    await visits.save([done[0]], [done[1]])
    return _shown(done[0])


@router.post("/{visit_id}/misses", status_code=201)
async def report_miss(
    visit_id: UUID, body: MissBody, caller: Reporter, visits: OpenVisits
) -> VisitAnswer:
    """The visit did not take place."""
    visit = await visits.hold_one(visit_id)
    missed = miss(visit, body.reason, visits.rules, visits.now)
    if isinstance(missed, Refusal):
        raise missed
    await visits.save([missed[0]], [missed[1]])
    return _shown(missed[0])


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
) -> LineResults:
    """Up to 1,000 outcomes from devices that were offline, each decided by itself."""
    lines = read_lines(ReportBody, body.reports)
    read = [line.report() if isinstance(line, ReportBody) else line for line in lines]
    reports = [line for line in read if not isinstance(line, Invalid)]
    outcomes = iter(await _report_all(reports, visits))
    results = [
        line_of(nth, None, line)
        if isinstance(line, Invalid)
        else line_of(nth, line.visit_id, next(outcomes))
        for nth, line in enumerate(read)
    ]
    return answer_lines(results, response)


async def _report_all(reports: list[Report], visits: Visits) -> list[str | Refusal]:
    pairs = [
        (one.visit_id, one.substitute_id)
        for one in reports
        if isinstance(one, Done) and one.substitute_id is not None
    ]
    substitutes = await visits.hold_substitutes(pairs)
    held = await visits.hold([one.visit_id for one in reports])
    decided = decide_all(reports, held, substitutes, visits.rules, visits.now)
    await visits.save(decided.changed, decided.events)
    return decided.outcomes


def _stands(decision: Visit | Refusal) -> Visit:
    if isinstance(decision, Refusal):
        raise decision
    return decision


def _shown(visit: Visit) -> VisitAnswer:
    return VisitAnswer.model_validate(visit, from_attributes=True)
