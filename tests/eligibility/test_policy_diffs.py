"""Stories of other policy files over everybody known: who gains and loses, by which article."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from services.eligibility.policy.loader import HERE
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.desk import OfficeDesk
from tests.eligibility.stories import COMMUNITY, DISTRICT, Elder, tell
from tests.eligibility.whatif import SIMULATIONS, ended, registered

pytestmark = pytest.mark.anyio
DIFFS = "/eligibility/v1/policy-diffs"
TEXT = (HERE / "chaoyang-2010.yaml").read_text(encoding="utf-8")
EIGHTY_TWO = date(1927, 6, 1)
CENTENARIAN = "chaoyang-2010/centenarian-medical"


def file(text: str, name: str = "chaoyang-2010.yaml") -> list[dict[str, str]]:
    return [{"name": name, "text": text}]


def without(programme: str) -> str:
    """The document without one of its programmes."""
    before, rest = TEXT.split(f"  - id: {programme}\n", 1)
    return before + "  - id: " + rest.split("\n  - id: ", 1)[1]


async def post(desk: OfficeDesk, **body: Any) -> httpx.Response:
    async with desk.as_("district_officer", sub="zhang", area=DISTRICT) as client:
        return await client.post(DIFFS, json={"id": str(new_id()), **body})


async def compared(desk: OfficeDesk, **body: Any) -> dict[str, Any]:
    """The programmes of a comparison by id."""
    asked = await post(desk, **body)
    assert asked.status_code == 202, asked.text
    simulation_id = asked.json()["simulation_id"]
    assert (await ended(desk, simulation_id))["state"] == "done"
    async with desk.as_("finance") as client:
        found = (await client.get(f"{SIMULATIONS}/{simulation_id}/result")).json()
    return {one["programme"]: one for one in found["programmes"]}


async def test_the_policy_in_force_against_itself_changes_nothing(desk: OfficeDesk) -> None:
    await registered(desk, EIGHTY_TWO, {COMMUNITY: 5})
    found = await compared(desk, after=file(TEXT))
    assert len(found) == 10, "the other document's programmes are not compared"
    assert found[VOUCHER]["totals"] == {"before": 5, "after": 5, "gained": 0, "lost": 0}
    assert not any(one["by_criterion"] for one in found.values())


async def test_a_hukou_asked_elsewhere_takes_the_voucher_under_its_article(
    desk: OfficeDesk,
) -> None:
    await registered(desk, EIGHTY_TWO, {COMMUNITY: 6})
    moved = TEXT.replace('values: {2010-01-06: "11"}', 'values: {2010-01-06: "12"}', 1)
    found = await compared(desk, before=file(TEXT), after=file(moved))
    assert found[VOUCHER]["by_criterion"] == [
        {"effect": "lost", "criterion": "hukou", "article": "三(二)", "people": 6}
    ]
    assert found[VOUCHER]["by_community"] == [
        {"area_code": COMMUNITY, "class": "A", "gained": 0, "lost": 6}
    ]


async def test_a_programme_that_only_one_of_two_files_has_is_gained_or_lost_as_a_whole(
    desk: OfficeDesk,
) -> None:
    held = {"centenarian_certificate_held": True}
    elders = [Elder(date(1908, 1, 1), more=held) for _ in range(5)]
    await tell(desk, *(elder.registers() for elder in elders))
    shorter = without("centenarian-medical")
    found = await compared(desk, before=file(shorter), after=file(TEXT))
    new = {"effect": "gained", "criterion": "programme_new", "article": "三(二)", "people": 5}
    assert found[CENTENARIAN]["by_criterion"] == [new]
    found = await compared(desk, after=file(shorter))
    gone = {"effect": "lost", "criterion": "programme_gone", "article": "三(二)", "people": 5}
    assert found[CENTENARIAN]["by_criterion"] == [gone]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x\n", "aliases"),
        (TEXT.replace("values: {2010-01-06: 80}", "values: {}", 1), "chaoyang-2010.yaml:"),
        ("[", "not valid YAML"),
        ("", "empty"),
    ],
)
async def test_a_file_that_nobody_could_decide_by_is_refused_with_its_line(
    desk: OfficeDesk, text: str, said: str
) -> None:
    refused = await post(desk, after=file(text))
    assert refused.status_code == 422, refused.text
    (flaw,) = refused.json()["errors"]
    assert flaw["field"].startswith("body.after")
    assert said in flaw["en"]


async def test_a_file_name_that_leads_elsewhere_is_refused(desk: OfficeDesk) -> None:
    for name in ("../other.yaml", "/etc/x.yaml", "x.txt"):
        assert (await post(desk, after=file(TEXT, name))).status_code == 422
