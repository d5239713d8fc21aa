"""Doors of previews: one, or up to 10,000 at once; stateless and without regard to areas."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, Field

from services.eligibility.policy import Outcome, PolicyBook, record
from services.eligibility.previews.domain import Preview, flaws, preview
from shared.caller import ROLES
from shared.contracts.facts import PersonFacts
from shared.contracts.written import WrittenFacts
from shared.doors import READS_BY_POST, Body, permit, stateless_doors
from shared.errors import FieldFlaw, Invalid
from shared.problems import INVALID_FIELDS

router = stateless_doors("/v1/previews", "previews")
MOST = 10_000
MOST_FLAWS = 100
AT_ONCE = 100
READS: dict[str, Any] = {READS_BY_POST: True}


class StatedFacts(WrittenFacts):
    """What is stated of a person; every fact may be left out, which means unknown."""

    centenarian_certificate: Annotated[
        str | None,
        Field(min_length=1, max_length=64, description="number of the certificate shown"),
    ] = None

    def stated(self) -> PersonFacts:
        """The facts as the rules read them: a certificate's number says that one is held."""
        if self.centenarian_certificate is None:
            return self
        told = self.model_dump(exclude={"centenarian_certificate"}, exclude_unset=True)
        return PersonFacts.model_validate({**told, "centenarian_certificate_held": True})


class Ask(Body):
    """What would this programme say of these facts on that day?"""

    programme: Annotated[str, Field(min_length=1, max_length=100)]
    as_of: date
    facts: StatedFacts


class Asks(Body):
    """Many questions; the answers come in the same order."""

    previews: Annotated[list[Ask], Field(min_length=1, max_length=MOST)]


class FindingView(BaseModel):
    """One criterion; `met` null is unknown, which never means no."""

    criterion: str
    article: str
    found: Any
    required: Any
    met: bool | None


class ReasonsView(BaseModel):
    """The reasons in sentences."""

    zh: str
    en: str


class PreviewView(BaseModel):
    """The answer of the rules; `met` null in a finding is unknown, which never means no."""

    programme: str
    as_of: date
    policy_version: str
    outcome: Outcome
    class_: str | None = Field(alias="class", description="A, B or C, where there are classes")
    findings: list[FindingView]
    reasons: ReasonsView
    evidence: list[str] = Field(description="documents of the policy that would settle it")
    flags: list[str] = Field(description="questions that a person has to answer")
    refer_to: str | None = Field(description="the district to apply in, if it is another one")
    digest: str


class PreviewsView(BaseModel):
    """The answers, in the order of the questions."""

    previews: list[PreviewView]


@router.post("", dependencies=[permit(*ROLES)], openapi_extra=READS, response_model=PreviewView)
async def one_preview(ask: Ask, request: Request) -> Response:
    """What the rules say of stated facts; nothing is kept, and nobody is decided on."""
    book: PolicyBook = request.app.state.runtime.state["policies"]
    facts = ask.facts.stated()
    if wrong := [_at("body", flaw) for flaw in flaws(book, ask.programme, facts, ask.as_of)]:
        raise _refused(wrong)
    return _answer(answer_of(preview(book, ask.programme, facts, ask.as_of)))


@router.post(
    "/batch", dependencies=[permit(*ROLES)], openapi_extra=READS, response_model=PreviewsView
)
async def many_previews(asks: Asks, request: Request) -> Response:
    """Up to 10,000 previews at once; all are answered, or none if one cannot be."""
    book: PolicyBook = request.app.state.runtime.state["policies"]
    answers: list[dict[str, Any]] = []
    wrong: list[FieldFlaw] = []
    for nth, ask in enumerate(asks.previews):
        facts = ask.facts.stated()
        found = list(flaws(book, ask.programme, facts, ask.as_of))
        wrong += [_at(f"body.previews.{nth}", flaw) for flaw in found]
        if not wrong:
            answers.append(answer_of(preview(book, ask.programme, facts, ask.as_of)))
        if nth % AT_ONCE == 0:
            await asyncio.sleep(0)  # others are served in between
    if wrong:
        raise _refused(wrong[:MOST_FLAWS])
    return _answer({"previews": answers})


def _at(place: str, flaw: FieldFlaw) -> FieldFlaw:
    return FieldFlaw(f"{place}.{flaw.field}", flaw.code, flaw.zh, flaw.en)


def _refused(wrong: list[FieldFlaw]) -> Invalid:
    return Invalid("invalid_fields", *INVALID_FIELDS, *wrong)


def answer_of(made: Preview) -> dict[str, Any]:
    """A `PreviewView` as plain values; the rules made them, so nothing checks them once more."""
    said = record(made.judgement)
    said.pop("reconsider_on")
    return {**said, "reasons": made.judgement.reasons, "digest": made.digest}


def _answer(said: dict[str, Any]) -> Response:
    return Response(orjson.dumps(said), media_type="application/json")
