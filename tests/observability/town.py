"""A month in a small town, so that every figure of the office is something."""

from __future__ import annotations

from datetime import date
from typing import Any

from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.desk import OfficeDesk
from tests.eligibility.stories import approve, cases, review
from tests.evaluation.test_providers import admitted
from tests.intake.rosters import COMMUNITY, STREET, enter, number, register
from tests.scheduling.street import Street, done
from tests.vouchers.town import Elder, Shop, Town

DECIDED_ON, VISITED_ON = date(2010, 1, 9), date(2010, 2, 6)
BORN, FACTS = "19250303", {"hukou_area": "110105", "disability": "none"}
RATER_AREA = "230103001"


async def a_month(desk: OfficeDesk) -> str:
    """Applications, decisions, money and visits, all letters arrived; gives an application."""
    application = await _apply_and_decide(desk)
    await _spend(Town(desk))
    await _visit(desk)
    await desk.settle()
    return application


async def _apply_and_decide(desk: OfficeDesk) -> str:
    """Three people apply; five days later one is approved, one refused and one still waits."""
    await enter(desk, COMMUNITY)
    applications = []
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        for order in (1, 2, 3):
            old = {"id_number": number(order, BORN), "facts": FACTS}
            who = (await register(li, order, **old))["person_id"]
            body = {"id": str(new_id()), "person_id": who, "programme": VOUCHER}
            made = await li.post(
                "/intake/v1/applications", json={**body, "channel": "street_office"}
            )
            assert made.status_code == 201, made.text
            applications.append(body["id"])
    await desk.settle()
    desk.clock.set(DECIDED_ON)
    first, second, *_ = [case["case_id"] for case in await cases(desk)]
    for case, said, decided in (
        (first, "recommend_approval", "approve"),
        (second, "recommend_refusal", "refuse"),
    ):
        await review(desk, case, area=STREET, decision=said)
        await approve(desk, case, decision=decided, note="材料不实")
    stages = sorted(case["stage"] for case in await cases(desk))
    assert stages == ["approved", "refused", "street_review"]
    await desk.settle()
    return applications[0]


async def _spend(town: Town) -> None:
    """A month's vouchers, one purchase and one that the balance does not cover."""
    elder, shop = Elder(), Shop()
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(1_000_000)
    await town.issue()
    card = await town.card(elder)
    assert (await town.redeem(shop, card, 2_000)).status_code == 201
    assert (await town.redeem(shop, card, 900_000)).status_code == 409


async def _visit(desk: OfficeDesk) -> None:
    """A plan of February with a visit done, one missed and one by a substitute, and a rating."""
    await admitted(desk)
    street = Street(desk)
    await street.activate()
    await street.people()
    await street.publish_item()
    await street.confirmed()
    await street.roster()
    desk.clock.set(VISITED_ON)
    kept, missed, other, *_ = await street.visits()
    await street.act(
        other["visit_id"], "substitutions", caregiver_id=str(street.substitute_id), reason="illness"
    )
    lines: list[dict[str, Any]] = [done(kept), done(other)]
    lines.append({"visit_id": missed["visit_id"], "outcome": "missed", "reason": "weather"})
    await street.report(*lines)
    await desk.settle()
    states = [visit["state"] for visit in await street.visits()]
    assert (states.count("completed"), states.count("missed")) == (2, 1)
    async with desk.as_("street_officer", sub="chen", area=RATER_AREA) as client:
        body = {"id": str(new_id()), "visit_id": kept["visit_id"], "rating": 4}
        answer = await client.post("/evaluation/v1/feedback", json=body)
    assert answer.status_code == 201, answer.text
