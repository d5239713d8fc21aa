"""Stories of "what if": a programme with other values from a day on, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.eligibility.policy import evaluate
from services.eligibility.policy.changing import ChangeRefused, changeable, with_values
from services.eligibility.policy.columns import columns_of
from services.eligibility.policy.columns_judging import judge
from shared.contracts.facts import PersonFacts
from tests.eligibility.people import BOOK

VOUCHER = BOOK.programme("chaoyang-2010/voucher")
HOME_CARE = BOOK.programme("nangang-2008/home-care")
DEVICE = BOOK.programme("chaoyang-2010/device")
SINCE = date(2012, 7, 1)


def test_a_new_age_counts_from_its_day_and_the_policy_itself_stays_as_it_was() -> None:
    facts = PersonFacts(birth_on=date(1950, 1, 1))
    changed = with_values(HOME_CARE, {"minimum_age": 60}, SINCE)
    assert evaluate(changed, facts, date(2012, 6, 30)).outcome == "ineligible"
    assert evaluate(changed, facts, SINCE).outcome == "needs_evidence"
    assert evaluate(HOME_CARE, facts, SINCE).outcome == "ineligible"


def test_a_day_before_the_policy_changes_the_value_from_the_start() -> None:
    changed = with_values(HOME_CARE, {"minimum_age": 60}, date(2000, 1, 1))
    assert changeable(changed, date(2008, 5, 19))["minimum_age"].value == 60
    assert changed.versions == HOME_CARE.versions


def test_an_age_inside_one_of_several_ways_can_be_changed() -> None:
    facts = PersonFacts(birth_on=date(1950, 1, 1), disability="none")
    changed = with_values(DEVICE, {"elderly": 60}, SINCE)
    assert evaluate(DEVICE, facts, SINCE).outcome == "ineligible"
    assert evaluate(changed, facts, SINCE).outcome == "needs_evidence"


def test_the_amount_can_be_changed_from_a_day_on() -> None:
    changed = with_values(VOUCHER, {"monthly_amount": 12_000}, SINCE)
    assert changed.parameter("monthly_amount", date(2012, 6, 30)) == 10_000
    assert changed.parameter("monthly_amount", SINCE) == 12_000


def test_a_grade_that_two_classes_ask_for_changes_in_both() -> None:
    changed = with_values(VOUCHER, {"severe_disability": {"every_category": 3}}, SINCE)
    known = {"hukou_area": "110105", "residence_area": "110105", "employed": False}
    third_grade = known | {"disability": {"category": 1, "grade": 3}}
    some = [
        PersonFacts.model_validate(third_grade | {"birth_on": date(year, 1, 1)})
        for year in (1945, 1985)
    ]
    before, after = (judge(one, columns_of(some), SINCE) for one in (VOUCHER, changed))
    assert [before.criteria[at] for at in before.criterion] == ["severe_disability"] * 2
    assert [after.classes[at] for at in after.class_index] == ["B", "C"]


def test_everything_that_may_be_changed_is_listed_with_what_is_in_force() -> None:
    listed = changeable(HOME_CARE, SINCE)
    income, interval = listed["income_per_head"], listed["recheck_interval"]
    assert (income.kind, income.test, income.value) == ("criterion", "at_most_per_head", 49_000)
    assert (interval.kind, interval.test, interval.value) == ("parameter", "months", 12)
    assert {"elderly", "working_age", "severe_disability"} <= changeable(DEVICE, SINCE).keys()


@pytest.mark.parametrize(
    ("programme", "values", "reason"),
    [
        (VOUCHER, {"income": 1}, "monthly_amount"),
        (VOUCHER, {"age_class_a": 75}, "overlap"),
        (VOUCHER, {"age_class_a": 85}, "gap"),
        (VOUCHER, {"age_class_b": [79, 60]}, "above the upper"),
        (VOUCHER, {"age_class_b": 60}, "array"),
        (VOUCHER, {"severe_disability": {"every_category": 5}}, "maximum of 4"),
        (VOUCHER, {"hukou": "1"}, "1"),
        (VOUCHER, {"monthly_amount": -1}, "minimum of 0"),
        (VOUCHER, {"monthly_amount": True}, "integer"),
        (HOME_CARE, {"lives_alone": {"able_adult": "review"}}, "question"),
        (HOME_CARE, {"income_per_head": "490"}, "integer"),
        (DEVICE, {"age_or_severe_disability": 60}, "elderly"),
    ],
)
def test_a_value_that_no_policy_file_could_hold_is_refused(
    programme: Any, values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ChangeRefused, match=reason) as refusal:
        with_values(programme, values, SINCE)
    assert refusal.value.name in values
    assert refusal.value.zh


def test_two_bands_that_meet_again_are_accepted_together() -> None:
    changed = with_values(VOUCHER, {"age_class_a": 75, "age_class_b": [60, 74]}, SINCE)
    facts = PersonFacts(birth_on=date(1935, 1, 1), hukou_area="110105", residence_area="110105")
    assert evaluate(changed, facts, SINCE).class_ == "A"
    assert evaluate(VOUCHER, facts, SINCE).class_ is None
