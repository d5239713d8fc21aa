"""Stories of chains: one elder's life over five services, whoever writes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.evaluation.chains.titles import TITLES
from shared.contracts.intake import PersonDied
from shared.contracts.letter import Envelope
from shared.contracts.registry import letter_types
from tests.desk import OfficeDesk
from tests.evaluation.letters import (
    COMMUNITY,
    DISTRICT,
    OTHER_COMMUNITY,
    OTHER_STREET,
    STREET,
    Elder,
    at,
    issued,
    post,
)

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CHAINS = "/evaluation/v1/chains"


def test_every_letter_has_a_title_in_both_languages() -> None:
    assert set(TITLES) == set(letter_types())
    assert all(zh and en for zh, en in TITLES.values())


async def read(desk: OfficeDesk, application: UUID, role: str = "auditor", **who: str) -> Any:
    async with desk.as_(role, **who) as client:
        return await client.get(f"{CHAINS}/{application}")


async def titles(desk: OfficeDesk, application: UUID, role: str, **who: str) -> list[str]:
    response = await read(desk, application, role, **who)
    assert response.status_code == 200, response.text
    return [link["title_en"] for link in first_hand(response.json()["links"])]


def first_hand(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The links that a story posted itself, without what the services made of them."""
    return [link for link in links if link["causation_id"] is None]


