"""Stories of the other programmes, sentence by sentence, and what holds for every programme."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.policy import record
from services.eligibility.policy.findings import canonical
from shared.contracts.facts import PersonFacts
from tests.eligibility.people import (
    BOOK,
    DAYS,
    FACTS,
    UNHURRIED,
    Story,
    assert_told,
    completions,
    judge,
    people,
    stories,
)

PROGRAMMES = sorted(BOOK.programmes)
ANY_PROGRAMME = st.sampled_from(PROGRAMMES)


@pytest.mark.parametrize("story", stories("chaoyang_measures.yaml"), ids=lambda one: one.sentence)
def test_what_chaoyang_says_of_the_other_measures(story: Story) -> None:
    assert_told(story, judge(f"chaoyang-2010/{story.programme}", story.facts, story.as_of))


@pytest.mark.parametrize("story", stories("nangang_measures.yaml"), ids=lambda one: one.sentence)
def test_what_nangang_says_of_the_other_measures(story: Story) -> None:
    assert_told(story, judge(f"nangang-2008/{story.programme}", story.facts, story.as_of))


def test_every_programme_of_both_documents_has_its_stories() -> None:
    told = {f"chaoyang-2010/{s.programme}" for s in stories("chaoyang_measures.yaml")}
    told |= {f"nangang-2008/{s.programme}" for s in stories("nangang_measures.yaml")}
    assert told | {"chaoyang-2010/voucher", "nangang-2008/home-care"} == set(PROGRAMMES)


@UNHURRIED
@given(people(), DAYS, ANY_PROGRAMME)
def test_nobody_eligible_has_a_finding_that_is_not_met(
    facts: PersonFacts, day: date, programme: str
) -> None:
    judgement = judge(programme, facts, day)
    met = {finding.met for finding in judgement.findings}
    assert (judgement.outcome == "eligible") == (met == {True})
    assert (judgement.outcome == "ineligible") == (False in met)


@UNHURRIED
@given(st.data(), DAYS, ANY_PROGRAMME)
def test_what_is_found_out_later_turns_no_yes_and_no_no_around(
    data: st.DataObject, day: date, programme: str
) -> None:
    facts = data.draw(people())
    before = judge(programme, facts, day)
    after = judge(programme, data.draw(completions(facts)), day)
    if before.outcome in ("eligible", "ineligible"):
        assert after.outcome == before.outcome


@UNHURRIED
@given(st.data(), DAYS, ANY_PROGRAMME)
def test_forgetting_a_fact_never_refuses_somebody_who_is_not_refused(
    data: st.DataObject, day: date, programme: str
) -> None:
    facts = data.draw(people())
    whole = data.draw(completions(facts))
    forgotten = data.draw(st.sets(st.sampled_from([*FACTS, "children"])))
    before = judge(programme, whole, day)
    after = judge(programme, whole.model_copy(update=dict.fromkeys(forgotten)), day)
    if before.outcome != "ineligible":
        assert after.outcome != "ineligible"


@UNHURRIED
@given(people(), DAYS, ANY_PROGRAMME)
def test_what_is_open_always_says_what_would_settle_it(
    facts: PersonFacts, day: date, programme: str
) -> None:
    judgement = judge(programme, facts, day)
    if judgement.outcome == "needs_evidence":
        assert judgement.evidence
        assert set(judgement.evidence) <= BOOK.programme(programme).instrument.documents.keys()
    if judgement.outcome == "needs_review":
        assert judgement.flags


@UNHURRIED
@given(people(), DAYS, ANY_PROGRAMME)
def test_what_a_digest_is_made_of_is_canonical_json(
    facts: PersonFacts, day: date, programme: str
) -> None:
    known: dict[str, Any] = facts.model_dump(mode="json", exclude_none=True)
    content = {"facts": known, **record(judge(programme, facts, day))}
    assert canonical(content) == rfc8785.dumps(content)


@UNHURRIED
@given(people(), DAYS, st.sampled_from([p for p in PROGRAMMES if p.startswith("chaoyang")]))
def test_nobody_who_lives_elsewhere_is_served_in_chaoyang(
    facts: PersonFacts, day: date, programme: str
) -> None:
    residence = facts.residence_area
    if residence is not None and not residence.startswith("110105"):
        judgement = judge(programme, facts, day)
        assert judgement.outcome == "ineligible"
        assert judgement.refer_to == ("110108" if residence.startswith("11") else None)
