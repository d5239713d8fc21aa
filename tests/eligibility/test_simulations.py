"""Stories of what-if: other values over everybody known, and what they would cost."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from python_calamine import CalamineWorkbook

import services
from services.eligibility.simulations.projection import projection
from services.eligibility.simulations.withholding import shown
from shared.contracts.programmes import HOME_CARE, NANGANG
from tests.desk import OfficeDesk
from tests.eligibility.stories import COMMUNITY, DISTRICT, NANGANG_COMMUNITY, Elder, tell
from tests.eligibility.whatif import (
    AGES,
    SIMULATIONS,
    ask,
    change,
    end_plans,
    ended,
    plans,
    provider_leaves,
    registered,
    result,
)

pytestmark = pytest.mark.anyio
SEVENTY_SIX, EIGHTY_TWO = date(1933, 6, 1), date(1927, 6, 1)
ROOT = Path(services.__path__[0])


async def test_at_75_instead_of_80_seven_more_have_the_voucher_and_it_costs_700_yuan_a_month(
    desk: OfficeDesk,
) -> None:
    await registered(desk, SEVENTY_SIX, {COMMUNITY: 7, "110108001001": 3})
    await registered(desk, EIGHTY_TWO, {COMMUNITY: 4})
    found = await result(desk, changes=AGES, months=2)
    (voucher,) = found["programmes"]
    assert found["people"] == 11, "the other district's people are not counted"
    assert voucher["totals"] == {"before": 4, "after": 11, "gained": 7, "lost": 0}
    assert [(row["class"], row["gained"]) for row in voucher["by_class"]] == [("A", 7)]
    place = {"class": "A", "gained": 7, "lost": 0}
    assert voucher["by_street"] == [{"area_code": COMMUNITY[:9], **place}]
    assert voucher["by_community"] == [{"area_code": COMMUNITY, **place}]
    assert voucher["by_criterion"] == [
        {"effect": "gained", "criterion": "severe_disability", "article": "三(二)", "people": 7}
    ]
    money = {"before_fen": 40000, "after_fen": 110000, "more_fen": 70000}
    by_fund = [row for row in found["budget"] if row["fund"]]
    assert [row["month_on"] for row in by_fund] == ["2010-01-01", "2010-02-01"]
    assert by_fund[0]["fund"] == "lottery → district_finance"
    assert {name: by_fund[0][name] for name in money} == money
    assert found["care"] is None


async def test_whoever_turns_80_in_a_month_counts_from_that_month_on(desk: OfficeDesk) -> None:
    await registered(desk, date(1930, 3, 15), {COMMUNITY: 1})
    found = await result(desk, changes=[change("monthly_amount", 12000)], months=4)
    heads = {row["month_on"]: row["heads_after"] for row in found["budget"] if row["class"]}
    assert heads == {"2010-03-01": 1, "2010-04-01": 1}
    (row,) = [row for row in found["budget"] if row["class"] and row["month_on"] == "2010-03-01"]
    assert (row["before_fen"], row["after_fen"]) == (10000, 12000)


async def test_funds_with_a_limit_bear_their_part_and_the_district_the_rest(
    desk: OfficeDesk,
) -> None:
    severe = {"disability": {"category": 4, "grade": 1}}
    await registered(desk, EIGHTY_TWO, {COMMUNITY: 3})
    elders = [Elder(date(1945, 1, 1), more=severe) for _ in range(2)]
    await tell(desk, *(elder.registers() for elder in elders))
    found = await result(
        desk,
        changes=[change("monthly_amount", 20000)],
        funds_fen={"lottery": 50000, "disability": 30000},
    )
    borne = {row["fund"]: (row["before_fen"], row["after_fen"]) for row in found["budget"]}
    borne.pop(None)
    assert borne == {
        "lottery": (50000, 50000),
        "disability": (0, 30000),
        "district_finance": (0, 20000),
    }


async def test_a_community_of_three_is_told_as_fewer_than_five_and_no_sum_gives_it_back(
    desk: OfficeDesk,
) -> None:
    second, third = "110105001002", "110105001003"
    await registered(desk, SEVENTY_SIX, {COMMUNITY: 3, second: 6, third: 9})
    (voucher,) = (await result(desk, changes=AGES))["programmes"]
    told = {row["area_code"]: row["gained"] for row in voucher["by_community"]}
    assert told == {COMMUNITY: "<5", second: "*", third: 9}
    assert [row["gained"] for row in voucher["by_street"]] == [18]


async def test_the_result_holds_nothing_personal_and_its_workbook_has_the_same_tables(
    desk: OfficeDesk,
) -> None:
    elders = [Elder(SEVENTY_SIX) for _ in range(5)]
    await tell(desk, *(elder.registers() for elder in elders))
    asked = await ask(desk, changes=AGES)
    view = await ended(desk, asked.json()["simulation_id"])
    place = f"{SIMULATIONS}/{view['simulation_id']}"
    async with desk.as_("district_officer", area=DISTRICT) as client:
        answer = await client.get(f"{place}/result")
        book = await client.get(f"{place}/result.xlsx")
    assert book.headers["content-type"].startswith("application/vnd.openxmlformats")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(book.content))
    assert workbook.sheet_names == ["总览", "1类别", "1条款", "1街道", "1社区", "资金", "图表"]
    assert workbook.get_sheet_by_name("1社区").to_python()[1] == [COMMUNITY, "A", 5.0, 0.0]
    assert workbook.get_sheet_by_name("资金").to_python()[1][6] == 0.0
    assert workbook.get_sheet_by_name("资金").to_python()[1][7] == 500.0
    cells = str([workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names])
    for elder in elders:
        assert str(elder.person_id) not in answer.text + cells
    assert "1933" not in answer.text + cells


async def test_a_lower_income_line_needs_fewer_caregivers_by_the_plans_there_are(
    desk: OfficeDesk,
) -> None:
    elders = [Elder(area=NANGANG_COMMUNITY, programme=HOME_CARE) for _ in range(6)]
    await tell(desk, *(elder.registers() for elder in elders))
    await plans(desk, elders[:3], caregivers=1)
    lower = {
        "programme": HOME_CARE,
        "name": "income_per_head",
        "value": 30000,
        "from_on": "2010-01-01",
    }
    found = await result(desk, district=NANGANG, changes=[lower])
    (home_care,) = found["programmes"]
    assert home_care["totals"] == {"before": 6, "after": 0, "gained": 0, "lost": 6}
    assert found["care"]["minutes_each"] == 480
    assert (found["care"]["caregivers_present"], found["care"]["hours_present"]) == (1, 40)
    cases = {row["case"]: row for row in found["care"]["cases"]}
    assert cases["planned_now"] == {
        "case": "planned_now",
        "people": 3,
        "hours_needed": 24,
        "caregivers_needed": 1,
        "caregivers_missing": 0,
    }
    higher = lower | {"value": 60000}
    found = await result(desk, district=NANGANG, changes=[higher])
    cases = {row["case"]: row for row in found["care"]["cases"]}
    assert (cases["same_share"]["people"], cases["everybody"]["people"]) == (3, 6)
    assert cases["everybody"]["caregivers_missing"] == 1
    await end_plans(desk)
    await provider_leaves(desk)
    found = await result(desk, district=NANGANG, changes=[higher], care_minutes=600)
    cases = {row["case"]: row for row in found["care"]["cases"]}
    assert (cases["planned_now"]["people"], cases["everybody"]["hours_needed"]) == (0, 60)
    assert found["care"]["caregivers_present"] == 0


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ([{**AGES[0], "programme": "x/y"}], "changes.0.programme", "chaoyang-2010/voucher"),
        ([{**AGES[0], "name": "hukou"}], "changes.0.name", "age_class_a"),
        ([{**AGES[0], "from_on": "2009-12-31"}], "changes.0.from_on", "2010-01-01"),
        ([{**AGES[0], "value": 151}], "changes.0.value", "from 0 to 150"),
        ([{**AGES[0], "value": [80, 90]}], "changes.0.value", "from 0 to 150"),
        ([AGES[0]], "changes.0.value", "overlap"),
        ([AGES[1]], "changes.0.value", "gap"),
        ([AGES[0], {**AGES[1], "value": [74, 60]}], "changes.1.value", "[low, high]"),
        ([{**AGES[0], "name": "monthly_amount", "value": -1}], "changes.0.value", "from 0"),
        ([{**AGES[0], "name": "severe_disability", "value": {"every_category": 5}}],
         "changes.0.value", "1 to 4"),
        ([{**AGES[0], "value": "80"}], "changes.0.value", ""),
        ([], "changes", ""),
    ],
)  # fmt: skip
async def test_a_value_that_makes_no_policy_is_refused_with_what_is_allowed(
    desk: OfficeDesk, changes: list[dict[str, Any]], field: str, allowed: str
) -> None:
    refused = await ask(desk, changes=changes)
    assert refused.status_code == 422, refused.text
    assert any(flaw["field"].startswith(f"body.{field}") for flaw in refused.json()["errors"])
    assert any(allowed in flaw["en"] for flaw in refused.json()["errors"])


async def test_a_day_before_the_policy_and_an_unknown_fund_are_refused(desk: OfficeDesk) -> None:
    early = await ask(desk, changes=AGES, as_of="2009-12-31")
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "body.as_of")
    fund = await ask(desk, changes=AGES, funds_fen={"casino": 1})
    assert (fund.status_code, "lottery" in fund.json()["errors"][0]["en"]) == (422, True)


async def test_what_may_be_changed_is_told_with_what_is_in_force(desk: OfficeDesk) -> None:
    async with desk.as_("finance") as client:
        told = (await client.get(f"{SIMULATIONS}/values")).json()
    income = {row["name"]: row for row in told if row["programme"] == HOME_CARE}["income_per_head"]
    assert (income["value"], income["test"]) == (49000, "at_most_per_head")
    assert "whole" in income["allowed_en"]


def test_the_projection_says_what_the_paying_and_the_planning_services_say() -> None:
    bearing = yaml.safe_load((ROOT / "vouchers/policy/chaoyang-2010.yaml").read_text("utf-8"))
    planning = yaml.safe_load((ROOT / "scheduling/policy/nangang-2008.yaml").read_text("utf-8"))
    (week,) = [one for one in planning["parameters"] if one["id"] == "longest_week"]
    known = projection().content
    assert known["longest_week"]["values"] == week["values"]
    assert known["waterfall"]["programmes"] == bearing["programmes"]
    for day, funds in bearing["waterfall"]["values"].items():
        benefits = [fund for fund in funds if "benefits" in fund["purposes"]]
        assert [(one["fund"], one["classes"]) for one in known["waterfall"]["values"][day]] == [
            (one["fund"], one["classes"]) for one in benefits
        ]


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"a1": 0, "a2": 7}, {"a1": 0, "a2": 7}),
        ({"a1": 4, "a2": 5, "a3": 6}, {"a1": "<5", "a2": "*", "a3": 6}),
        ({"a1": 4, "a2": 1, "a3": 6}, {"a1": "<5", "a2": "<5", "a3": 6}),
        ({"a1": 4, "a2": 4, "a3": 6}, {"a1": "<5", "a2": "<5", "a3": "*"}),
        ({"a1": 1, "a2": 5, "a3": 6}, {"a1": "<5", "a2": "*", "a3": "*"}),
        ({"a1": 4, "a2": 0, "b1": 9}, {"a1": "<5", "a2": 0, "b1": 9}),
    ],
)
def test_a_small_count_is_never_alone_withheld_within_a_total(
    counts: dict[str, int], told: dict[str, int | str]
) -> None:
    assert shown(counts, {place: place[0] for place in counts}) == told