@pytest.mark.anyio
async def test_a_chain_over_five_services_is_in_the_order_of_life_not_of_arrival(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    visit = elder.visited()
    await post(desk, "scheduling", elder.planned(), visit)
    await desk.settle()
    await post(desk, "vouchers", elder.opened(), elder.redeemed(), issued(elder, Elder()))
    await desk.settle()
    desk.clock.set(at(20).date())
    rating = {"id": str(uuid4()), "visit_id": str(visit.visit_id), "rating": 5}
    async with desk.as_("community_worker", area=COMMUNITY) as client:
        given = await client.post("/evaluation/v1/feedback", json=rating)
        assert given.status_code == 201, given.text
    await post(desk, "eligibility", elder.determined(), elder.awarded())
    await desk.settle()
    await post(desk, "intake", elder.registered(), elder.submitted())
    await desk.settle()
    chain = (await read(desk, elder.application)).json()
    assert [link["title_zh"] for link in first_hand(chain["links"])] == [
        "建立个人档案",
        "提出申请",
        "按规定核算资格",
        "区级批准享受",
        "开立服务券账户",
        "发放服务券",
        "区级核定五定方案",
        "使用服务券",
        "上门服务完成",
        "服务评价",
    ]
    assert chain["person_id"] == str(elder.person)
    assert chain["programme"] == "chaoyang-2010/voucher"
    month = next(link for link in chain["links"] if link["title_en"] == "vouchers issued")
    assert month["facts"]["amount_fen"] == 10_000
    assert month["facts"]["month_on"] == "2010-01-01"


@pytest.mark.anyio
async def test_a_chain_keeps_neither_birth_date_nor_income(desk: OfficeDesk) -> None:
    elder = Elder()
    await post(desk, "intake", elder.registered(), elder.submitted())
    await post(desk, "eligibility", elder.awarded())
    await desk.settle()
    shown = (await read(desk, elder.application)).text
    assert "1925" not in shown
    assert "40000" not in shown


@pytest.mark.anyio
async def test_a_death_shows_in_the_chains_of_both_of_a_persons_applications(
    desk: OfficeDesk,
) -> None:
    first = Elder()
    second = Elder(person=first.person)
    died = PersonDied(
        aggregate_id=first.person,
        person_id=first.person,
        area_code=COMMUNITY,
        died_on=at(20).date(),
        occurred_at=at(21),
    )
    await post(desk, "intake", first.submitted(), second.submitted(), died)
    await desk.settle()
    for elder in (first, second):
        assert (await titles(desk, elder.application, "hotline"))[-1] == "death recorded"


@pytest.mark.anyio
async def test_another_streets_officer_sees_no_such_chain(desk: OfficeDesk) -> None:
    elder = Elder()
    await post(desk, "intake", elder.submitted())
    await desk.settle()
    other = await read(desk, elder.application, "street_officer", area=OTHER_STREET)
    assert (other.status_code, other.json()["code"]) == (404, "chain_not_found")
    own = await read(desk, elder.application, "street_officer", area=STREET)
    assert own.status_code == 200
    async with desk.as_("street_officer", area=OTHER_STREET) as client:
        assert (await client.get(CHAINS)).json()["items"] == []


@pytest.mark.anyio
async def test_a_community_sees_its_elders_issue_though_the_run_is_the_streets(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await post(desk, "intake", elder.submitted())
    await post(desk, "vouchers", issued(elder))
    await desk.settle()
    seen = await titles(desk, elder.application, "community_worker", area=COMMUNITY)
    assert seen == ["application submitted", "vouchers issued"]


@pytest.mark.anyio
async def test_after_a_move_the_new_street_sees_the_whole_chain(desk: OfficeDesk) -> None:
    elder = Elder()
    await post(desk, "intake", elder.submitted(), elder.moved(OTHER_COMMUNITY))
    await desk.settle()
    whole = await titles(desk, elder.application, "street_officer", area=OTHER_STREET)
    assert whole == ["application submitted", "move recorded"]
    own = await titles(desk, elder.application, "street_officer", area=STREET)
    assert own == ["application submitted"]


@pytest.mark.anyio
async def test_a_partner_sees_its_own_links_alone(desk: OfficeDesk) -> None:
    elder = Elder()
    await post(desk, "intake", elder.submitted())
    await post(desk, "eligibility", elder.awarded())
    await post(desk, "vouchers", elder.redeemed())
    await desk.settle()
    own = await titles(desk, elder.application, "partner", agency=str(elder.provider))
    assert own == ["voucher redeemed"]
    stranger = await read(desk, elder.application, "partner", agency=str(uuid4()))
    assert stranger.status_code == 404
    caregiver = await read(desk, elder.application, "caregiver", agency=str(elder.provider))
    assert caregiver.status_code == 403


@pytest.mark.anyio
async def test_the_list_finds_those_who_reached_a_stage_and_those_of_a_person(
    desk: OfficeDesk,
) -> None:
    awarded, waiting = Elder(), Elder()
    await post(desk, "intake", awarded.submitted(), waiting.submitted())
    await post(desk, "eligibility", awarded.awarded())
    await post(desk, "vouchers", awarded.redeemed())
    await desk.settle()
    async with desk.as_("street_officer", area=STREET) as client:
        everybody = (await client.get(CHAINS)).json()["items"]
        reached = (await client.get(CHAINS, params={"stage": "awarded"})).json()["items"]
        his = (await client.get(CHAINS, params={"person_id": str(waiting.person)})).json()["items"]
        wrong = await client.get(CHAINS, params={"stage": "rich"})
    assert len(everybody) == 2
    assert [line["application_id"] for line in reached] == [str(awarded.application)]
    assert reached[0]["latest_zh"] == "使用服务券"
    assert [line["application_id"] for line in his] == [str(waiting.application)]
    assert wrong.status_code == 422


@pytest.mark.anyio
async def test_an_issue_to_three_is_three_links_and_one_letter(desk: OfficeDesk) -> None:
    elders = [Elder(), Elder(), Elder()]
    await post(desk, "vouchers", issued(*elders))
    await desk.settle()
    async with desk.as_("auditor") as client:
        counts = (await client.get(f"{CHAINS}/counts")).json()
    assert counts == {"vouchers.vouchers.issued.v1": 1}
    for elder in elders:
        assert await titles(desk, elder.application, "auditor") == ["vouchers issued"]


@pytest.mark.anyio
async def test_links_carry_their_letter_its_cause_and_its_trace(desk: OfficeDesk) -> None:
    cause = Envelope.around(Elder().submitted(), causation_id=None, traceparent=None)
    elder = Elder()
    work = desk.work("eligibility")
    work.cause = cause
    work.send(elder.determined())
    sent = replace(work.letters[0], traceparent=TRACEPARENT)
    work.letters[:] = [sent]
    await work.commit()
    await desk.settle()
    answer = await read(desk, elder.application, "district_officer", area=DISTRICT)
    (link,) = answer.json()["links"]
    assert link["letter_id"] == str(sent.id)
    assert link["causation_id"] == str(cause.id)
    assert link["trace_id"] == TRACEPARENT.split("-")[1]
