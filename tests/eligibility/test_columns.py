"""Stories of the judgement in columns: the same answers as one by one, for whole crowds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from random import SystemRandom

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.policy import (
    AsOfRefused,
    Glance,
    Programme,
    evaluate,
    glance,
    load_policies,
)
from services.eligibility.policy.changing import with_values
from services.eligibility.policy.columns import ColumnsMaker, columns_of, columns_of_json
from services.eligibility.policy.columns_judging import OUTCOMES, judge, sweep
from shared.contracts.facts import Disability, PersonFacts
from tests.eligibility.crowds import DAYS, Crowd, differences, told_at
from tests.eligibility.people import BOOK, UNHURRIED, people
from tests.eligibility.people import DAYS as ANY_DAY

INVENTED = Path(__file__).parent / "invented"
PEOPLE = 100_000
SOME = 3_000
VOUCHER = BOOK.programme("chaoyang-2010/voucher")
HOME_CARE = BOOK.programme("nangang-2008/home-care")
CERTAIN = ("eligible", "ineligible", "needs_evidence")
CHANGES = (
    ("chaoyang-2010/voucher", {"age_class_a": 75, "age_class_b": [60, 74]}),
    ("chaoyang-2010/voucher", {"severe_disability": {"every_category": 3, "1": 4}}),
    ("chaoyang-2010/device", {"elderly": 60, "working_age": [16, 59]}),
    ("nangang-2008/home-care", {"income_per_head": 60000, "minimum_age": 60}),
    ("nangang-2008/home-care", {"children": {"county": "out_of_city"}, "hardship": ["dibao"]}),
)


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    seed = SystemRandom().randrange(1 << 32)
    print(f"the crowd's seed is {seed}")
    return Crowd(seed)


def test_100_000_random_people_hear_the_same_from_both_evaluators(crowd: Crowd) -> None:
    lots = [(programme, day) for programme in BOOK.programmes.values() for day in DAYS]
    lot = -(-PEOPLE // len(lots))
    for programme, day in lots:
        assert differences(programme, crowd.people(lot), day)[:1] == []


def test_a_glance_says_what_the_whole_judgement_says(crowd: Crowd) -> None:
    for programme in BOOK.programmes.values():
        for day in DAYS:
            for facts in crowd.people(20):
                whole, seen = evaluate(programme, facts, day), glance(programme, facts, day)
                assert seen == Glance(
                    whole.outcome,
                    whole.class_,
                    tuple(one.criterion for one in whole.findings if one.met is False),
                    tuple(one.criterion for one in whole.findings if one.met is None),
                    whole.reconsider_on,
                )


def test_the_last_day_of_a_certificate_changes_no_judgement_of_either_evaluator(
    crowd: Crowd,
) -> None:
    dated = [one for one in crowd.people(SOME) if isinstance(one.disability, Disability)]
    plain = [
        one.model_copy(
            update={"disability": one.disability.model_copy(update={"valid_until_on": None})}
        )
        for one in dated
        if isinstance(one.disability, Disability)
    ]
    assert any(one != other for one, other in zip(dated, plain, strict=True))
    for name in ("chaoyang-2010/voucher", "chaoyang-2010/device", "chaoyang-2010/vehicle"):
        programme = BOOK.programme(name)
        for one, other in zip(dated[:200], plain[:200], strict=True):
            assert evaluate(programme, one, DAYS[1]) == evaluate(programme, other, DAYS[1])
        said = [judge(programme, columns_of(crowd), DAYS[1]) for crowd in (dated, plain)]
        assert np.array_equal(said[0].outcome, said[1].outcome)


@pytest.mark.parametrize("programme", ["odd-2020/questions", "odd-2020/closed-classes"])
def test_an_invented_policy_that_uses_every_test_oddly_gives_no_difference(
    crowd: Crowd, programme: str
) -> None:
    odd = load_policies(INVENTED).programme(programme)
    for day in (date(2020, 2, 29), date(2021, 7, 1), date(2023, 2, 28)):
        assert differences(odd, crowd.people(SOME), day)[:1] == []


@pytest.mark.parametrize(("name", "values"), CHANGES)
def test_a_programme_with_changed_values_gives_no_difference(
    crowd: Crowd, name: str, values: dict[str, object]
) -> None:
    changed = with_values(BOOK.programme(name), values, date(2012, 1, 1))
    for day in DAYS:
        assert differences(changed, crowd.people(SOME // len(DAYS)), day)[:1] == []


def test_a_sweep_over_several_programmes_says_what_each_alone_says(crowd: Crowd) -> None:
    plain = tuple(replace(one, waived_by=None) for one in HOME_CARE.criteria)
    several = [*BOOK.programmes.values(), replace(HOME_CARE, criteria=plain)]
    columns = columns_of(crowd.people(SOME))
    for programme, swept in zip(several, sweep(several, columns, DAYS[1]), strict=True):
        alone = judge(programme, columns, DAYS[1])
        assert (swept.criteria, swept.classes) == (alone.criteria, alone.classes)
        for name in ("outcome", "class_index", "criterion"):
            assert np.array_equal(getattr(swept, name), getattr(alone, name)), programme.id


@UNHURRIED
@given(st.lists(people(), max_size=4), ANY_DAY)
def test_whoever_can_be_thought_of_hears_the_same(some: list[PersonFacts], day: date) -> None:
    for programme in BOOK.programmes.values():
        assert differences(programme, some, day) == []


def test_the_crowd_reaches_every_outcome_class_and_criterion_that_can_be_reached() -> None:
    columns = columns_of(Crowd(seed=1).people(20_000))
    unreached: set[str] = set()
    for programme in BOOK.programmes.values():
        verdicts = judge(programme, columns, date(2012, 2, 29))
        assert set(verdicts.class_index) == {*range(len(verdicts.classes)), -1}
        assert set(verdicts.outcome) >= {OUTCOMES.index(outcome) for outcome in CERTAIN}
        unreached |= {
            name for at, name in enumerate(verdicts.criteria) if at not in verdicts.criterion
        }
    assert OUTCOMES.index("needs_review") in judge(HOME_CARE, columns, date(2012, 2, 29)).outcome
    # The too old are told of class A, the too young of C; without an age A is open before B.
    assert unreached == {"age_class_b"}


def said(programme: Programme, facts: PersonFacts, as_of: date) -> tuple[object, ...]:
    return told_at(judge(programme, columns_of([facts]), as_of), 0)


@pytest.mark.parametrize(
    ("birth_on", "as_of", "outcome"),
    [
        (date(1932, 2, 29), date(2012, 2, 28), "ineligible"),
        (date(1932, 2, 29), date(2012, 2, 29), "eligible"),
        (date(1931, 2, 28), date(2011, 2, 28), "eligible"),
        (date(1931, 3, 1), date(2011, 2, 28), "ineligible"),
    ],
)
def test_birthdays_at_the_end_of_february_count_on_their_day(
    birth_on: date, as_of: date, outcome: str
) -> None:
    facts = PersonFacts(
        birth_on=birth_on, hukou_area="110108", residence_area="110105", disability="none"
    )
    assert said(VOUCHER, facts, as_of)[0] == outcome


def test_somebody_born_on_29_february_turns_60_on_the_28th_of_a_common_year() -> None:
    facts = PersonFacts(residence_area="230103", birth_on=date(1952, 2, 29))
    aged_61 = with_values(BOOK.programme("nangang-2008/paid-care"), {"elderly": 61}, date.min)
    assert said(aged_61, facts, date(2013, 2, 27))[0] == "ineligible"
    assert said(aged_61, facts, date(2013, 2, 28))[0] == "eligible"


def test_a_class_is_shown_while_only_a_common_fact_is_missing() -> None:
    facts = PersonFacts(birth_on=date(1920, 1, 1), residence_area="110105")
    assert said(VOUCHER, facts, date(2010, 1, 6)) == ("needs_evidence", "A", "hukou")


def test_a_class_rule_that_fails_is_named_under_its_own_class() -> None:
    facts = PersonFacts(
        birth_on=date(1980, 1, 1),
        hukou_area="110105",
        residence_area="110105",
        disability=Disability(category=1, grade=1),
        employed=True,
    )
    assert said(VOUCHER, facts, date(2010, 1, 6)) == ("ineligible", None, "without_work")


def test_490_00_a_head_is_in_and_490_01_is_out() -> None:
    rich = {"household_size": 3, "sanwu": False, "residence_area": "230103", "hukou_area": "230103"}
    aged = rich | {"birth_on": date(1930, 1, 1)}
    at = PersonFacts.model_validate(aged | {"household_monthly_income_fen": 147_000})
    above = PersonFacts.model_validate(aged | {"household_monthly_income_fen": 147_001})
    assert said(HOME_CARE, at, date(2010, 1, 1))[2] == "hardship"
    assert said(HOME_CARE, above, date(2010, 1, 1)) == ("ineligible", None, "income_per_head")


def test_columns_made_in_chunks_are_those_made_at_once() -> None:
    some = Crowd(seed=7).people(500)
    rows = [one.model_dump_json(exclude_none=True) for one in some]
    maker = ColumnsMaker()
    maker.add("[" + ",".join(rows[:123]) + "]")
    maker.add(("[" + ",".join(rows[123:]) + "]").encode())
    made, whole = maker.made(), columns_of_json(rows)
    assert made.values == whole.values
    for name, codes in whole.codes.items():
        assert np.array_equal(made.codes[name], codes), name


def test_facts_of_a_newer_sender_are_passed_over_and_a_place_is_kept_for_counting() -> None:
    row = orjson.dumps({"residence_area": "230103", "area_code": "230103002005", "newer": 1})
    columns = columns_of_json([row, b"{}"])
    places = [columns.values["area_code"][code] for code in columns.codes["area_code"]]
    assert places == ["230103002005", None]


def test_nobody_at_all_is_judged_as_nobody() -> None:
    assert len(judge(VOUCHER, columns_of([]), date(2010, 1, 6))) == 0


def test_a_day_before_the_policy_is_refused_for_columns_too() -> None:
    with pytest.raises(AsOfRefused, match="2010-01-01"):
        judge(VOUCHER, columns_of([]), date(2009, 12, 31))
