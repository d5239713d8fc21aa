"""Claims, devices, rewards and training are paid as statements are: by the bank, line by line."""

from __future__ import annotations

import csv
import io

import pytest

from tests.vouchers.paid import Paying, results
from tests.vouchers.test_claims import allocated, entitle, filed, proposed, receipt, signed
from tests.vouchers.town import JANUARY, OTHER_STREET, Elder, Shop, Town, code

pytestmark = pytest.mark.anyio
NUMBER, OTHER = "1101900100002222", "1101900100003333"


@pytest.fixture
def paying(town: Town) -> Paying:
    return Paying(town)


async def approved_claim(town: Town, elder: Elder, amount_fen: int = 30000, nth: int = 1) -> str:
    """A claim of a centenarian that both bodies have approved whole."""
    await entitle(town, elder)
    await allocated(town, amount_fen)
    claim: str = (await filed(town, elder, receipt(nth, amount_fen))).json()["claim_id"]
    done = await signed(town, await proposed(town, claim, amount_fen))
    assert done.json()["state"] == "approved", done.text
    return claim


async def test_a_claim_and_a_statement_go_with_one_batch_and_come_back_line_by_line(
    town: Town, paying: Paying
) -> None:
    elder, shop = Elder(), Shop()
    await paying.open(shop)
    claim = await approved_claim(town, elder)
    await paying.payee(shop, OTHER)
    await paying.approved(await paying.person(elder, NUMBER))
    batch = await paying.batch()
    assert (batch["orders"], batch["total_fen"]) == (2, 31000)
    place = f"/vouchers/v1/payment-batches/{batch['batch_id']}/file"
    text = (await town.finance().get(place)).content.decode("utf-8-sig")
    lines = {row[2]: row for row in csv.reader(io.StringIO(text))}
    assert lines[NUMBER][1:] == [
        "李秀英", NUMBER, "北京银行朝阳支行", "300.00", "2010年1月百岁老人医疗补助",
    ]  # fmt: skip
    assert lines[OTHER][5] == "2010年1月养老服务券结算款"
    orders = await paying.orders(batch)
    mine, theirs = orders[str(elder.person_id)], orders[str(shop.provider_id)]
    assert (mine["payout_id"], mine["settlement_id"]) == (claim, None)
    assert theirs["payout_id"] is None
    said = await paying.answer(batch, [paying.line(mine), paying.line(theirs, "退回")])
    assert results(said) == {"matched": 1, "returned": 1}
    assert (await paying.payout(claim))["paid_on"] == "2010-01-04"
    assert (await paying.payout(claim))["payment_no"] == mine["order_id"]
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_payout_that_came_back_is_paid_again_to_a_corrected_account(
    town: Town, paying: Paying
) -> None:
    elder = Elder()
    claim = await approved_claim(town, elder)
    await paying.approved(await paying.person(elder, NUMBER))
    batch = await paying.batch()
    (order,) = (await paying.orders(batch)).values()
    books = await town.money()
    assert results(await paying.answer(batch, [paying.line(order)])) == {"matched": 1}
    assert results(await paying.answer(batch, [paying.line(order, "退回")])) == {"returned": 1}
    assert (await paying.payout(claim))["paid_on"] is None
    renewal = f"payment-orders/{order['order_id']}/renewal"
    same = await town.post(town.finance(), renewal)
    assert code(same) == (409, "payee_unchanged")
    await paying.approved(await paying.person(elder, OTHER))
    town.desk.clock.set(JANUARY.replace(day=6))
    again = await town.post(town.finance(), renewal)
    assert (again.status_code, again.json()["payout_id"]) == (201, claim)
    await paying.pay(await paying.batch(), "2010-01-06")
    assert (await paying.payout(claim))["paid_on"] == "2010-01-06"
    assert code(await town.post(town.finance(), renewal)) == (409, "already_renewed")
    assert await town.money() == books
    await town.desk.settle()
    assert await town.failures() == []


async def test_what_the_bank_does_not_name_is_resolved_by_two_people(
    town: Town, paying: Paying
) -> None:
    elder, neighbour = Elder(), Elder()
    claim = await approved_claim(town, elder)
    other = await approved_claim(town, neighbour, 20000, nth=2)
    for one, number in ((elder, NUMBER), (neighbour, OTHER)):
        await paying.approved(await paying.person(one, number))
    batch = await paying.batch()
    order = (await paying.orders(batch))[str(neighbour.person_id)]
    wrong = paying.line(order, amount="200.01")
    assert results(await paying.answer(batch, [wrong])) == {"amount_differs": 1, "missing": 1}
    listed = {one["code"]: one for one in await paying.worklist()}
    assert listed["missing"]["person_id"] == str(elder.person_id)
    for payout in (claim, other):
        assert (await paying.payout(payout))["paid_on"] is None
    missing = listed["missing"]["discrepancy_id"]
    assert (await paying.resolve(missing, "paid")).json()["confirmed"] is True
    assert (await paying.payout(claim))["paid_on"] == "2010-01-04"
    differs = listed["amount_differs"]["discrepancy_id"]
    assert (await paying.resolve(differs, "returned")).status_code == 201
    assert (await paying.payout(other))["paid_on"] is None
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_person_s_name_and_number_are_sealed_and_only_his_street_enters_them(
    town: Town, paying: Paying
) -> None:
    elder = Elder()
    claim = await approved_claim(town, elder)
    body = {"account_name": "李秀英", "bank_name": "某行", "account_no": NUMBER}
    person = {"person_id": str(elder.person_id)}
    elsewhere = await town.post(town.street(OTHER_STREET), "payees", **body, **person)
    assert code(elsewhere) == (404, "no_such_person")
    shop = {"provider_id": str(Shop().provider_id)}
    for who, said, refused in (
        (town.street(), shop, (403, "people_alone")),
        (town.street(), {}, (422, "one_payee")),
        (town.finance(), {**person, **shop}, (422, "one_payee")),
        (town.till(Shop()), person, (403, "another_provider")),
    ):
        assert code(await town.post(who, "payees", **body, **said)) == refused
    made = await paying.person(elder, NUMBER)
    again = await paying.person(elder, OTHER)
    assert code(again) == (409, "proposal_waiting")
    path = f"payees/{made.json()['payee_id']}/decision"
    entered = town.finance(sub=f"li-{elder.area_code[:9]}")
    assert code(await town.post(entered, path, decision="approved")) == (403, "same_person")
    left = await town.post(town.finance(), "payment-batches")
    assert code(left) == (409, "nothing_to_pay")
    (shown,) = (await town.finance().get("/vouchers/v1/payees")).json()["items"]
    assert (shown["account_name"], shown["tail"]) == ("李**", "****2222")
    assert (await paying.payout(claim))["paid_on"] is None
    work = town.desk.work("vouchers")
    for table in ("payees", "idempotency", "audit", "outbox"):
        rows = await work.rows(f"SELECT CAST(t AS text) AS said FROM {table} t")
        secrets = (NUMBER, NUMBER.encode().hex(), "李秀英", "李秀英".encode().hex())
        assert not [s for s in secrets if any(s in row["said"] for row in rows)], table
    await work.abandon()


async def test_nobody_marks_a_payout_paid_by_hand(town: Town) -> None:
    claim = await approved_claim(town, Elder())
    paid = {"payment_no": "付-1", "paid_on": "2010-01-04"}
    answer = await town.post(town.finance(), f"payouts/{claim}/payments", **paid)
    assert answer.status_code == 404
