"""The door of names for public notices: one character masked, for the officers who post them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import Field

from services.intake.persons.domain import notice_name
from services.intake.persons.store import Persons
from shared.doors import READS_BY_POST, Body, doors, opens, permit
from shared.lines import MOST_LINES

router = doors("/v1/notice-names", "persons")
Store = Annotated[Persons, Depends(opens(Persons))]
OFFICERS = ("community_worker", "street_officer", "district_officer")


class Asked(Body):
    """The persons on a public notice."""

    people: Annotated[list[UUID], Field(min_length=1, max_length=MOST_LINES)]


class NoticeName(Body):
    """A name as a public notice shows it."""

    person_id: UUID
    shown: str


@router.post("", openapi_extra={READS_BY_POST: True}, dependencies=[permit(*OFFICERS)])
async def notice_names(body: Asked, store: Store) -> list[NoticeName]:
    """Names with one character masked, of those persons whose files the caller may see."""
    opened = await store.opened_many(body.people)
    await store.named_for_notice(len(opened))
    return [NoticeName(person_id=person, shown=notice_name(who)) for person, who in opened]
