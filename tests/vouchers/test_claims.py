"""Centenarians' medical claims: receipts once, two people, the book of subsidies, paid once."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

import anyio
import httpx
import pytest

from services.vouchers.claims.domain import check_cap
from shared.contracts.eligibility import AwardGranted
from shared.errors import Conflict
from tests.vouchers.paid import Paying
from tests.vouchers.town import JANUARY, OTHER_STREET, Elder, Town, day

pytestmark = pytest.mark.anyio
CENTENARIAN = "chaoyang-2010/centenarian-medical"


async def entitle(town: Town, elder: Elder, programme: str = CENTENARIAN) -> None:
    await town.tell(
        "eligibility",
        AwardGranted(
            aggregate_id=elder.award_id,
            occurred_at=day(JANUARY),
            person_id=elder.person_id,
            application_id=elder.application_id,
            area_code=elder.area_code,
            award_id=elder.award_id,
            programme=programme,
            benefit_class="centenarian",
            starts_on=JANUARY,
        ),
    )


def receipt(number: int = 1, fen: int = 30001, on: str = "2010-01-03") -> dict[str, Any]:
    return {
        "digest": sha256(f"scan {number}".encode()).hexdigest(),
        "receipt_no": f"京医-{number}",
        "hospital": "朝阳医院",
        "issued_on": on,
        "amount_fen": fen,
    }


async def allocated(town: Town, fen: int, fund: str = "lottery") -> None:
    body = {"fund": fund, "amount_fen": fen, "purpose": "centenarian_claims"}
    number = f"百岁-{fund}-{fen}"
    made = await town.post(town.civil(), "allocations", order_no=number, **body)
    assert made.status_code == 201, made.text
    path = f"allocations/{made.json()['allocation_id']}/signatures"
    assert (await town.post(town.finance(), path)).status_code == 201


async def filed(town: Town, elder: Elder, *receipts: dict[str, Any]) -> httpx.Response:
    return await town.post(
        town.street(), "claims", award_id=str(elder.award_id), receipts=list(receipts)
    )


async def proposed(town: Town, claim_id: str, fen: int) -> str:
    made = await town.post(
        town.civil(), f"claims/{claim_id}/decisions", amount_fen=fen, reason="票据齐全"
    )
    assert made.status_code == 201, made.text
    seen = await town.civil().get(f"/vouchers/v1/claims/{claim_id}")
    one: str = seen.json()["decisions"][-1]["decision_id"]
    return one


async def signed(town: Town, decision_id: str, outcome: str = "approved") -> httpx.Response:
    path = f"claims/decisions/{decision_id}/signatures"
    return await town.post(town.finance(), path, outcome=outcome, reason="同意")


async def booked(town: Town) -> list[tuple[str, int]]:
    work = town.desk.work("vouchers")
    rows = await work.rows(
        "SELECT fund, CAST(sum(amount_fen) AS bigint) AS fen FROM postings "
        "WHERE act = 'claim' AND account_kind = 'claims' GROUP BY fund ORDER BY fund"
    )
    await work.abandon()
    return [(row["fund"], row["fen"]) for row in rows]


async def test_a_claim_is_split_to_the_fen_over_funds_and_paid_once(town: Town) -> None:
    elder = Elder()
    await entitle(town, elder)
    await allocated(town, 20000)
    await allocated(town, 50000, "district_finance")
    made = await filed(town, elder, receipt(1, 30001), receipt(2, 4999))
    assert made.status_code == 201, made.text
    claim_id = made.json()["claim_id"]
    assert made.json()["amount_fen"] == 35000
    assert (await signed(town, await proposed(town, claim_id, 33333))).json()["state"] == "approved"
    assert await booked(town) == [("district_finance", 13333), ("lottery", 20000)]
    paying = Paying(town)
    await paying.approved(await paying.person(elder, "1101900100002222"))
    await paying.pay(await paying.batch(), "2010-01-04")
    assert (await paying.payout(claim_id))["paid_on"] == "2010-01-04"
    again = await town.post(town.finance(), "payment-batches")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_pay")
    told = await town.finance().get("/vouchers/v1/claims/statement", params={"year": 2010})
    (line,) = told.json()
    assert (line["claims"], line["claimed_fen"], line["approved_fen"]) == (1, 35000, 33333)
    assert line["paid_fen"] == 33333
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_receipt_is_reimbursed_once_and_free_again_after_a_refusal(town: Town) -> None:
    elder, neighbour = Elder(), Elder()
    await entitle(town, elder)
    await entitle(town, neighbour)
    claim_id = (await filed(town, elder, receipt(1))).json()["claim_id"]
    for other in (receipt(1), {**receipt(9), "receipt_no": "京医-1"}):
        again = await filed(town, neighbour, receipt(2), other)
        assert (again.status_code, again.json()["code"]) == (409, "receipt_claimed")
    refused = await signed(town, await proposed(town, claim_id, 0))
    assert refused.json()["state"] == "refused"
    assert (await filed(town, neighbour, receipt(1), receipt(2))).status_code == 201


async def test_one_receipt_filed_by_many_at_once_is_taken_once(town: Town) -> None:
    elders, codes = [Elder() for _ in range(5)], list[int]()
    for elder in elders:
        await entitle(town, elder)

    async def file(elder: Elder) -> None:
        codes.append((await filed(town, elder, receipt(1))).status_code)

    async with anyio.create_task_group() as group:
        for elder in elders:
            group.start_soon(file, elder)
    assert sorted(codes) == [201, 409, 409, 409, 409]


async def test_two_people_of_two_bodies_decide_and_never_more_than_is_claimed(town: Town) -> None:
    elder = Elder()
    await entitle(town, elder)
    await allocated(town, 50000)
    claim_id = (await filed(town, elder, receipt(1, 30000))).json()["claim_id"]
    much = await town.post(
        town.civil(), f"claims/{claim_id}/decisions", amount_fen=30001, reason="x"
    )
    assert (much.status_code, much.json()["code"]) == (422, "more_than_claimed")
    one = await proposed(town, claim_id, 30000)
    path = f"claims/decisions/{one}/signatures"
    for who, code in ((town.civil(), "same_person"), (town.civil("wang"), "same_body")):
        answer = await town.post(who, path, outcome="approved", reason="x")
        assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert (await signed(town, one, "refused")).json()["state"] == "filed"
    assert (await signed(town, await proposed(town, claim_id, 20000))).json()["amount_fen"] == 20000
    late = await town.post(town.civil(), f"claims/{claim_id}/decisions", amount_fen=1, reason="x")
    assert (late.status_code, late.json()["code"]) == (409, "not_waiting")
    assert await booked(town) == [("lottery", 20000)]


async def test_nothing_is_approved_beyond_what_is_allocated_to_claims(town: Town) -> None:
    elder = Elder()
    await entitle(town, elder)
    await town.allocate(900000)
    await allocated(town, 29999)
    claim_id = (await filed(town, elder, receipt(1, 30000))).json()["claim_id"]
    one = await proposed(town, claim_id, 30000)
    short = await signed(town, one)
    assert (short.status_code, short.json()["code"]) == (409, "insufficient_allocation")
    assert await booked(town) == []
    await allocated(town, 1)
    assert (await signed(town, one)).status_code == 201


async def test_receipts_are_of_days_on_which_the_award_held(town: Town) -> None:
    elder = Elder()
    await entitle(town, elder)
    town.desk.clock.set(date(2010, 2, 1))
    for on in ("2009-12-31", "2010-02-02"):
        early = await filed(town, elder, receipt(1, on=on))
        assert (early.status_code, early.json()["code"]) == (422, "receipt_outside_award")
    twice = await filed(town, elder, receipt(1), receipt(1))
    assert (twice.status_code, twice.json()["code"]) == (422, "receipt_repeated")
    await town.die(elder, date(2010, 1, 20))
    after = await filed(town, elder, receipt(1, on="2010-01-21"))
    assert (after.status_code, after.json()["code"]) == (422, "receipt_outside_award")
    assert (await filed(town, elder, receipt(1, on="2010-01-20"))).status_code == 201


async def test_only_a_holder_of_the_award_claims_and_only_in_his_street(town: Town) -> None:
    elder, buyer = Elder(), Elder()
    await town.grant(elder)
    await entitle(town, buyer, "chaoyang-2010/device")
    for one in (elder, buyer):
        none = await filed(town, one, receipt(1))
        assert (none.status_code, none.json()["code"]) == (404, "no_such_award")
    await entitle(town, Elder(award_id=elder.person_id, person_id=elder.person_id))
    foreign = await town.post(
        town.street(OTHER_STREET),
        "claims",
        award_id=str(elder.person_id),
        receipts=[receipt(1)],
    )
    assert (foreign.status_code, foreign.json()["code"]) == (404, "no_such_award")


def test_a_cap_bounds_the_year_where_the_policy_sets_one() -> None:
    check_cap(10**9, 10**9, None)
    check_cap(5000, 5000, 10000)
    with pytest.raises(Conflict, match="over_the_cap"):
        check_cap(5001, 5000, 10000)
