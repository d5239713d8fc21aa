"""Doors of chains: one application's life in one answer, and the list of applications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from services.evaluation.chains.store import ChainLinks
from services.evaluation.chains.titles import Stage, title_of
from shared.caller import Caller
from shared.doors import doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.work import Row

router = doors("/v1/chains", "chains")
Store = Annotated[ChainLinks, Depends(opens(ChainLinks))]
Reader = Annotated[
    Caller,
    permit(
        "community_worker", "street_officer", "district_officer", "hotline", "finance", "auditor",
        "operator", "partner",
    ),
]  # fmt: skip
Counter = Annotated[Caller, permit("street_officer", "district_officer", "auditor", "operator")]
TRACE_PART = 1


class LinkView(BaseModel):
    """One letter in a chain; `causation_id` is the letter that led to it."""

    type: str
    title_zh: str
    title_en: str
    occurred_at: datetime
    recorded_at: datetime
    letter_id: UUID
    causation_id: UUID | None
    trace_id: str | None
    facts: dict[str, Any]


class Chain(BaseModel):
    """One application's letters from all five services, in the order in which things happened."""

    application_id: UUID
    person_id: UUID | None
    programme: str | None
    links: list[LinkView]


class ChainLine(BaseModel):
    """One application in a list, and how far it has come."""

    application_id: UUID
    person_id: UUID | None
    programme: str | None
    submitted_at: datetime
    latest_type: str
    latest_zh: str
    latest_en: str
    latest_at: datetime


@router.get("")
async def chains(
    caller: Reader,
    store: Store,
    person_id: UUID | None = None,
    stage: Stage | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ChainLine]:
    """Applications of the caller's area: of a person, or those that have reached a stage."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(person_id, stage, after, limit + 1)
    return page_of([line_view(row) for row in rows], limit, lambda line: (line.application_id,))


@router.get("/counts")
async def counts(caller: Counter, store: Store) -> dict[str, int]:
    """How many letters of each type are kept: what other services' own sums are held against."""
    return await store.counts()


@router.get("/{application_id}")
async def chain(application_id: UUID, caller: Reader, store: Store) -> Chain:
    """An elder's journey, from application to evaluated service."""
    rows = await store.chain(application_id)
    return Chain(
        application_id=application_id,
        person_id=first_of([row["person_id"] for row in rows]),
        programme=first_of([row["facts"].get("programme") for row in rows]),
        links=[link_view(row) for row in rows],
    )


def first_of(values: Sequence[Any]) -> Any:
    """The first value that is known."""
    return next((value for value in values if value is not None), None)


def link_view(row: Row) -> LinkView:
    zh, en = title_of(row["type"])
    shown = {"title_zh": zh, "title_en": en, "trace_id": trace_of(row["traceparent"])}
    return LinkView.model_validate({**row, **shown})


def trace_of(traceparent: str | None) -> str | None:
    """The trace id inside a W3C traceparent: version-trace-span-flags."""
    return traceparent.split("-")[TRACE_PART] if traceparent else None


def line_view(row: Row) -> ChainLine:
    zh, en = title_of(row["latest_type"])
    shown = {"submitted_at": row["occurred_at"], "latest_zh": zh, "latest_en": en}
    return ChainLine.model_validate({**row, **shown})
