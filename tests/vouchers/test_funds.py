"""Funds: two bodies sign, and each voucher is charged whole to one fund in order (C-22, N-19)."""

from __future__ import annotations

from datetime import date

import httpx
import pytest

from services.vouchers.funds.domain import Need, Source, waterfall
from services.vouchers.policy.loader import load_policy
from shared.contracts.ids import new_id
from tests.vouchers.town import JANUARY, MONTHLY_FEN, Elder, Town, code

anyio = pytest.mark.anyio
RULES = load_policy().waterfall.on(JANUARY)


def source(fund: str, balance_fen: int) -> Source:
    return Source(new_id(), new_id(), fund, balance_fen)


def paid(needs: list[Need], *sources: Source) -> tuple[dict[tuple[str, str], int], int]:
    coverage = waterfall(needs, sources, RULES, "benefits")
    people: dict[tuple[str, str], int] = {}
    for share in coverage.shares:
        key = (share.source.fund, share.benefit_class)
        people[key] = people.get(key, 0) + share.upto - share.after
    return people, coverage.shortage_fen


def test_the_lottery_fund_pays_first_and_the_district_the_rest() -> None:
    needs = [Need("A", 10000, 5)]
    people, missing = paid(needs, source("district_finance", 90000), source("lottery", 35000))
    assert people == {("lottery", "A"): 3, ("district_finance", "A"): 2}
    assert missing == 0


def test_the_disability_fund_never_pays_for_class_a() -> None:
    needs = [Need("A", 10000, 2), Need("B", 10000, 1), Need("C", 10000, 1)]
    people, missing = paid(needs, source("disability", 90000))
    assert people == {("disability", "B"): 1, ("disability", "C"): 1}
    assert missing == 20000


def test_the_unemployment_fund_pays_for_no_benefit() -> None:
    people, missing = paid([Need("C", 10000, 1)], source("unemployment", 90000))
    assert people == {}
    assert missing == 10000


def test_a_voucher_is_never_split_between_funds() -> None:
    needs = [Need("B", 10000, 1)]
    people, missing = paid(needs, source("lottery", 9999), source("disability", 1))
    assert people == {}
    assert missing == 10000


async def order(town: Town, who: httpx.AsyncClient, **changes: object) -> httpx.Response:
    body = {"fund": "lottery", "amount_fen": 10000, "purpose": "benefits", "order_no": "2010-1"}
    return await town.post(who, "allocations", **{**body, **changes})


@anyio
async def test_an_order_counts_when_the_other_body_and_another_person_signed(town: Town) -> None:
    made = await order(town, town.civil("zhao"))
    assert made.json()["effective"] is False
    path = f"allocations/{made.json()['allocation_id']}/signatures"
    assert code(await town.post(town.civil("zhao"), path)) == (403, "same_person")
    assert code(await town.post(town.civil("wang"), path)) == (403, "same_body")
    assert code(await town.post(town.finance("zhao"), path)) == (403, "same_person")
    other = town.desk.as_("district_officer", sub="sun", area="110105", body="残联")
    assert code(await town.post(other, path)) == (403, "body_not_party")
    await town.grant(Elder())
    run = await town.post(
        town.civil(), "issue-runs", programme="chaoyang-2010/voucher", month_on="2010-01-01"
    )
    assert run.json()["shortage_fen"] == MONTHLY_FEN
    signed = await town.post(town.finance("qian"), path)
    assert signed.json()["effective"] is True
    assert code(await town.post(town.finance("qian"), path)) == (409, "already_signed")
    await town.issue()
    listed = (await town.finance().get("/vouchers/v1/allocations")).json()["items"]
    assert [(x["amount_fen"], x["balance_fen"], x["signed_by"]) for x in listed] == [
        (10000, 0, "qian")
    ]


@anyio
async def test_an_order_number_is_used_once(town: Town) -> None:
    assert (await order(town, town.finance())).status_code == 201
    assert code(await order(town, town.finance())) == (409, "order_taken")


@anyio
async def test_a_fund_is_locked_to_its_purposes(town: Town) -> None:
    locked = await order(town, town.finance(), fund="unemployment")
    assert code(locked) == (422, "fund_purpose_locked")
    training = await order(town, town.finance(), fund="unemployment", purpose="worker_training")
    assert training.status_code == 201


@anyio
async def test_classes_draw_on_their_funds_when_a_month_is_issued(town: Town) -> None:
    elders = [Elder(benefit_class="A"), Elder(benefit_class="B"), Elder(benefit_class="C")]
    await town.grant(*elders)
    await town.allocate(3 * MONTHLY_FEN, "disability")
    await town.allocate(3 * MONTHLY_FEN, "district_finance")
    done = await town.issue()
    assert done["by_fund"] == {"disability": 2 * MONTHLY_FEN, "district_finance": MONTHLY_FEN}
    books = await town.money()
    assert books["by_class"]["A"]["issued_fen"] == MONTHLY_FEN
    assert books["by_fund"]["disability"]["issued_fen"] == 2 * MONTHLY_FEN


def test_january_2010_is_valid_until_the_next_31_january() -> None:
    assert load_policy().valid_until(JANUARY) == date(2011, 1, 31)


def test_no_value_stands_before_the_first_month() -> None:
    with pytest.raises(LookupError):
        load_policy().waterfall.on(date(2009, 12, 31))


def test_every_dated_value_names_its_article_and_every_silence_its_clause() -> None:
    policy = load_policy()
    assert policy.waterfall.article == "四(二)"
    assert policy.categories.article == "三(二)"
    assert {silence.id for silence in policy.silences} >= {"C-37", "C-38", "C-39", "C-43", "C-46"}
