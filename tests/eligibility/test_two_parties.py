"""The rules of the two parties, without a database: who may decide what, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.eligibility.awards.domain import Approval, Decided, decide
from services.eligibility.reviews.domain import CaseFile, Recommendation, Reviewed, review
from services.eligibility.reviews.verdicts import WORDS
from shared.caller import Caller
from shared.contracts.programmes import VOUCHER
from tests.eligibility.people import BOOK

PROGRAMME = BOOK.programme(VOUCHER)
WANG = Caller("wang", "district_officer", "110105", body="民政")
CASE = CaseFile(
    case_id=UUID(int=1),
    determination_id=UUID(int=2),
    application_id=UUID(int=3),
    person_id=UUID(int=4),
    programme=VOUCHER,
    area_code="110105001001",
    agency=None,
    stage="district_approval",
    outcome="eligible",
    benefit_class="A",
    starts_on=date(2010, 1, 1),
    reviewed_by="li",
    recommendation="recommend_approval",
    unmet=(),
    birth_on=date(1925, 3, 3),
    died_on=None,
    tied=False,
    activated=True,
)


def said(
    file: CaseFile, decision: Approval = "approve", note: str | None = None, by: Caller = WANG
) -> str:
    outcome = decide(file, PROGRAMME, decision, note, by)
    return outcome if isinstance(outcome, str) else "done"


def reviewed(
    file: CaseFile, decision: Recommendation = "recommend_approval", documents: tuple[str, ...] = ()
) -> Reviewed | str:
    return review(file, decision, None, PROGRAMME, documents)


def test_a_reviewed_eligible_case_is_granted_from_its_month_with_the_amount_of_the_policy() -> None:
    outcome = decide(CASE, PROGRAMME, "approve", None, WANG)
    assert isinstance(outcome, Decided)
    assert outcome.award is not None
    assert outcome.award.monthly_amount_fen == 10000
    assert (outcome.award.starts_on, outcome.award.benefit_class) == (date(2010, 1, 1), "A")


def test_who_reviewed_a_case_cannot_approve_or_refuse_it() -> None:
    assert said(CASE, by=replace(WANG, sub="li")) == "same_person"
    assert said(CASE, "refuse", "重复", by=replace(WANG, sub="li")) == "same_person"


@pytest.mark.parametrize("stage", ["street_review", "needs_evidence"])
def test_the_district_decides_only_after_the_street(stage: str) -> None:
    assert said(replace(CASE, stage=stage, reviewed_by=None)) == "not_reviewed"


def test_an_ineligible_case_cannot_be_approved_reviewed_or_not_with_a_note_or_without() -> None:
    unfit = replace(CASE, outcome="ineligible", unmet=("hukou",))
    assert said(unfit) == "not_eligible"
    assert said(unfit, note="困难") == "not_eligible"
    assert said(replace(unfit, stage="street_review")) == "not_eligible"
    assert said(unfit, "refuse") == "done"


def test_missing_papers_are_neither_a_yes_nor_a_silent_no() -> None:
    wanting = replace(CASE, outcome="needs_evidence")
    assert said(wanting, note="本人到场") == "evidence_missing"
    assert said(wanting, "refuse") == "note_missing"
    assert said(wanting, "refuse", "三次催告未补") == "done"


def test_a_decision_against_rules_or_recommendation_needs_a_note() -> None:
    assert said(CASE, "refuse") == "note_missing"
    against = replace(CASE, recommendation="recommend_refusal")
    assert said(against) == "note_missing"
    assert said(against, note="已核对户籍") == "done"


def test_another_body_cannot_decide_on_the_voucher() -> None:
    assert said(CASE, by=replace(WANG, body="老龄办")) == "not_responsible"
    assert said(CASE, by=replace(WANG, body="")) == "not_responsible"
    assert said(CASE, by=replace(WANG, body="残联")) == "done"


def test_nobody_decides_on_the_dead_the_closed_or_a_street_that_is_paused() -> None:
    assert said(replace(CASE, died_on=date(2010, 1, 3))) == "person_died"
    assert said(replace(CASE, stage="died")) == "person_died"
    assert said(replace(CASE, stage="approved")) == "closed"
    assert said(replace(CASE, activated=False)) == "street_not_activated"


def test_an_officer_with_a_declared_tie_decides_nothing_at_either_party() -> None:
    tied = replace(CASE, tied=True)
    assert said(tied) == "tied"
    assert said(tied, "refuse", "回避") == "tied"
    assert reviewed(replace(tied, stage="street_review"), "recommend_refusal") == "tied"


def test_the_street_reviews_once_and_again_when_papers_have_come() -> None:
    assert reviewed(CASE) == "already_reviewed"
    wanting = replace(CASE, stage="needs_evidence")
    outcome = reviewed(wanting)
    assert isinstance(outcome, Reviewed)
    assert outcome.stage == "district_approval"
    held = replace(CASE, stage="held")
    assert reviewed(held) == "street_not_activated"


def test_every_verdict_speaks_both_languages() -> None:
    assert all(zh and en and not zh.isascii() and en.isascii() for zh, en in WORDS.values())
