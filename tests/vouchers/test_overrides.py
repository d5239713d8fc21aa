"""Overrides: two people move a class, street or month to other funds; the locks of funds stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.vouchers.funds.domain import Need, Source
from services.vouchers.funds.overrides import FundShare, Override, cover, lots_of, parts
from services.vouchers.policy.loader import load_policy
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.vouchers.town import (
    FEBRUARY,
    JANUARY,
    MONTHLY_FEN,
    OTHER_COMMUNITY,
    OTHER_STREET,
    STREET,
    Elder,
    Town,
    code,
)

anyio = pytest.mark.anyio
RULES = load_policy().waterfall.on(JANUARY)
DISTRICT = (FundShare("district_finance", 100),)


def override(
    street: str | None = None, kind: str | None = None, shares: tuple[FundShare, ...] = DISTRICT
) -> Override:
    return Override(
        new_id(), "110105", "1", VOUCHER, JANUARY, JANUARY, street, kind, shares, "", "qian", "财政"
    )


def test_the_most_special_order_stands_and_then_the_newest() -> None:
    whole, older, newer = override(), override(kind="A"), override(kind="A")
    street, both = override(STREET), override(STREET, "A")
    pairs = [(STREET, "A"), (STREET, "B"), (OTHER_STREET, "A"), (OTHER_STREET, "B")]
    found = lots_of(pairs, [newer, whole, older, both, street])
    assert found == {
        (STREET, "A"): both,
        (STREET, "B"): street,
        (OTHER_STREET, "A"): newer,
        (OTHER_STREET, "B"): whole,
    }
    assert lots_of(pairs, []) == {}


@given(people=st.integers(0, 999), cuts=st.lists(st.integers(1, 99), unique=True, max_size=3))
def test_shares_split_people_whole_and_all_of_them(people: int, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 100]
    shares = [FundShare(str(upto), upto - after) for after, upto in pairwise(edges)]
    made = parts(people, shares)
    assert sum(n for _, n in made) == people
    for (_, n), share in zip(made, shares, strict=True):
        assert abs(n - people * share.percent / 100) < 1


def test_a_fund_that_is_ordered_to_pay_gets_no_help_from_another() -> None:
    order = override(shares=(FundShare("lottery", 40), FundShare("district_finance", 60)))
    sources = [
        Source(new_id(), new_id(), "lottery", 300),
        Source(new_id(), new_id(), "district_finance", 9999),
    ]
    covered = cover([Need("A", 100, 10, str(order.id))], {str(order.id): order}, sources, RULES)
    assert [(x.source.fund, x.after, x.upto) for x in covered.shares] == [
        ("lottery", 0, 3),
        ("district_finance", 3, 9),
    ]
    assert covered.shortage_fen == 100


def test_what_an_order_took_is_not_there_for_the_waterfall() -> None:
    order = override(STREET, shares=(FundShare("lottery", 100),))
    lot = str(order.id)
    sources = [
        Source(new_id(), new_id(), "lottery", 300),
        Source(new_id(), new_id(), "district_finance", 100),
    ]
    covered = cover([Need("A", 100, 2), Need("A", 100, 2, lot)], {lot: order}, sources, RULES)
    assert [(x.lot, x.source.fund, x.upto - x.after) for x in covered.shares] == [
        (lot, "lottery", 2),
        ("", "lottery", 1),
        ("", "district_finance", 1),
    ]
    assert covered.shortage_fen == 0


async def ordered(town: Town, who: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    body: Mapping[str, Any] = {
        "order_no": f"财-{new_id().hex[-8:]}",
        "programme": VOUCHER,
        "from_month_on": "2010-01-01",
        "to_month_on": "2010-01-01",
        "shares": [{"fund": "district_finance", "percent": 100}],
        "reason": "彩票公益金指标已满",
    }
    return await town.post(who, "fund-overrides", **{**body, **changes})


@anyio
async def test_a_street_s_month_is_charged_as_two_people_ordered(town: Town) -> None:
    here = [Elder() for _ in range(4)]
    await town.grant(*here, Elder(area_code=OTHER_COMMUNITY))
    await town.allocate(9 * MONTHLY_FEN, "lottery")
    await town.allocate(9 * MONTHLY_FEN, "district_finance")
    halves = [{"fund": "lottery", "percent": 50}, {"fund": "district_finance", "percent": 50}]
    made = await ordered(town, town.finance("qian"), street_code=STREET, shares=halves)
    path = f"fund-overrides/{made.json()['override_id']}/signatures"
    assert code(await town.post(town.finance("qian"), path)) == (403, "same_person")
    before = await town.post(town.civil(), "issue-runs", programme=VOUCHER, month_on=str(JANUARY))
    assert before.json()["by_fund"] == {"lottery": 5 * MONTHLY_FEN}, "one signature is none"
    assert (await town.post(town.civil(), path)).json()["effective"] is True
    assert code(await town.post(town.civil(), path)) == (409, "already_signed")
    done = await town.issue()
    assert done["by_fund"] == {"lottery": 3 * MONTHLY_FEN, "district_finance": 2 * MONTHLY_FEN}
    cells = (await town.finance().get("/vouchers/v1/conservation/cells")).json()["items"]
    assert [(x["street_code"], x["fund"], x["issued_fen"]) for x in cells] == [
        (STREET, "district_finance", 2 * MONTHLY_FEN),
        (STREET, "lottery", 2 * MONTHLY_FEN),
        (OTHER_STREET, "lottery", MONTHLY_FEN),
    ]
    town.desk.clock.set(date(2010, 2, 1))
    assert (await town.issue(FEBRUARY))["by_fund"] == {"lottery": 5 * MONTHLY_FEN}
    await town.desk.settle()
    assert await town.failures() == []
    (listed,) = (await town.finance().get("/vouchers/v1/fund-overrides")).json()["items"]
    assert (listed["signed_by"], listed["shares"]) == ("zhao", halves)


@anyio
async def test_an_order_moves_no_purpose_lock_and_names_whole_shares(town: Town) -> None:
    locked = [{"fund": "disability", "percent": 100}]
    finance = town.finance()
    for kind in ("A", None):
        refused = await ordered(town, finance, shares=locked, benefit_class=kind)
        assert code(refused) == (422, "fund_purpose_locked"), kind
    assert (await ordered(town, finance, shares=locked, benefit_class="B")).status_code == 201
    idle = [{"fund": "unemployment", "percent": 100}]
    refused = await ordered(town, finance, shares=idle, benefit_class="C")
    assert code(refused) == (422, "fund_purpose_locked")
    for percent in (99, 101):
        shares = [{"fund": "lottery", "percent": percent}]
        assert (await ordered(town, finance, shares=shares)).status_code == 422
    twice = [{"fund": "lottery", "percent": 50}] * 2
    assert code(await ordered(town, finance, shares=twice)) == (422, "shares_not_whole")
    backwards = await ordered(town, finance, to_month_on="2009-12-01")
    assert code(backwards) == (422, "bad_months")
    assert code(await ordered(town, town.civil())) == (403, "role_not_allowed")
