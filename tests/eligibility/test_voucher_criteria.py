"""Stories of Chaoyang's voucher (三(二)): the boundary table, and what must hold for everybody."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.policy import AsOfRefused, digest, record
from shared.contracts.ages import attained_on
from shared.contracts.facts import Disability, PersonFacts
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

VOUCHER = "chaoyang-2010/voucher"
DAY = date(2010, 3, 15)
GOLDEN = "a11c1ee0f47a7c0dca8120e6eb2419c874a4e32b836d109f24b55f98c15dc88d"
AGES_OF_CLASSES = {"A": range(80, 200), "B": range(60, 80), "C": range(16, 60)}


@pytest.mark.parametrize("story", stories("voucher.yaml"), ids=lambda story: story.sentence)
def test_the_boundary_table_of_the_voucher(story: Story) -> None:
    assert_told(story, judge(VOUCHER, story.facts, story.as_of))


def test_the_last_day_of_2009_is_refused_because_no_voucher_existed() -> None:
    with pytest.raises(AsOfRefused, match="2010-01-01"):
        judge(VOUCHER, PersonFacts(), date(2009, 12, 31))


@UNHURRIED
@given(people(), DAYS)
def test_nobody_eligible_has_an_unmet_or_unknown_finding(facts: PersonFacts, day: date) -> None:
    judgement = judge(VOUCHER, facts, day)
    if judgement.outcome == "eligible":
        assert all(finding.met is True for finding in judgement.findings)
        assert judgement.class_ in AGES_OF_CLASSES
    if judgement.outcome == "ineligible":
        assert any(finding.met is False for finding in judgement.findings)
        assert judgement.class_ is None


@UNHURRIED
@given(st.integers(0, 110), st.integers(1, 7), st.integers(1, 4), st.booleans())
def test_every_age_has_at_most_one_class_and_it_is_the_one_of_that_age(
    age: int, category: int, grade: int, employed: bool
) -> None:
    facts = PersonFacts(
        birth_on=date(DAY.year - age, DAY.month, DAY.day),
        hukou_area="110105",
        residence_area="110105",
        disability=Disability(category=category, grade=grade),
        employed=employed,
    )
    judgement = judge(VOUCHER, facts, DAY)
    of_age = [name for name, ages in AGES_OF_CLASSES.items() if age in ages]
    assert judgement.class_ in [*of_age, None]
    assert (judgement.outcome == "eligible") == (judgement.class_ is not None)


@UNHURRIED
@given(people(), DAYS, st.integers(0, 20_000))
def test_growing_older_never_loses_class_a(facts: PersonFacts, day: date, days: int) -> None:
    if judge(VOUCHER, facts, day).class_ == "A":
        assert judge(VOUCHER, facts, day + timedelta(days=days)).class_ == "A"


@UNHURRIED
@given(st.data(), DAYS)
def test_what_is_found_out_later_never_turns_a_no_or_a_yes_around(
    data: st.DataObject, day: date
) -> None:
    facts = data.draw(people())
    before = judge(VOUCHER, facts, day)
    after = judge(VOUCHER, data.draw(completions(facts)), day)
    if before.outcome in ("eligible", "ineligible"):
        assert after.outcome == before.outcome


@pytest.mark.parametrize("born", [1920, 1940, 1970])
def test_forgetting_any_facts_of_an_entitled_person_never_refuses(born: int) -> None:
    facts = PersonFacts(
        birth_on=date(born, 1, 1),
        hukou_area="110108",
        residence_area="110105",
        disability=Disability(category=1, grade=2),
        employed=False,
    )
    names = ("birth_on", "hukou_area", "residence_area", "disability", "employed")
    assert judge(VOUCHER, facts, DAY).outcome == "eligible"
    for known in forgetting(facts, names):
        assert judge(VOUCHER, known, DAY).outcome in ("eligible", "needs_evidence")


@UNHURRIED
@given(people(), DAYS)
def test_before_the_day_to_reconsider_no_age_finding_changes(facts: PersonFacts, day: date) -> None:
    judgement = judge(VOUCHER, facts, day)
    if judgement.reconsider_on is None:
        assert facts.birth_on is None or day >= attained_on(facts.birth_on, 80)
        return
    eve = judge(VOUCHER, facts, judgement.reconsider_on - timedelta(days=1))
    birthday = judge(VOUCHER, facts, judgement.reconsider_on)
    assert _ages(eve) == _ages(judgement)
    assert _ages(birthday) != _ages(judgement)


def _ages(judgement: object) -> list[tuple[str, bool | None]]:
    findings = getattr(judgement, "findings", ())
    return [(f.criterion, f.met) for f in findings if f.criterion.startswith("age_class")]


def test_the_digest_is_the_same_twice_and_another_for_another_fact() -> None:
    facts = PersonFacts(birth_on=date(1929, 1, 1), hukou_area="110105", residence_area="110105")
    other = facts.model_copy(update={"dibao": False})
    first = digest(judge(VOUCHER, facts, DAY), facts)
    assert first == digest(judge(VOUCHER, facts, DAY), facts)
    assert first != digest(judge(VOUCHER, other, DAY), other)
    assert len(bytes.fromhex(first)) == 32


def test_the_digest_of_a_known_judgement_never_changes() -> None:
    facts = PersonFacts(birth_on=date(1929, 1, 1), hukou_area="110105", residence_area="110105")
    assert digest(judge(VOUCHER, facts, DAY), facts) == GOLDEN


def test_a_record_is_plain_json_with_every_finding() -> None:
    facts = PersonFacts(birth_on=date(1929, 1, 1), residence_area="110105")
    kept = record(judge(VOUCHER, facts, DAY))
    assert json.loads(json.dumps(kept)) == kept
    assert kept["outcome"] == "needs_evidence"
    assert kept["findings"][1] == {
        "criterion": "hukou",
        "article": "三(二)",
        "found": None,
        "required": "11",
        "met": None,
    }


def test_reasons_name_the_document_the_article_and_the_paper_in_both_languages() -> None:
    facts = PersonFacts(
        birth_on=date(1935, 1, 1), hukou_area="110105", residence_area="110105", employed=False
    )
    reasons = judge(VOUCHER, facts, DAY).reasons
    assert "朝政办发〔2010〕1号" in reasons["zh"]
    assert "三(二)" in reasons["zh"]
    assert "残疾人证" in reasons["zh"]
    assert "disability certificate" in reasons["en"]
