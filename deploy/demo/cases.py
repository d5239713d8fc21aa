"""Street review and district approval by two people; the birthdays of March."""

from __future__ import annotations

from typing import Any

from deploy.demo.cast import Cast, demo_id
from deploy.demo.lists import hand_in
from deploy.desk import Person
from shared.pages import LARGEST_LIMIT

REVIEW = {
    "eligible": "recommend_approval",
    "ineligible": "recommend_refusal",
    "needs_evidence": "needs_evidence",
}


async def decide(cast: Cast, name: str) -> None:
    """Work off both districts' lists: clear cases are decided, the others stay for people."""
    for street, district in (
        (cast.street(), cast.district()),
        (cast.nangang_street(), cast.nangang()),
    ):
        await _review(street, name)
        await _approve(district, name)
    await cast.desk.settle()


async def _review(officer: Person, name: str) -> None:
    cases = [c async for c in _cases(officer, "street_review")]
    lines = [
        {"case_id": case["case_id"], "decision": REVIEW[case["outcome"]]}
        for case in cases
        if case["outcome"] in REVIEW
    ]
    await hand_in(officer, "/eligibility/v1/reviews", "decisions", lines, "review", name)


async def _approve(officer: Person, name: str) -> None:
    cases = [c async for c in _cases(officer, "district_approval")]
    lines = [
        {
            "case_id": case["case_id"],
            "decision": "approve" if case["outcome"] == "eligible" else "refuse",
        }
        for case in cases
        if case["outcome"] in ("eligible", "ineligible")
    ]
    await hand_in(officer, "/eligibility/v1/approvals", "decisions", lines, "approval", name)


def _cases(officer: Person, stage: str) -> Any:
    return officer.pages("/eligibility/v1/cases", stage=stage, limit=LARGEST_LIMIT)


async def sweep(cast: Cast, name: str) -> int:
    """Do the work of the day; returns how many applications were determined again.

    Birthdays that have come, awards that are due, and residents who have not applied.

    The office looks once a day by itself too, but not at the moment that the story needs.
    """
    operator = cast.operator()
    found = await operator.post("/eligibility/v1/sweeps", {"id": demo_id("sweep", name)})
    await operator.post("/eligibility/v1/rechecks/sweeps", {"id": demo_id("awards", name)})
    await operator.post("/eligibility/v1/outreach/judgements", {"id": demo_id("residents", name)})
    await cast.desk.settle()
    return int(found["determined"])


async def funnel(cast: Cast, counts: dict[str, int]) -> dict[str, int]:
    """Rows → persons → applications → determinations → awards."""
    found = await cast.auditor().get("/eligibility/v1/funnel")
    by_outcome = found["determinations"]
    return {
        "rows": counts["rows"],
        "rejected": counts["rejected"] - counts["corrected"],
        "persons": counts["persons"],
        "applications": found["applications"],
        "eligible": by_outcome.get("eligible", 0),
        "not_eligible": by_outcome.get("ineligible", 0),
        "to_be_reviewed": by_outcome.get("needs_review", 0) + by_outcome.get("needs_evidence", 0),
        "awards": sum(found["awards"].values()),
    }
