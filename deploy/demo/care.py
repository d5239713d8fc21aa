"""Five-fixed plans, a month of visits reported from devices, feedback and scores."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from deploy.demo.cast import CAREGIVERS_EACH, CARERS, MENU, RELIEF, Cast, ProviderCast, demo_id
from deploy.demo.lists import hand_in
from deploy.desk import Person
from shared.contracts.programmes import HOME_CARE
from shared.pages import LARGEST_LIMIT

ELDERS_EACH = 6
FIRST_HOUR = 9
MINUTES = 60
TUESDAY, THURSDAY = 2, 4
PLAN_START = date(2010, 2, 1)
MONTH = date(2010, 2, 1)
REPORT_DAYS = (date(2010, 2, 8), date(2010, 2, 15), date(2010, 2, 22), date(2010, 3, 1))
LATE_BY = timedelta(minutes=4)
RATINGS = (5, 5, 4, 5, 3)
RATED_EVERY = 2


async def plan(cast: Cast) -> int:
    """The street proposes plans for the awarded, the district office confirms them (N-13, N-14)."""
    street, district = cast.nangang_street(), cast.nangang()
    awards = [
        award
        async for award in street.pages(
            "/eligibility/v1/awards", programme=HOME_CARE, state="active", limit=LARGEST_LIMIT
        )
    ]
    slots = [(c, n, s) for c in CARERS for n in range(CAREGIVERS_EACH) for s in range(ELDERS_EACH)]
    plans = [_plan(award, *slot) for award, slot in zip(awards, slots, strict=False)]
    await hand_in(street, "/scheduling/v1/plans/batch", "plans", plans, "plans")
    confirmation = {"id": demo_id("confirm"), "plan_ids": [one["id"] for one in plans]}
    await district.post("/scheduling/v1/plan-confirmations", confirmation)
    roster = {"id": demo_id("roster"), "month_on": MONTH.isoformat()}
    await street.post("/scheduling/v1/visit-rosters", roster)
    await cast.desk.settle()
    return len(plans)


def _plan(award: dict[str, Any], carer: ProviderCast, nth: int, slot: int) -> dict[str, Any]:
    return {
        "id": demo_id("plan", award["award_id"]),
        "person_id": award["person_id"],
        "programme": HOME_CARE,
        "provider_id": carer.provider_id,
        "caregiver_id": demo_id("caregiver", carer.key, nth),
        "item_code": MENU[0]["item_code"],
        "weekdays": [TUESDAY, THURSDAY],
        "starts_at": f"{FIRST_HOUR + slot:02d}:00",
        "minutes": MINUTES,
        "place": "home",
        "starts_on": PLAN_START.isoformat(),
    }


async def report_week(cast: Cast, until: date) -> None:
    """Devices hand in what was done before a day; one visit was missed, one had a substitute."""
    for carer in CARERS:
        clerk = cast.shop(carer)
        due = [
            visit
            async for visit in clerk.pages(
                "/scheduling/v1/visits", state="planned", limit=LARGEST_LIMIT
            )
            if date.fromisoformat(visit["day_on"]) < until
        ]
        if due:
            odd = until == REPORT_DAYS[1] and carer == CARERS[0]
            lines = [
                _report(visit, nth if odd else len(due), carer) for nth, visit in enumerate(due)
            ]
            path = "/scheduling/v1/visit-reports"
            await hand_in(clerk, path, "reports", lines, "reports", carer.key, until)
    await cast.desk.settle()


def _report(visit: dict[str, Any], nth: int, carer: ProviderCast) -> dict[str, Any]:
    if nth == 0:
        return {"visit_id": visit["visit_id"], "outcome": "missed", "reason": "caregiver_absent"}
    came = datetime.fromisoformat(visit["planned_at"]) + LATE_BY
    done = {
        "visit_id": visit["visit_id"],
        "outcome": "completed",
        "checked_in_at": came.isoformat(),
        "checked_out_at": (came + timedelta(minutes=MINUTES)).isoformat(),
    }
    if nth == 1:
        relief = demo_id("caregiver", carer.key, RELIEF)
        done |= {"substitute_caregiver_id": relief, "substitute_reason": "illness"}
    return done


async def rate(cast: Cast) -> int:
    """The community asks every second elder how the visit was (N-52)."""
    street = cast.nangang_street()
    done = [
        visit
        async for visit in street.pages(
            "/scheduling/v1/visits", state="completed", limit=LARGEST_LIMIT
        )
    ]
    lines = [
        {
            "id": demo_id("feedback", visit["visit_id"]),
            "visit_id": visit["visit_id"],
            "rating": RATINGS[nth % len(RATINGS)],
        }
        for nth, visit in enumerate(done[::RATED_EVERY])
    ]
    await hand_in(street, "/evaluation/v1/feedback/batch", "feedback", lines, "feedback-list")
    await cast.desk.settle()
    return len(lines)


async def score(cast: Cast) -> list[dict[str, Any]]:
    """Points of 100 for every provider that visited."""
    body = {"id": demo_id("scores"), "month_on": MONTH.isoformat()}
    await cast.nangang().post("/evaluation/v1/scores", body)
    await cast.desk.settle()
    return await scores(cast.nangang())


async def scores(reader: Person) -> list[dict[str, Any]]:
    """The scores of the demo's month, with names."""
    found = await reader.get("/evaluation/v1/scores", month_on=MONTH.isoformat())
    names = {carer.provider_id: carer.name for carer in CARERS}
    rows = found["scores"] if isinstance(found, dict) else found
    return [{**row, "name": names.get(row["provider_id"], "")} for row in rows]
