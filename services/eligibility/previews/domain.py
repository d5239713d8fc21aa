"""A preview: facts that somebody states, judged by a programme on a day; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.eligibility.policy import (
    AsOfRefused,
    Judgement,
    PolicyBook,
    Programme,
    UnknownProgramme,
    digest,
    evaluate,
)
from shared.contracts.facts import PersonFacts
from shared.errors import FieldFlaw

DIED_BEFORE_BIRTH = (
    "早于出生日期 birth_on；请核对两个日期",
    "is before birth_on; check both dates",
)
UNBORN = (
    "晚于 as_of：此人当日尚未出生；请核对两个日期",
    "is after as_of: nobody is born yet on that day; check both dates",
)
CHILD_OF_UNBORN = (
    "as_of 当日本人尚未出生，不可能有子女；请核对 birth_on 与 as_of",
    "the person is not born on as_of and can have no child; check birth_on and as_of",
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What the rules say, and the digest that proves the same answer to the same facts."""

    judgement: Judgement
    digest: str


def preview(book: PolicyBook, programme_id: str, facts: PersonFacts, as_of: date) -> Preview:
    """Judge stated facts.

    Raises:
        UnknownProgramme: the book has no such programme; the message lists those there are.
        AsOfRefused: a day outside the policy's time.
    """
    judgement = evaluate(book.programme(programme_id), facts, as_of)
    return Preview(judgement, digest(judgement, facts))


def flaws(
    book: PolicyBook, programme_id: str, facts: PersonFacts, as_of: date
) -> Iterator[FieldFlaw]:
    """Why a preview cannot be given, field by field; nothing if it can."""
    yield from contradictions(facts, as_of)
    try:
        programme: Programme = book.programme(programme_id)
    except UnknownProgramme:
        names = ", ".join(sorted(book.programmes))
        yield FieldFlaw(
            "programme",
            "unknown_programme",
            f"没有这个项目；可选：{names}",
            f"there is no such programme; there are: {names}",
        )
        return
    try:
        programme.in_time(as_of)
    except AsOfRefused as early:
        yield FieldFlaw("as_of", "as_of_refused", early.zh, early.en)


def contradictions(facts: PersonFacts, as_of: date) -> Iterator[FieldFlaw]:
    """Facts that cannot all be true."""
    birth_on, died_on = facts.birth_on, facts.died_on
    if birth_on is None:
        return
    if died_on is not None and died_on < birth_on:
        yield FieldFlaw("facts.died_on", "contradiction", *DIED_BEFORE_BIRTH)
    if birth_on > as_of:
        yield FieldFlaw("facts.birth_on", "contradiction", *UNBORN)
        if facts.children:
            yield FieldFlaw("facts.children", "contradiction", *CHILD_OF_UNBORN)
