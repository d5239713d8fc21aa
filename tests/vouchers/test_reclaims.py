"""What was spent though it was not due: cases, two people's decisions, instalments, receipts."""

from __future__ import annotations

from datetime import date
from typing import Any

import anyio
import pytest

from shared.contracts.ids import new_id
from tests.vouchers.town import (
    FEBRUARY,
    JANUARY,
    MONTHLY_FEN,
    OTHER_STREET,
    Elder,
    Shop,
    Town,
)

pytestmark = pytest.mark.anyio
DIED_ON = date(2010, 1, 10)


async def spent(town: Town, elder: Elder, *amounts: int, months: int = 1) -> Shop:
    """A holder whose card is used on 20 January, though nobody has told of a death yet."""
    shop = Shop()
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(3 * MONTHLY_FEN)
    for month in (JANUARY, FEBRUARY)[:months]:
        town.desk.clock.set(month)
        await town.issue(month)
    town.desk.clock.set(date(2010, months, 20))
    card = await town.card(elder)
    for amount in amounts:
        done = await town.redeem(shop, card, amount)
        assert done.status_code == 201, done.text
    return shop


async def moved_out_late(town: Town) -> Elder:
    """A holder who has spent all of January's money and some of February's, not due to him."""
    elder = Elder()
    await spent(town, elder, MONTHLY_FEN + 3000, months=2)
    await town.end(elder, date(2010, 1, 15), "moved_out")
    return elder


async def cases(town: Town, undone: bool = False) -> list[dict[str, Any]]:
    found = await town.finance().get("/vouchers/v1/reclaims", params={"undone": undone})
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def decided(town: Town, case_id: str, way: str, **more: Any) -> dict[str, Any]:
    """A proposal of civil affairs, approved by finance."""
    made = await town.post(
        town.civil(), f"reclaims/{case_id}/decisions", way=way, reason="核实", **more
    )
    assert made.status_code == 201, made.text
    one = made.json()["decision_id"]
    path = f"reclaims/decisions/{one}/signatures"
    done = await town.post(town.finance(), path, outcome="approved", reason="同意")
    assert done.status_code == 201, done.text
    answer: dict[str, Any] = done.json()
    return answer


async def recovered(town: Town) -> int:
    work = town.desk.work("vouchers")
    found = await work.value(
        "SELECT coalesce(sum(amount_fen), 0) FROM postings WHERE account_kind = 'recovered'"
    )
    await work.abandon()
    return int(found)


async def test_a_death_opens_a_case_for_what_was_spent_after_it_and_edits_nothing(
    town: Town,
) -> None:
    elder = Elder()
    await spent(town, elder, 2500, 1500)
    await town.die(elder, DIED_ON)
    (case,) = await cases(town)
    assert (case["reason"], case["since_on"]) == ("spent_after_death", "2010-01-10")
    assert (case["spent_fen"], case["undecided_fen"], case["owed_fen"]) == (4000, 4000, 0)
    books = await town.money()
    assert (books["total"]["redeemed_fen"], books["total"]["revoked_fen"]) == (4000, 6000)
    await town.end(elder, DIED_ON, "died")
    assert len(await cases(town)) == 1
    seen = await town.street().get(f"/vouchers/v1/reclaims/{case['case_id']}")
    assert [line["amount_fen"] for line in seen.json()["lines"]] == [2500, 1500]
    other = await town.street(OTHER_STREET).get(f"/vouchers/v1/reclaims/{case['case_id']}")
    assert other.status_code == 404


async def test_what_was_spent_before_or_on_the_day_of_death_opens_no_case(town: Town) -> None:
    elder = Elder()
    await spent(town, elder, 2500)
    await town.die(elder, date(2010, 1, 20))
    assert await cases(town) == []


async def test_moving_out_late_reclaims_what_was_spent_of_months_not_due_alone(
    town: Town,
) -> None:
    await moved_out_late(town)
    (case,) = await cases(town)
    assert (case["reason"], case["spent_fen"]) == ("not_due", 3000)
    assert (await town.money())["total"]["revoked_fen"] == 7000


