"""Stories of the policy files: they validate, and a broken one is refused where it is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from services.eligibility import policy
from services.eligibility.policy import PolicyRefused, UnknownProgramme, evaluate, load_policies
from shared.contracts.facts import PersonFacts
from shared.contracts.programmes import OFFERED

HERE = Path(policy.__file__).parent
CHAOYANG = "chaoyang-2010.yaml"
NANGANG = "nangang-2008.yaml"
Break = Callable[[str], str]


def replaced(old: str, new: str) -> Break:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def broken(tmp_path: Path, file: str, edit: Break) -> PolicyRefused:
    text = edit((HERE / file).read_text(encoding="utf-8"))
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(PolicyRefused) as refusal:
        load_policies(tmp_path)
    assert refusal.value.file == file
    return refusal.value


def line_of(file: str, text: str) -> int:
    lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(json.loads((HERE / "schema.json").read_text("utf-8")))


def test_both_policies_load_with_their_numbers_and_dates() -> None:
    book = load_policies()
    chaoyang, nangang = book.instruments["chaoyang-2010"], book.instruments["nangang-2008"]
    assert chaoyang.document_number == "朝政办发〔2010〕1号"
    assert (chaoyang.issued_on, chaoyang.counts_from) == (date(2010, 1, 6), date(2010, 1, 1))
    assert nangang.document_number == "哈南政综〔2008〕3号"
    assert nangang.effective_on == date(2008, 5, 19)


def test_what_can_be_applied_for_is_what_the_policies_decide_on() -> None:
    assert load_policies().programmes.keys() == OFFERED


def test_the_voucher_is_100_yuan_a_month() -> None:
    voucher = load_policies().programme("chaoyang-2010/voucher")
    assert voucher.parameter("monthly_amount", date(2010, 1, 1)) == 10_000
    assert voucher.bodies.responsible == ("区民政局", "区残联")


def test_every_silence_of_chaoyang_has_a_default_and_a_reason() -> None:
    silences = load_policies().instruments["chaoyang-2010"].silences
    assert {f"C-{number}" for number in range(37, 61)} <= silences.keys()
    assert all(entry.chosen.zh and entry.why.en for entry in silences.values())


def test_an_unknown_programme_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownProgramme, match="chaoyang-2010/voucher"):
        load_policies().programme("chaoyang-2010/vouchers")


def test_a_criterion_without_article_is_refused(tmp_path: Path) -> None:
    refusal = broken(
        tmp_path,
        CHAOYANG,
        replaced("- id: hukou\n        article: 三(二)\n", "- id: hukou\n"),
    )
    assert refusal.place == "programmes.0.criteria.1"
    assert refusal.line == line_of(CHAOYANG, "- id: hukou")
    assert "article" in refusal.reason


def test_a_value_without_date_is_refused(tmp_path: Path) -> None:
    refusal = broken(tmp_path, CHAOYANG, replaced("values: {2010-01-06: 80}", "values: 80"))
    assert refusal.place == "programmes.0.classes.0.criteria.0.values"
    assert refusal.line == line_of(CHAOYANG, "values: {2010-01-06: 80}")
    assert "without a date" in refusal.reason


@pytest.mark.parametrize("day", ["2010", "2010-13-06", "january"])
def test_a_value_under_no_real_day_is_refused(tmp_path: Path, day: str) -> None:
    edit = replaced("values: {2010-01-06: 80}", f"values: {{{day}: 80}}")
    assert "dated value" in broken(tmp_path, CHAOYANG, edit).reason


def test_classes_that_share_an_age_are_refused(tmp_path: Path) -> None:
    refusal = broken(tmp_path, CHAOYANG, replaced("[60, 79]", "[60, 80]"))
    assert refusal.place == "programmes.0.classes.0.criteria.0.values"
    assert "overlap" in refusal.reason
    assert "B, A" in refusal.reason


def test_classes_that_leave_an_age_out_are_refused(tmp_path: Path) -> None:
    refusal = broken(tmp_path, CHAOYANG, replaced("[16, 59]", "[16, 58]"))
    assert refusal.place == "programmes.0.classes.1.criteria.0.values"
    assert "gap" in refusal.reason


def test_a_later_amendment_that_makes_classes_overlap_is_refused(tmp_path: Path) -> None:
    edit = replaced("{2010-01-06: 80}", "{2010-01-06: 80, 2012-01-01: 75}")
    assert "2012-01-01" in broken(tmp_path, CHAOYANG, edit).reason


def test_a_value_that_starts_after_the_policy_leaves_a_gap(tmp_path: Path) -> None:
    edit = replaced("values: {2008-05-19: 49000}", "values: {2009-01-01: 49000}")
    refusal = broken(tmp_path, NANGANG, edit)
    assert refusal.line == line_of(NANGANG, "values: {2008-05-19: 49000}")
    assert "2008-05-19" in refusal.reason
    assert "gap" in refusal.reason


def test_the_same_day_twice_is_an_overlap(tmp_path: Path) -> None:
    edit = replaced("{2010-01-06: 10000}", "{2010-01-06: 10000, 2010-01-06: 20000}")
    assert "overlap" in broken(tmp_path, CHAOYANG, edit).reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("article: C-43", "article: C-99", "register of silences"),
        ("{needs_evidence: residence_proof}", "{needs_evidence: letter}", "letter"),
        ("年满{low}周岁", "年满{age}周岁", "low"),
        ("test: at_least", "test: more_than", "more_than"),
        ("fact: hukou_area", "fact: birthplace", "birthplace"),
        ("{every_category: 2}", "{every_category: 5}", "5"),
        ("[60, 79]", "[79, 60]", "above"),
        ("- id: jurisdiction", "- id: hukou", "hukou"),
        ("counts_from: 2010-01-01", "counts_from: 2010-02-01", "gap"),
        ("issued_on: 2010-01-06", "issued_on: [", "YAML"),
        ("tier: A", "level: A", "level"),
        ("COUNTY_CHILD:", "COUNTRY_CHILD:", "COUNTY_CHILD"),
        ("{elderly_low}周岁，或", "{older_low}周岁，或", "elderly_low"),
        ("id: disabled, fact", "id: elderly, fact", "elderly"),
        (
            "values: {2010-01-06: true}, on_unknown: {needs_evidence: disability_certificate}}]",
            "values: {2010-01-06: true}, on_unknown: {needs_review: {zh: 是否, en: is it}}}]",
            "needs_evidence",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_reason(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    file = next(file for file in (CHAOYANG, NANGANG) if old in (HERE / file).read_text("utf-8"))
    refusal = broken(tmp_path, file, replaced(old, new))
    assert reason in refusal.reason
    assert re.search(rf"{file}:\d+ ", str(refusal))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "empty" in broken(tmp_path, CHAOYANG, lambda _: "").reason


def test_an_amendment_is_one_dated_value_and_the_old_days_keep_the_old_law(tmp_path: Path) -> None:
    text = (HERE / NANGANG).read_text(encoding="utf-8")
    edit = replaced("{2008-05-19: 65}", "{2008-05-19: 65, 2012-07-01: 60}")
    (tmp_path / NANGANG).write_text(edit(text), encoding="utf-8")
    programme = load_policies(tmp_path).programme("nangang-2008/home-care")
    facts = PersonFacts(birth_on=date(1950, 1, 1))
    before = evaluate(programme, facts, date(2012, 6, 30))
    after = evaluate(programme, facts, date(2012, 7, 1))
    assert (before.outcome, after.outcome) == ("ineligible", "needs_evidence")
    assert before.policy_version == "nangang-2008@2008-05-19"
    assert after.policy_version == "nangang-2008@2012-07-01"


def test_an_unknown_age_does_not_matter_where_every_class_is_closed(tmp_path: Path) -> None:
    text = (HERE / CHAOYANG).read_text(encoding="utf-8")
    without_a = text[: text.index("      - id: A\n")] + text[text.index("      - id: B\n") :]
    (tmp_path / CHAOYANG).write_text(without_a, encoding="utf-8")
    programme = load_policies(tmp_path).programme("chaoyang-2010/voucher")
    judgement = evaluate(programme, PersonFacts(disability="none"), date(2010, 1, 6))
    assert judgement.outcome == "ineligible"
    assert {f.criterion for f in judgement.findings if f.met is False} == {"severe_disability"}


def test_an_exclusive_income_bound_is_one_word_in_the_file(tmp_path: Path) -> None:
    text = (HERE / NANGANG).read_text(encoding="utf-8")
    edit = replaced("inclusive: true", "inclusive: false")
    (tmp_path / NANGANG).write_text(edit(text), encoding="utf-8")
    programme = load_policies(tmp_path).programme("nangang-2008/home-care")
    facts = PersonFacts(sanwu=False, household_size=1, household_monthly_income_fen=49_000)
    assert evaluate(programme, facts, date(2010, 1, 1)).outcome == "ineligible"


def test_a_third_district_is_one_more_file_and_no_code(tmp_path: Path) -> None:
    text = (HERE / NANGANG).read_text(encoding="utf-8")
    invented = text.replace("nangang-2008", "invented-2011").replace('"230103"', '"230190"')
    (tmp_path / "invented-2011.yaml").write_text(invented, encoding="utf-8")
    book = load_policies(HERE, tmp_path)
    facts = PersonFacts(hukou_area="230103", residence_area="230190")
    judgement = evaluate(book.programme("invented-2011/home-care"), facts, date(2011, 1, 1))
    assert [f.criterion for f in judgement.findings if f.met is False] == ["hukou"]


def test_the_same_instrument_twice_is_refused(tmp_path: Path) -> None:
    text = (HERE / NANGANG).read_text(encoding="utf-8")
    (tmp_path / "twin.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyRefused, match="loaded already"):
        load_policies(HERE, tmp_path)
