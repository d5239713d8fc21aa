"""Payment: into an account two people stand for, once, in the bank's own columns."""

from __future__ import annotations

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from tests.vouchers.paid import Paying
from tests.vouchers.town import Shop, Town

pytestmark = pytest.mark.anyio
OLD, NEW = "1101900100002222", "1101900100003333"


@pytest.fixture
def paying(town: Town) -> Paying:
    return Paying(town)


async def test_an_account_is_sealed_masked_and_approved_by_another_person(
    town: Town, paying: Paying
) -> None:
    shop = Shop()
    payee = await paying.propose(shop, "1101 9001 0000 2222")
    decision = f"payees/{payee}/decision"
    own = await town.post(town.finance("till"), decision, decision="approved")
    assert (own.status_code, own.json()["code"]) == (403, "same_person")
    second = await town.post(
        town.till(shop),
        "payees",
        provider_id=str(shop.provider_id),
        account_name="某某",
        bank_name="某行",
        account_no=NEW,
    )
    assert second.json()["code"] == "proposal_waiting"
    foreign = await town.post(
        town.till(Shop()),
        "payees",
        provider_id=str(shop.provider_id),
        account_name="某某",
        bank_name="某行",
        account_no=NEW,
    )
    assert (foreign.status_code, foreign.json()["code"]) == (403, "another_provider")
    done = await town.post(town.finance(), decision, decision="approved")
    assert done.json()["valid_from_on"] == "2010-01-04"
    (shown,) = (await town.till(shop).get("/vouchers/v1/payees")).json()["items"]
    assert shown["tail"] == "****2222"
    assert (await town.till(Shop()).get("/vouchers/v1/payees")).json()["items"] == []
    work = town.desk.work("vouchers")
    for table in ("payees", "idempotency", "audit"):
        rows = await work.rows(f"SELECT CAST(t AS text) AS said FROM {table} t")
        assert not [row for row in rows if OLD in row["said"] or OLD.encode().hex() in row["said"]]
    await work.abandon()


@pytest.mark.parametrize("bad", ["12345", "62220000x1111", "=1+1"])
async def test_an_account_number_that_is_none_is_not_repeated_in_the_answer(
    town: Town, bad: str
) -> None:
    shop = Shop()
    body = {"provider_id": str(shop.provider_id), "account_name": "某", "bank_name": "行"}
    answer = await town.post(town.till(shop), "payees", account_no=bad, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_an_account")
    assert bad not in answer.text
    formula = {**body, "account_name": "=HYPERLINK(1)"}
    answer = await town.post(town.till(shop), "payees", account_no=OLD, **formula)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_one_line")


async def test_a_changed_account_is_paid_into_only_after_the_cooling_day(
    town: Town, paying: Paying
) -> None:
    shop = Shop()
    await paying.open(shop)
    none_yet = await town.post(town.finance(), "payment-batches")
    assert (none_yet.status_code, none_yet.json()["code"]) == (409, "nothing_to_pay")
    await paying.payee(shop, OLD)
    assert (await paying.payee(shop, NEW))["valid_from_on"] == "2010-01-05"
    batch = await paying.batch()
    place = f"/vouchers/v1/payment-batches/{batch['batch_id']}/file"
    content = (await town.finance().get(place)).content
    assert OLD.encode() in content
    assert NEW.encode() not in content


async def test_a_batch_pays_each_order_once_and_says_what_stays_behind(
    town: Town, paying: Paying
) -> None:
    ready, bare = Shop(), Shop()
    await paying.open(ready, bare)
    await paying.payee(ready, OLD)
    made = await paying.batch()
    assert (made["orders"], made["total_fen"]) == (1, 1000)
    assert [one["code"] for one in made["left_out"]] == ["payee_missing"]
    again = await town.post(town.finance(), "payment-batches")
    assert again.json()["code"] == "nothing_to_pay"
    await paying.payee(bare, NEW)
    assert (await paying.batch())["total_fen"] == 2000
    officer = await town.post(town.civil(), "payment-batches")
    assert officer.status_code == 403


async def test_the_file_for_the_bank_is_the_same_in_utf_8_gbk_and_as_a_workbook(
    town: Town, paying: Paying
) -> None:
    shop = Shop()
    await paying.open(shop)
    await paying.payee(shop, OLD)
    batch = await paying.batch()
    (order,) = (await paying.orders(batch)).values()
    place = f"/vouchers/v1/payment-batches/{batch['batch_id']}/file"
    plain = (await town.finance().get(place)).content
    assert plain.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(plain.decode("utf-8-sig"), newline="")))
    title, line = rows
    assert title == ["指令号", "收款户名", "收款账号", "开户行", "金额（元）", "用途"]
    assert line[:3] == [order["order_id"], "安贞居家服务中心", OLD]
    assert line[3:] == ["北京银行朝阳支行", "10.00", "2010年1月养老服务券结算款"]
    gbk = (await town.finance().get(place + "?form=csv_gbk")).content
    assert gbk.decode("gbk") == plain.decode("utf-8-sig")
    content = (await town.finance().get(place + "?form=xlsx")).content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    assert sheet.to_python()[1][2:5] == [OLD, "北京银行朝阳支行", 10.0]
    assert (await town.finance().get(place)).content == plain
    assert (await town.civil().get(place)).status_code == 403
