"""Doors of every service's letters: how many wait, which are parked, replay and discard."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from shared.doors import Body, doors, opens, permit
from shared.pages import Cursor, Limit, Page, page_of, read_cursor
from shared.parking import Parked
from shared.work import Work

UNSENT = "SELECT count(*) FROM outbox WHERE NOT sent"
PARKED = "SELECT count(*) FROM parked WHERE state = 'waiting'"
WRITTEN = "SELECT topic, count(*) AS letters FROM outbox GROUP BY topic"
TAKEN = "SELECT count(*) FROM inbox"
OPERATORS = ("operator",)
READERS = ("operator", "auditor")
Store = Annotated[Parked, Depends(opens(Parked))]
Reason = Annotated[str, Field(min_length=2, max_length=200)]


class LetterCounts(BaseModel):
    """Letters that have not arrived everywhere yet."""

    unsent: int
    parked: int


class Traffic(BaseModel):
    """Letters written by topic, and those taken over of the topics that the service hears."""

    written: dict[str, int]
    hears: list[str]
    taken: int


class ParkedView(BaseModel):
    """A parked letter: which it is, why it is here, and since when."""

    position: int
    letter_id: UUID
    type: str
    topic: str
    key: UUID
    aggregate_id: UUID
    seq: int
    cause: str
    attempts: int
    state: str
    parked_at: datetime


class ParkedLetter(ParkedView):
    """A parked letter with its envelope and facts; letters hold nothing that identifies anybody."""

    envelope: dict[str, Any]


class Decision(Body):
    """Replay or discard, and why; kept in the audit journal."""

    id: UUID
    reason: Reason


class Replayed(BaseModel):
    """How many letters of the key had their effect, and why the next one did not."""

    replayed: int
    stopped_by: str | None


def letters_router() -> APIRouter:
    """`/v1/letters…`, the same for every service."""
    router = doors("/v1/letters", "letters")

    @router.get("", dependencies=[permit(*READERS)])
    async def counts(request: Request) -> LetterCounts:
        """How many letters wait to be sent, and how many are parked."""
        work: Work = request.state.work
        return LetterCounts(unsent=await work.value(UNSENT), parked=await work.value(PARKED))

    @router.get("/traffic", dependencies=[permit(*READERS)])
    async def traffic(request: Request) -> Traffic:
        """What is kept of letters written and taken: equal sums mean that all have arrived."""
        work: Work = request.state.work
        rows = await work.rows(WRITTEN)
        return Traffic(
            written={row["topic"]: row["letters"] for row in rows},
            hears=sorted(request.app.state.runtime.service.topics),
            taken=await work.value(TAKEN),
        )

    _parked_doors(router)
    return router


def _parked_doors(router: APIRouter) -> None:
    @router.get("/parked", dependencies=[permit(*READERS)])
    async def parked(
        store: Store,
        state: Annotated[str, Query(pattern="^(waiting|replayed|discarded)$")] = "waiting",
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> Page[ParkedView]:
        """Parked letters, oldest first."""
        (after,) = read_cursor(cursor, int)
        rows = await store.page(state, after or 0, limit + 1)
        return page_of([ParkedView(**row) for row in rows], limit, lambda one: (one.position,))

    @router.get("/parked/{letter_id}", dependencies=[permit(*READERS)])
    async def one(letter_id: UUID, store: Store) -> ParkedLetter:
        """One parked letter, whole."""
        return ParkedLetter(**await store.one(letter_id))

    @router.post("/parked/{letter_id}/replays", dependencies=[permit(*OPERATORS)])
    async def replay(letter_id: UUID, body: Decision, request: Request, store: Store) -> Replayed:
        """Handle it and the letters behind it again, in order, until one still fails."""
        key = (await store.one(letter_id))["key"]
        runtime = request.app.state.runtime
        done, why = await runtime.inbox.replay(request.state.work, key)
        store.told("letters.replayed", letter_id, body.reason, done)
        return Replayed(replayed=done, stopped_by=why)

    @router.post("/parked/{letter_id}/discards", dependencies=[permit(*OPERATORS)])
    async def discard(letter_id: UUID, body: Decision, store: Store) -> ParkedView:
        """Give a letter up for good; the letters behind it can then be replayed."""
        row = await store.one(letter_id)
        await store.discard(letter_id)
        store.told("letters.discarded", letter_id, body.reason, 1)
        return ParkedView(**{**row, "state": "discarded"})
