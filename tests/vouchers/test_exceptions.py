"""Exceptions: finance is told of what is out of the ordinary, sees all, and edits nothing."""

from __future__ import annotations

from datetime import date

import pytest

from shared.contracts.programmes import VOUCHER
from tests.vouchers.test_overrides import ordered
from tests.vouchers.town import JANUARY, MONTHLY_FEN, STREET, Elder, Shop, Town

pytestmark = pytest.mark.anyio
SEEN_BY_FINANCE = (
    "allocations", "fund-overrides", "issue-runs", "backpays", "periods", "exceptions",
    "conservation", "conservation/cells", "conservation/funds", "conservation/nights",
    "work-expenses?year=2010", "settlements", "redemptions", "accounts",
)  # fmt: skip


async def told(town: Town, kind: str = "") -> list[tuple[str, str, int | None, int]]:
    query = f"?kind={kind}" if kind else ""
    answer = await town.finance().get(f"/vouchers/v1/exceptions{query}")
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return [(x["kind"], x["place"], x["amount_fen"], x["n"]) for x in items]


async def test_an_allocation_is_told_of_when_more_than_90_percent_are_used(town: Town) -> None:
    await town.grant(*[Elder() for _ in range(9)])
    await town.allocate(10 * MONTHLY_FEN)
    await town.issue()
    assert await told(town) == [], "90 of 100 is not more than 90"
    await town.grant(Elder())
    await town.issue()
    assert await told(town) == [("nearly_used", "allocations", 0, 100)]


async def test_a_paper_without_its_second_signature_is_told_of_after_seven_days(
    town: Town,
) -> None:
    await town.grant(Elder())
    await town.post(town.civil(), "allocations", fund="lottery", amount_fen=70, order_no="2010-7")
    await town.post(town.civil(), "issue-runs", programme=VOUCHER, month_on=str(JANUARY))
    line = {"street_code": STREET, "year": 2010, "amount_fen": 5, "reason": "办公"}
    await town.post(town.civil(), "work-expenses/lines", **line)
    await ordered(town, town.finance())
    town.desk.clock.set(date(2010, 1, 11))
    assert await told(town) == []
    town.desk.clock.set(date(2010, 1, 12))
    assert await told(town, "unsigned") == [
        ("unsigned", "allocations", 70, 1),
        ("unsigned", "fund_overrides", None, 1),
        ("unsigned", "issue_runs", MONTHLY_FEN, 1),
        ("unsigned", "work_budgets", 5, 1),
    ]


async def test_an_override_is_told_of_while_it_is_in_force(town: Town) -> None:
    made = await ordered(town, town.finance(), to_month_on="2010-02-01")
    path = f"fund-overrides/{made.json()['override_id']}/signatures"
    assert (await town.post(town.civil(), path)).status_code == 201
    town.desk.clock.set(date(2010, 2, 28))
    assert [kind for kind, *_ in await told(town)] == ["override_in_force"]
    town.desk.clock.set(date(2010, 3, 1))
    assert await told(town) == []


async def test_the_list_is_paged(town: Town) -> None:
    for number in range(3):
        await town.post(
            town.civil(), "allocations", fund="lottery", amount_fen=1, order_no=f"2010-{number}"
        )
    town.desk.clock.set(date(2010, 3, 1))
    seen, cursor = set[str](), ""
    for _ in range(3):
        page = (await town.finance().get(f"/vouchers/v1/exceptions?limit=1{cursor}")).json()
        seen.add(page["items"][0]["subject"])
        cursor = f"&cursor={page['next']}"
    assert len(seen) == 3
    assert page["next"] is None


async def test_finance_sees_all_and_can_neither_issue_nor_spend_nor_change(town: Town) -> None:
    finance = town.finance()
    for page in SEEN_BY_FINANCE:
        assert (await finance.get(f"/vouchers/v1/{page}")).status_code == 200, page
        for change in (finance.put, finance.patch, finance.delete):
            answer = await change(f"/vouchers/v1/{page}")
            assert answer.status_code == 405, page
    run = await town.post(finance, "issue-runs", programme=VOUCHER, month_on=str(JANUARY))
    card = await town.post(finance, "cards", person_id=str(Elder().person_id))
    purchase = {
        "card_no": "0" * 19,
        "outlet_id": str(Shop().outlet_id),
        "item_code": "wash",
        "amount_fen": 1,
    }
    spent = await town.post(finance, "redemptions", **purchase)
    for refused in (run, card, spent):
        assert (refused.status_code, refused.json()["code"]) == (403, "role_not_allowed")