async def test_a_death_told_after_an_end_takes_over_what_nobody_has_decided_on(
    town: Town,
) -> None:
    elder = await moved_out_late(town)
    await town.die(elder, date(2010, 2, 10))
    case, emptied = sorted(await cases(town), key=lambda one: -one["spent_fen"])
    assert (case["reason"], case["spent_fen"]) == ("spent_after_death", MONTHLY_FEN + 3000)
    assert (emptied["reason"], emptied["spent_fen"]) == ("not_due", 0)
    await decided(town, case["case_id"], "provider")
    await town.desk.settle()
    assert await recovered(town) == MONTHLY_FEN + 3000
    assert await town.failures() == []


@pytest.mark.parametrize(
    ("way", "back_fen", "nobody_asks_fen"),
    [("provider", 3000, MONTHLY_FEN), ("waive", 0, MONTHLY_FEN + 3000)],
)
async def test_a_death_told_after_a_decision_leaves_it_as_it_is_and_finance_is_told_of_the_rest(
    town: Town, way: str, back_fen: int, nobody_asks_fen: int
) -> None:
    elder = await moved_out_late(town)
    (case,) = await cases(town)
    await decided(town, case["case_id"], way)
    assert await left_of_it(town) == []
    await town.die(elder, date(2010, 2, 10))
    assert [one["spent_fen"] for one in await cases(town)] == [3000]
    assert await recovered(town) == back_fen
    assert await left_of_it(town) == [nobody_asks_fen]
    await town.desk.settle()
    assert await town.failures() == []


async def left_of_it(town: Town) -> list[int]:
    """What finance is told that a provider still has, though its buyer was dead."""
    query = {"kind": "after_death_decided_before"}
    found = await town.finance().get("/vouchers/v1/exceptions", params=query)
    return [line["amount_fen"] for line in found.json()["items"]]


async def test_a_decision_needs_two_people_of_two_bodies(town: Town) -> None:
    elder = Elder()
    await spent(town, elder, 2500)
    await town.die(elder, DIED_ON)
    (case,) = await cases(town)
    path = f"reclaims/{case['case_id']}/decisions"
    made = await town.post(town.civil(), path, way="waive", reason="家属已尽告知")
    one = f"reclaims/decisions/{made.json()['decision_id']}/signatures"
    words = {"outcome": "approved", "reason": "同意"}
    for who, said in (
        (town.civil(), "same_person"),
        (town.civil("wang"), "same_body"),
        (
            town.desk.as_("district_officer", sub="sun", area="110105", body="残联"),
            "body_not_party",
        ),
        (town.street(), "role_not_allowed"),
    ):
        answer = await town.post(who, one, **words)
        assert (answer.status_code, answer.json()["code"]) == (403, said)
    again = await town.post(town.civil(), path, way="provider", reason="另议")
    assert again.json()["code"] == "nothing_undecided"
    assert (await town.post(town.finance(), one, **words)).json()["state"] == "approved"
    twice = await town.post(town.finance("zhou"), one, **words)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_decided")
    assert await recovered(town) == 0
    assert await cases(town, undone=True) == []


async def test_a_refused_proposal_frees_the_case_for_another(town: Town) -> None:
    elder = Elder()
    await spent(town, elder, 2500)
    await town.die(elder, DIED_ON)
    (case,) = await cases(town)
    path = f"reclaims/{case['case_id']}/decisions"
    made = await town.post(town.civil(), path, way="waive", reason="建议免追")
    one = f"reclaims/decisions/{made.json()['decision_id']}/signatures"
    refused = await town.post(town.finance(), one, outcome="refused", reason="应追回")
    assert refused.json()["state"] == "refused"
    await decided(town, case["case_id"], "provider")
    assert await recovered(town) == 2500


async def test_a_provider_s_part_is_deducted_from_what_is_payable_to_it(town: Town) -> None:
    elder = Elder()
    shop = await spent(town, elder, 2500, 1500)
    await town.die(elder, DIED_ON)
    (case,) = await cases(town)
    seen = await town.finance().get(f"/vouchers/v1/reclaims/{case['case_id']}")
    first = seen.json()["lines"][0]["redemption_id"]
    await decided(town, case["case_id"], "provider", redemption_ids=[first])
    assert await recovered(town) == 2500
    (mine,) = (await town.money())["by_provider"]
    assert (mine["provider_id"], mine["payable_fen"]) == (str(shop.provider_id), 1500)
    (left,) = await cases(town, undone=True)
    assert (left["undecided_fen"], left["recovered_fen"], left["owed_fen"]) == (1500, 2500, 0)
    books = await town.money()
    assert books["total"]["conserved"]
    assert books["total"]["redeemed_fen"] == 4000


