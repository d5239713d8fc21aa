"""Stories of awards that are suspended, resumed and go on under another class, month by month."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.contracts.eligibility import AwardReclassified, AwardResumed, AwardSuspended
from shared.contracts.programmes import VOUCHER
from tests.vouchers.town import FEBRUARY, JANUARY, MARCH, MONTHLY_FEN, Elder, Town, day

pytestmark = pytest.mark.anyio
APRIL = date(2010, 4, 1)


def about(elder: Elder, on: date) -> dict[str, Any]:
    return {
        "aggregate_id": elder.award_id,
        "occurred_at": day(on),
        "person_id": elder.person_id,
        "application_id": elder.application_id,
        "area_code": elder.area_code,
        "award_id": elder.award_id,
        "programme": VOUCHER,
    }


async def issued(town: Town, month: date) -> int:
    town.desk.clock.set(month)
    people: int = (await town.issue(month))["people"]
    return people


async def test_a_suspended_award_has_its_month_but_none_after_until_it_is_resumed(
    town: Town,
) -> None:
    away, home = Elder(), Elder()
    await town.grant(away, home)
    await town.allocate(10 * MONTHLY_FEN)
    left = date(2010, 1, 31)
    gone = AwardSuspended(**about(away, left), suspended_on=left, reason="abroad")
    await town.tell("eligibility", gone)
    assert await issued(town, JANUARY) == 2, "the month of leaving still counts"
    assert await issued(town, FEBRUARY) == 1
    back_on = date(2010, 4, 30)
    assert await issued(town, MARCH) == 1
    town.desk.clock.set(back_on)
    back = AwardResumed(**about(away, back_on), resumed_on=back_on)
    await town.tell("eligibility", back)
    assert (await town.issue(MARCH))["people"] == 0, "nothing is paid back"
    assert (await town.issue(APRIL))["people"] == 2, "the month of coming back counts"
    await town.desk.settle()
    assert await town.failures() == []


async def test_the_month_of_the_birthday_is_issued_under_the_new_class(town: Town) -> None:
    elder = Elder(benefit_class="B")
    await town.grant(elder)
    await town.allocate(10 * MONTHLY_FEN)
    assert await issued(town, JANUARY) == 1
    turned = AwardReclassified(
        **about(elder, date(2010, 2, 15)),
        benefit_class="A",
        starts_on=FEBRUARY,
        monthly_amount_fen=MONTHLY_FEN,
    )
    await town.tell("eligibility", turned)
    assert await issued(town, FEBRUARY) == 1
    account = await town.street().get(f"/vouchers/v1/accounts/{elder.person_id}")
    months = {one["month_on"]: one["benefit_class"] for one in account.json()["months"]}
    assert months == {"2010-01-01": "B", "2010-02-01": "A"}


async def test_a_second_suspension_stops_again_and_an_end_while_suspended_is_final(
    town: Town,
) -> None:
    elder = Elder()
    await town.grant(elder)
    await town.allocate(10 * MONTHLY_FEN)
    first, again = date(2010, 1, 10), date(2010, 2, 20)
    await town.tell(
        "eligibility",
        AwardSuspended(**about(elder, first), suspended_on=first, reason="detained"),
        AwardResumed(**about(elder, FEBRUARY), resumed_on=FEBRUARY),
        AwardSuspended(**about(elder, again), suspended_on=again, reason="unreachable"),
    )
    assert [await issued(town, month) for month in (JANUARY, FEBRUARY, MARCH)] == [1, 1, 0]
    await town.end(elder, date(2010, 3, 5), "no_longer_eligible")
    await town.tell("eligibility", AwardResumed(**about(elder, MARCH), resumed_on=MARCH))
    assert await issued(town, APRIL) == 0
