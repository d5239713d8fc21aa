"""The public page of policies: programmes, articles, criteria in words, silences; no token."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from services.eligibility.policy import PolicyBook, Programme
from services.eligibility.policy.model import Criterion, Instrument, Silence
from services.eligibility.policy.wording import requires_on

router = APIRouter(prefix="/v1/policies", tags=["public"])


class TextView(BaseModel):
    """The same words in Chinese and in English."""

    model_config = ConfigDict(from_attributes=True)
    zh: str
    en: str


class CriterionView(BaseModel):
    """One condition in words."""

    id: str
    article: str
    requires: TextView


class ClassView(BaseModel):
    """A class of recipients and what it asks for besides the programme's own criteria."""

    id: str
    name: TextView
    criteria: list[CriterionView]


class ParameterView(BaseModel):
    """An amount, limit or interval in force."""

    id: str
    article: str
    unit: str
    value: int


class ProgrammeView(BaseModel):
    """One benefit as a citizen may ask for it."""

    id: str
    name: TextView
    article: str
    clauses: list[str]
    responsible: list[str]
    documents: list[TextView]
    parameters: list[ParameterView]
    criteria: list[CriterionView]
    classes: list[ClassView]


class SilenceView(BaseModel):
    """What the document does not say, and what this office does."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    subject: TextView
    chosen: TextView
    why: TextView


class PolicyView(BaseModel):
    """One document with its programmes."""

    id: str
    document_number: str
    title: TextView
    district: TextView
    issued_on: date
    effective_on: date
    programmes: list[ProgrammeView]
    silences: list[SilenceView]


@router.get("")
async def policies(request: Request) -> list[PolicyView]:
    """Every document that this office decides by, with the values in force today."""
    runtime = request.app.state.runtime
    book: PolicyBook = runtime.state["policies"]
    today = runtime.clock.today()
    return [_policy(book, instrument, today) for instrument in book.instruments.values()]


def _policy(book: PolicyBook, instrument: Instrument, today: date) -> PolicyView:
    programmes = [p for p in book.programmes.values() if p.instrument is instrument]
    return PolicyView(
        id=instrument.id,
        document_number=instrument.document_number,
        title=TextView.model_validate(instrument.title),
        district=TextView.model_validate(instrument.district),
        issued_on=instrument.issued_on,
        effective_on=instrument.effective_on,
        programmes=[_programme(programme, today) for programme in programmes],
        silences=[_silence(silence) for silence in instrument.silences.values()],
    )


def _programme(programme: Programme, today: date) -> ProgrammeView:
    version = programme.version_on(today)
    papers = programme.instrument.documents
    return ProgrammeView(
        id=programme.id,
        name=TextView.model_validate(programme.name),
        article=programme.article,
        clauses=list(programme.clauses),
        responsible=list(programme.bodies.responsible),
        documents=[TextView.model_validate(papers[name]) for name in programme.documents],
        parameters=[
            ParameterView(id=p.id, article=p.article, unit=p.unit, value=p.values.on(version))
            for p in programme.parameters.values()
        ],
        criteria=[_criterion(criterion, version) for criterion in programme.criteria],
        classes=[
            ClassView(
                id=each.id,
                name=TextView.model_validate(each.name),
                criteria=[_criterion(criterion, version) for criterion in each.criteria],
            )
            for each in programme.classes
        ],
    )


def _criterion(criterion: Criterion, version: date) -> CriterionView:
    text = TextView.model_validate(requires_on(criterion, version))
    return CriterionView(id=criterion.id, article=criterion.article, requires=text)


def _silence(silence: Silence) -> SilenceView:
    return SilenceView.model_validate(silence)
