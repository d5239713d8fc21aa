"""Stories of the preview door: what a partner sends, what comes back, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.eligibility.policy import digest, evaluate, load_policies
from shared.contracts.facts import PersonFacts
from tests.desk import OfficeDesk

pytestmark = pytest.mark.anyio
DOOR = "/eligibility/v1/previews"
VOUCHER = "chaoyang-2010/voucher"
CENTENARIAN = "chaoyang-2010/centenarian-medical"
FACTS: dict[str, Any] = {
    "birth_on": "1930-03-15",
    "hukou_area": "110108",
    "residence_area": "110105001",
}


def ask(programme: str = VOUCHER, as_of: str = "2010-03-15", **facts: Any) -> dict[str, Any]:
    return {"programme": programme, "as_of": as_of, "facts": FACTS | facts}


async def sent(desk: OfficeDesk, body: Any, path: str = DOOR, status: int = 200) -> dict[str, Any]:
    async with desk.as_("partner", sub="p", agency="agency-1") as client:
        answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_person_of_80_gets_class_a_with_every_finding_and_its_article(
    desk: OfficeDesk,
) -> None:
    said = await sent(desk, ask())
    assert (said["outcome"], said["class"]) == ("eligible", "A")
    assert said["as_of"] == "2010-03-15"
    assert said["policy_version"] == "chaoyang-2010@2010-01-06"
    assert [(f["criterion"], f["article"], f["met"]) for f in said["findings"]] == [
        ("alive", "C-43", True),
        ("hukou", "三(二)", True),
        ("jurisdiction", "二 属地管理", True),
        ("age_class_a", "三(二)", True),
    ]
    assert said["findings"][-1]["found"] == 80
    assert said["findings"][-1]["required"] == 80
    assert "符合条件（A类）" in said["reasons"]["zh"]
    assert "eligible, class A" in said["reasons"]["en"]


async def test_the_digest_is_the_one_that_a_stored_determination_of_these_facts_would_have(
    desk: OfficeDesk,
) -> None:
    facts = PersonFacts.model_validate(FACTS)
    judgement = evaluate(load_policies().programme(VOUCHER), facts, date(2010, 3, 15))
    assert (await sent(desk, ask()))["digest"] == digest(judgement, facts)


async def test_a_batch_answers_in_the_order_of_the_questions_and_as_single_ones_do(
    desk: OfficeDesk,
) -> None:
    asks = [ask(birth_on=f"{year}-03-16", disability="none") for year in range(1920, 1940)]
    many = await sent(desk, {"previews": asks}, f"{DOOR}/batch")
    singly = [await sent(desk, one) for one in asks]
    assert many["previews"] == singly
    assert [one["outcome"] for one in singly] == ["eligible"] * 10 + ["ineligible"] * 10


async def test_ten_thousand_are_answered_and_one_more_is_refused(desk: OfficeDesk) -> None:
    asks = [ask()] * 10_000
    many = await sent(desk, {"previews": asks}, f"{DOOR}/batch")
    assert len(many["previews"]) == 10_000
    said = await sent(desk, {"previews": [*asks, ask()]}, f"{DOOR}/batch", 422)
    assert said["errors"][0]["field"] == "body.previews"


async def test_a_centenarian_without_the_certificate_is_asked_for_it_and_not_refused(
    desk: OfficeDesk,
) -> None:
    without = await sent(desk, ask(CENTENARIAN, birth_on="1910-01-01"))
    assert (without["outcome"], without["evidence"]) == (
        "needs_evidence",
        ["centenarian_certificate"],
    )
    shown = await sent(desk, ask(CENTENARIAN, birth_on="1910-01-01", centenarian_certificate="7"))
    assert shown["outcome"] == "eligible"


async def test_no_facts_at_all_are_never_a_no(desk: OfficeDesk) -> None:
    asks = [
        {"programme": name, "as_of": "2010-03-15", "facts": {}}
        for name in load_policies().programmes
    ]
    many = await sent(desk, {"previews": asks}, f"{DOOR}/batch")
    assert {one["outcome"] for one in many["previews"]} == {"needs_evidence"}
    assert all(one["evidence"] for one in many["previews"])


async def test_living_in_another_district_is_referred_there(desk: OfficeDesk) -> None:
    for name in load_policies().programmes:
        if name.startswith("chaoyang"):
            said = await sent(desk, ask(name, residence_area="110108001001"))
            assert (said["outcome"], said["refer_to"]) == ("ineligible", "110108"), name


async def test_an_unknown_programme_is_refused_with_those_there_are(desk: OfficeDesk) -> None:
    said = await sent(desk, ask("chaoyang-2010/vouchers"), status=422)
    (error,) = said["errors"]
    assert error["field"] == "body.programme"
    assert VOUCHER in error["en"]
    assert VOUCHER in error["zh"]


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"as_of": "2009-12-31"}, "body.as_of", "2010-01-01"),
        ({"died_on": "1930-03-14"}, "body.facts.died_on", "birth_on"),
        ({"birth_on": "2010-03-16"}, "body.facts.birth_on", "as_of"),
        ({"disability": {"category": 4, "grade": 5}}, "grade", "4"),
        ({"disability": {"category": 8, "grade": 1}}, "category", "7"),
        ({"shoe_size": 44}, "body.facts.shoe_size", "household_size"),
        ({"hukou_area": "1101"}, "body.facts.hukou_area", "[0-9]{6}"),
        ({"lives_with": "a cat"}, "body.facts.lives_with", "spouse_able"),
        ({"household_size": 0}, "body.facts.household_size", "1"),
        ({"household_monthly_income_fen": -1}, "body.facts.household_monthly_income_fen", "0"),
        ({"household_monthly_income_fen": 490.5}, "body.facts.household_monthly", "whole"),
        ({"modification_needs": ["roof"]}, "body.facts.modification_needs.0", "bath"),
        ({"children": [{"in_city": "village"}]}, "body.facts.children.0.in_city", ""),
        ({"centenarian_certificate": ""}, "body.facts.centenarian_certificate", "1"),
    ],
)
async def test_what_cannot_be_is_refused_by_field_with_what_is_allowed(
    desk: OfficeDesk, change: dict[str, Any], field: str, word: str
) -> None:
    said = await sent(desk, ask(**change), status=422)
    assert any(field in error["field"] and word in error["en"] for error in said["errors"]), said


async def test_the_child_of_somebody_unborn_is_refused(desk: OfficeDesk) -> None:
    said = await sent(desk, ask(birth_on="2011-01-01", children=[{"alive": True}]), status=422)
    assert {error["field"] for error in said["errors"]} == {
        "body.facts.birth_on",
        "body.facts.children",
    }


async def test_one_bad_line_of_a_batch_is_named_by_its_place(desk: OfficeDesk) -> None:
    asks = [ask(), ask(died_on="1929-01-01"), ask("nangang-2008/none")]
    said = await sent(desk, {"previews": asks}, f"{DOOR}/batch", 422)
    assert [error["field"] for error in said["errors"]] == [
        "body.previews.1.facts.died_on",
        "body.previews.2.programme",
    ]


async def test_a_preview_needs_a_token_and_leaves_nothing_behind(desk: OfficeDesk) -> None:
    async with desk.as_("street_officer", sub="li", area="230103001") as client:
        elsewhere = await client.post(DOOR, json=ask())
        del client.headers["authorization"]
        nobody = await client.post(DOOR, json=ask())
    assert (elsewhere.status_code, nobody.status_code) == (200, 401)
    work = desk.work("eligibility")
    assert await work.value("SELECT count(*) FROM audit") == 0
    assert await work.value("SELECT count(*) FROM determinations") == 0
    await work.abandon()