async def test_a_family_pays_by_instalments_never_more_than_is_owed(town: Town) -> None:
    elder = Elder()
    await spent(town, elder, 4001)
    await town.die(elder, DIED_ON)
    (case,) = await cases(town)
    path = f"reclaims/{case['case_id']}/decisions"
    plan = [
        {"due_on": "2010-02-28", "amount_fen": 2001},
        {"due_on": "2010-03-31", "amount_fen": 2000},
    ]
    early = await town.post(town.civil(), path, way="family", reason="x", instalments=plan)
    assert (early.status_code, early.json()["code"]) == (409, "not_settled_yet")
    await town.settlements(JANUARY)
    for flaw, said in (
        (plan[:1], "plan_does_not_add_up"),
        (plan[::-1], "plan_out_of_order"),
        ([{**plan[0], "due_on": "2010-01-01"}, plan[1]], "plan_out_of_order"),
        ([], "plan_does_not_add_up"),
    ):
        bad = await town.post(town.civil(), path, way="family", reason="x", instalments=flaw)
        assert (bad.status_code, bad.json()["code"]) == (422, said)
    done = await decided(town, case["case_id"], "family", instalments=plan)
    assert done["owed_fen"] == 4001
    receipts = f"reclaims/decisions/{done['decision_id']}/receipts"
    town.desk.clock.set(date(2010, 3, 5))
    paid = {"receipt_no": "收-001", "amount_fen": 1500, "received_on": "2010-03-02"}
    first = await town.post(town.finance(), receipts, **paid)
    assert first.json()["owed_fen"] == 2501
    twice = await town.post(town.finance(), receipts, **paid)
    assert (twice.status_code, twice.json()["code"]) == (409, "receipt_taken")
    much = await town.post(town.finance(), receipts, **{**paid, "amount_fen": 2502})
    assert (much.status_code, much.json()["code"]) == (409, "more_than_owed")
    seen = await town.finance().get(f"/vouchers/v1/reclaims/{case['case_id']}")
    (decision,) = seen.json()["decisions"]
    assert [(x["paid_fen"], x["overdue"]) for x in decision["instalments"]] == [
        (1500, True),
        (0, False),
    ]
    rest = {"receipt_no": "收-002", "amount_fen": 2501, "received_on": "2010-03-05"}
    assert (await town.post(town.finance(), receipts, **rest)).json()["owed_fen"] == 0
    assert await recovered(town) == 4001
    assert await cases(town, undone=True) == []
    await town.desk.settle()
    assert await town.failures() == []


async def test_receipts_at_once_never_take_more_than_is_owed(town: Town) -> None:
    elder = Elder()
    await spent(town, elder, 5000)
    await town.die(elder, DIED_ON)
    await town.settlements(JANUARY)
    (case,) = await cases(town)
    plan = [{"due_on": "2010-02-28", "amount_fen": 5000}]
    done = await decided(town, case["case_id"], "family", instalments=plan)
    path, codes = f"reclaims/decisions/{done['decision_id']}/receipts", list[int]()

    async def pay(nth: int) -> None:
        paid = {"receipt_no": f"收-{nth}", "amount_fen": 2000, "received_on": "2010-01-20"}
        codes.append((await town.post(town.finance(), path, **paid)).status_code)

    async with anyio.create_task_group() as group:
        for nth in range(6):
            group.start_soon(pay, nth)
    assert sorted(codes) == [201, 201, 409, 409, 409, 409]
    assert await recovered(town) == 4000


async def test_a_receipt_sent_again_is_booked_once(town: Town) -> None:
    elder = Elder()
    await spent(town, elder, 5000)
    await town.die(elder, DIED_ON)
    await town.settlements(JANUARY)
    (case,) = await cases(town)
    plan = [{"due_on": "2010-02-28", "amount_fen": 5000}]
    done = await decided(town, case["case_id"], "family", instalments=plan)
    path = f"reclaims/decisions/{done['decision_id']}/receipts"
    paid = {"receipt_no": "收-1", "amount_fen": 2000, "received_on": "2010-01-20"}
    one = str(new_id())
    first = await town.post(town.finance(), path, id=one, **paid)
    again = await town.post(town.finance(), path, id=one, **paid)
    assert first.status_code == 201
    assert again.content == first.content
    assert await recovered(town) == 2000
