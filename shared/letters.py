"""Doors of every service's letters: how many wait, which are parked, replay and discard."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from shared.doors import Body, doors, opens, permit
from shared.outbox import RELAY
from shared.pages import Cursor, Limit, Page, page_of, read_cursor
from shared.parking import Parked

UNSENT = "SELECT count(*) FROM outbox WHERE NOT sent"
PARKED = "SELECT count(*) FROM parked WHERE state = 'waiting'"
LAST = "SELECT coalesce(max(position), 0) FROM outbox"
HELD_KEYS = "SELECT key FROM parked WHERE consumer = 'relay' AND state = 'waiting'"
COUNTS = f"""
SELECT count(*) FILTER (WHERE NOT held) AS unsent, count(*) FILTER (WHERE held) AS held,
    ({PARKED}) AS parked, ({LAST}) AS last
FROM (SELECT key = ANY (ARRAY({HELD_KEYS})) AS held FROM outbox WHERE NOT sent) AS waiting
"""
OPERATORS = ("operator",)
READERS = ("operator", "auditor")
Store = Annotated[Parked, Depends(opens(Parked))]
Reason = Annotated[str, Field(min_length=2, max_length=200)]


class LetterCounts(BaseModel):
    """Letters that have not arrived everywhere yet."""

    unsent: int = Field(description="written here and on the way to the bus")
    behind: int | None = Field(description="on the bus for this service; null: nobody can say")
    parked: int = Field(description="put aside until an operator decides")
    held: int = Field(description="written here, behind one that the broker refused")
    last: int = Field(description="number of the newest letter written here")


class ParkedView(BaseModel):
    """A parked letter: which it is, why it is here, and since when."""

    position: int
    consumer: str = Field(description="who could not handle it; `relay`: the broker refused it")
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
        """How many letters are on their way from here and to here, and how many are parked."""
        behind = await request.app.state.runtime.behind()
        row = await request.state.work.row(COUNTS)
        return LetterCounts(behind=behind, **row)

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
        """Handle it and the letters behind it again, in order, until one still fails.

        One that the broker refused is sent again, with what is behind it.
        """
        row = await store.one(letter_id)
        if row["consumer"] == RELAY:
            await store.send_again(letter_id)
            done, why = 1, None
        else:
            inbox = request.app.state.runtime.inbox
            done, why = await inbox.replay(request.state.work, row["key"])
        store.told("letters.replayed", letter_id, body.reason, done)
        return Replayed(replayed=done, stopped_by=why)

    @router.post("/parked/{letter_id}/discards", dependencies=[permit(*OPERATORS)])
    async def discard(letter_id: UUID, body: Decision, store: Store) -> ParkedView:
        """Give a letter up for good; the letters behind it can then be replayed."""
        row = await store.one(letter_id)
        await store.discard(letter_id)
        store.told("letters.discarded", letter_id, body.reason, 1)
        return ParkedView(**{**row, "state": "discarded"})
