"""What was reclaimed is not refunded as well, and the other way round, whichever comes first."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from tests.vouchers.test_reclaims import DIED_ON, cases, decided, moved_out_late, recovered, spent
from tests.vouchers.town import JANUARY, MONTHLY_FEN, Elder, Town, code

pytestmark = pytest.mark.anyio


async def give_back(town: Town, redemption_id: str, **more: Any) -> tuple[int, str]:
    path = f"redemptions/{redemption_id}/refunds"
    return code(await town.post(town.finance(), path, reason="服务未完成", **more))


async def lines_of(town: Town, case_id: str) -> list[dict[str, Any]]:
    seen = await town.finance().get(f"/vouchers/v1/reclaims/{case_id}")
    lines: list[dict[str, Any]] = seen.json()["lines"]
    return lines


async def test_what_a_family_owes_by_a_decision_is_not_refunded_as_well(town: Town) -> None:
    elder = Elder()
    await spent(town, elder, 2500, 1500)
    await town.die(elder, DIED_ON)
    await town.settlements(JANUARY)
    (case,) = await cases(town)
    reclaimed, free = (one["redemption_id"] for one in await lines_of(town, case["case_id"]))
    plan = [{"due_on": "2010-02-28", "amount_fen": 2500}]
    done = await decided(
        town, case["case_id"], "family", instalments=plan, redemption_ids=[reclaimed]
    )
    before = await town.money()
    assert await give_back(town, reclaimed) == (409, "reclaimed_already")
    assert await give_back(town, reclaimed, amount_fen=1) == (409, "reclaimed_already")
    assert await town.money() == before
    receipt = {"receipt_no": "收-9", "amount_fen": 2500, "received_on": "2010-01-20"}
    path = f"reclaims/decisions/{done['decision_id']}/receipts"
    assert (await town.post(town.finance(), path, **receipt)).status_code == 201
    assert await give_back(town, reclaimed) == (409, "reclaimed_already")
    assert await give_back(town, free) == (201, "")
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_refund_does_not_revive_a_month_that_was_not_due(town: Town) -> None:
    await moved_out_late(town)
    (case,) = await cases(town)
    (line,) = await lines_of(town, case["case_id"])
    path = f"redemptions/{line['redemption_id']}/refunds"
    back = await town.post(town.finance(), path, amount_fen=4000, reason="服务未完成")
    months = [(one["month_on"], one["ends"]) for one in back.json()["months"]]
    assert months == [("2010-02-01", "revoke"), ("2010-01-01", "")]
    assert back.json()["spendable_fen"] == 1000
    books = await town.money()
    assert books["total"]["revoked_fen"] == MONTHLY_FEN
    assert books["total"]["outstanding_fen"] == 1000
    await town.desk.settle()
    assert await town.failures() == []


async def test_what_the_provider_gave_back_by_deduction_is_not_refunded_as_well(
    town: Town,
) -> None:
    elder = Elder()
    await spent(town, elder, 2500)
    await town.die(elder, DIED_ON)
    (case,) = await cases(town)
    await decided(town, case["case_id"], "provider")
    (one,) = await lines_of(town, case["case_id"])
    assert await give_back(town, one["redemption_id"]) == (409, "reclaimed_already")
    await town.desk.settle()
    assert await town.failures() == []


async def test_months_that_were_due_are_refunded_though_the_others_are_reclaimed(
    town: Town,
) -> None:
    await moved_out_late(town)
    (case,) = await cases(town)
    await decided(town, case["case_id"], "provider")
    (one,) = await lines_of(town, case["case_id"])
    path = f"redemptions/{one['redemption_id']}/refunds"
    much = await town.post(town.finance(), path, reason="x", amount_fen=MONTHLY_FEN + 1)
    assert code(much) == (422, "more_than_spent")
    done = await town.post(town.finance(), path, reason="服务未完成")
    assert [(x["month_on"], x["amount_fen"]) for x in done.json()["months"]] == [
        ("2010-01-01", MONTHLY_FEN)
    ]
    assert await give_back(town, one["redemption_id"]) == (409, "reclaimed_already")
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_waived_case_leaves_the_refund_open_and_a_refund_stops_a_waiting_proposal(
    town: Town,
) -> None:
    elder = Elder()
    await spent(town, elder, 2500, 1500)
    await town.die(elder, DIED_ON)
    (case,) = await cases(town)
    waived, proposed = (one["redemption_id"] for one in await lines_of(town, case["case_id"]))
    await decided(town, case["case_id"], "waive", redemption_ids=[waived])
    assert await give_back(town, waived) == (201, "")
    path = f"reclaims/{case['case_id']}/decisions"
    made = await town.post(town.civil(), path, way="provider", reason="核实")
    assert await give_back(town, proposed, amount_fen=500) == (201, "")
    path = f"reclaims/decisions/{made.json()['decision_id']}/signatures"
    late = await town.post(town.finance(), path, outcome="approved", reason="同意")
    assert code(late) == (409, "changed_since")
    assert await recovered(town) == 0


async def test_a_refund_and_a_second_signature_at_once_take_the_money_back_once(
    town: Town,
) -> None:
    elder = Elder()
    await spent(town, elder, *(500 for _ in range(8)))
    await town.die(elder, DIED_ON)
    (case,) = await cases(town)
    for one in await lines_of(town, case["case_id"]):
        redemption = one["redemption_id"]
        path = f"reclaims/{case['case_id']}/decisions"
        made = await town.post(
            town.civil(), path, way="provider", reason="核实", redemption_ids=[redemption]
        )
        sign = f"reclaims/decisions/{made.json()['decision_id']}/signatures"
        ends = list[tuple[int, str]]()

        async def approve(path: str = sign, ends: list[tuple[int, str]] = ends) -> None:
            ends.append(
                code(await town.post(town.finance(), path, outcome="approved", reason="同意"))
            )

        async def refund(one: str = redemption, ends: list[tuple[int, str]] = ends) -> None:
            ends.append(await give_back(town, one))

        async with anyio.create_task_group() as both:
            both.start_soon(approve)
            both.start_soon(refund)
        assert sorted(ends) in (
            [(201, ""), (409, "changed_since")],
            [(201, ""), (409, "reclaimed_already")],
        )
    await town.desk.settle()
    assert await town.failures() == []
