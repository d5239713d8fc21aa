"""Stories of Nangang's home care (三(一)): the boundary table, and what must hold for everybody."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.policy import AsOfRefused
from shared.contracts.facts import Child, PersonFacts
from tests.eligibility.people import (
    DAYS,
    UNHURRIED,
    Story,
    assert_told,
    completions,
    forgetting,
    judge,
    people,
    stories,
)

HOME_CARE = "nangang-2008/home-care"
DAY = date(2010, 3, 15)
ENTITLED = PersonFacts(
    birth_on=date(1940, 1, 1),
    hukou_area="230103",
    residence_area="230103001",
    household_size=2,
    household_monthly_income_fen=98000,
    sanwu=False,
    gulao=False,
    dibao=True,
    tekun=False,
    lives_with="alone",
    children=(Child(alive=True, in_city=False, dibao=False, severely_disabled=False),),
)


@pytest.mark.parametrize("story", stories("home_care.yaml"), ids=lambda story: story.sentence)
def test_the_boundary_table_of_home_care(story: Story) -> None:
    assert_told(story, judge(HOME_CARE, story.facts, story.as_of))


def test_the_day_before_the_issue_is_refused() -> None:
    with pytest.raises(AsOfRefused, match="2008-05-19"):
        judge(HOME_CARE, ENTITLED, date(2008, 5, 18))


@UNHURRIED
@given(people(), DAYS)
def test_nobody_served_has_an_unmet_or_unknown_finding(facts: PersonFacts, day: date) -> None:
    judgement = judge(HOME_CARE, facts, day)
    mets = {finding.met for finding in judgement.findings}
    assert (judgement.outcome == "eligible") == (mets == {True})
    assert (judgement.outcome == "ineligible") == (False in mets)


def entitled_but_for(*names: str) -> st.SearchStrategy[PersonFacts]:
    """People who fulfil all else, with these facts drawn: random people rarely get that far."""
    return people().map(
        lambda facts: ENTITLED.model_copy(update={name: getattr(facts, name) for name in names})
    )


@UNHURRIED
@given(
    st.data(),
    st.sampled_from(
        [
            ("children",),
            ("children", "sanwu"),
            ("household_size", "household_monthly_income_fen", "sanwu"),
            ("sanwu", "gulao", "dibao", "tekun"),
            ("lives_with", "children", "hukou_area"),
            ("birth_on", "residence_area", "sanwu", "children", "household_monthly_income_fen"),
        ]
    ),
)
def test_what_is_found_out_later_never_turns_a_no_or_a_yes_around(
    data: st.DataObject, names: tuple[str, ...]
) -> None:
    facts = data.draw(entitled_but_for(*names))
    before = judge(HOME_CARE, facts, DAY)
    after = judge(HOME_CARE, data.draw(completions(facts)), DAY)
    if before.outcome in ("eligible", "ineligible"):
        assert after.outcome == before.outcome


def test_forgetting_any_facts_of_an_entitled_person_never_refuses() -> None:
    names = tuple(name for name in ENTITLED.model_fields_set if name != "residence_area")
    assert judge(HOME_CARE, ENTITLED, DAY).outcome == "eligible"
    for known in forgetting(ENTITLED, names):
        assert judge(HOME_CARE, known, DAY).outcome in ("eligible", "needs_evidence")


def test_a_mixed_family_is_put_to_a_person_in_both_languages() -> None:
    away = Child(alive=True, in_city=False)
    on_dibao = Child(alive=True, in_city=True, dibao=True)
    facts = ENTITLED.model_copy(update={"children": (away, on_dibao)})
    reasons = judge(HOME_CARE, facts, DAY).reasons
    assert "人工审查" in reasons["zh"]
    assert "MIXED_CHILDREN" in reasons["zh"]
    assert "MIXED_CHILDREN" in reasons["en"]
