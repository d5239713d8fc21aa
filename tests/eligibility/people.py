"""Cases as sentences from YAML, and people drawn at random, for the stories about criteria."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from services.eligibility.policy import Judgement, evaluate, load_policies
from shared.contracts.facts import Child, PersonFacts

CASES = Path(__file__).parent / "cases"
BOOK = load_policies()
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
YESNO = st.sampled_from([True, False])
AREAS = st.sampled_from(["110105", "110105001", "110108", "130100", "230103", "230102"])
BIRTHS = st.dates(date(1900, 1, 1), date(2005, 12, 31))
DAYS = st.dates(date(2010, 1, 1), date(2030, 12, 31))


@dataclass(frozen=True)
class Story:
    """One sentence, the person it is about, and what must come out."""

    sentence: str
    facts: PersonFacts
    as_of: date
    expected: dict[str, Any]
    programme: str | None = None


def stories(file: str) -> list[Story]:
    """The cases of a file; `facts` change the file's base person, `null` makes a fact unknown."""
    content = yaml.safe_load((CASES / file).read_text(encoding="utf-8"))
    return [_story(content, sentence, case) for sentence, case in content["cases"].items()]


def _story(content: dict[str, Any], sentence: str, case: dict[str, Any]) -> Story:
    facts = PersonFacts.model_validate(content["person"] | case.get("facts", {}))
    given = ("facts", "as_of", "programme")
    expected = {key: value for key, value in case.items() if key not in given}
    as_of = case.get("as_of", content["as_of"])
    return Story(sentence, facts, as_of, expected, case.get("programme"))


def assert_told(story: Story, judgement: Judgement) -> None:
    """Compare what the story expects; `unmet` and `unknown` name the criteria."""
    told: dict[str, Any] = {
        "outcome": judgement.outcome,
        "class": judgement.class_,
        "unmet": [f.criterion for f in judgement.findings if f.met is False],
        "unknown": [f.criterion for f in judgement.findings if f.met is None],
        "flags": list(judgement.flags),
        "evidence": list(judgement.evidence),
        "refer_to": judgement.refer_to,
        "reconsider_on": judgement.reconsider_on,
    }
    assert {key: told[key] for key in story.expected} == story.expected, judgement.reasons["en"]


def judge(programme: str, facts: PersonFacts, as_of: date) -> Judgement:
    """The judgement by the office's own policy files."""
    return evaluate(BOOK.programme(programme), facts, as_of)


def forgetting(facts: PersonFacts, names: tuple[str, ...]) -> list[PersonFacts]:
    """The same person with every possible selection of these facts unknown."""
    return [
        facts.model_copy(update=dict.fromkeys(forgotten))
        for count in range(len(names) + 1)
        for forgotten in combinations(names, count)
    ]


def maybe(values: st.SearchStrategy[Any], known: bool) -> st.SearchStrategy[Any]:
    return values if known else st.none() | values


def children(known: bool) -> st.SearchStrategy[Child]:
    return st.builds(
        Child,
        alive=maybe(YESNO, known),
        in_city=maybe(st.sampled_from([True, False, "county"]), known),
        dibao=maybe(YESNO, known),
        severely_disabled=maybe(YESNO, known),
    )


FACTS: dict[str, Any] = {
    "birth_on": BIRTHS,
    "hukou_area": AREAS,
    "residence_area": AREAS,
    "household_size": st.integers(1, 4),
    "household_monthly_income_fen": st.integers(48000, 200000),
    "sanwu": YESNO,
    "gulao": YESNO,
    "dibao": YESNO,
    "tekun": YESNO,
    "lives_with": st.sampled_from(
        ["alone", "spouse_elderly_or_disabled", "spouse_able", "able_adult", "other"]
    ),
    "disability": st.sampled_from(["none"])
    | st.fixed_dictionaries({"category": st.integers(1, 7), "grade": st.integers(1, 4)}),
    "employed": YESNO,
    "sex": st.sampled_from(["female", "male"]),
    "mobility_impaired": YESNO,
    "modification_needs": st.lists(st.sampled_from(["bath", "indoor"]), max_size=2),
    "device_need": YESNO,
    "device_able": YESNO,
    "enrolled": YESNO,
}


@st.composite
def people(draw: st.DrawFn) -> PersonFacts:
    """Anybody, with any of the facts unknown, and any fact of any child."""
    values = {name: draw(maybe(strategy, known=False)) for name, strategy in FACTS.items()}
    values["children"] = draw(st.none() | st.lists(children(known=False), max_size=3))
    return PersonFacts.model_validate(values)


@st.composite
def completions(draw: st.DrawFn, facts: PersonFacts) -> PersonFacts:
    """The same person once everything has been found out."""
    values = facts.model_dump()
    for name, strategy in FACTS.items():
        if values[name] is None:
            values[name] = draw(strategy)
    if facts.children is None:
        values["children"] = draw(st.lists(children(known=True), max_size=3))
    else:
        values["children"] = [_found_out(draw, child) for child in facts.children]
    return PersonFacts.model_validate(values)


def _found_out(draw: st.DrawFn, child: Child) -> dict[str, Any]:
    known = draw(children(known=True)).model_dump()
    return known | child.model_dump(exclude_none=True)
