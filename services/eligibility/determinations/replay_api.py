"""The door of replay: every stored determination reached again, stretch by stretch."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict

from services.eligibility.determinations.replay import CHUNK, FIRST, stretch
from shared.caller import Caller, job
from shared.doors import doors, permit

router = doors("/v1/replays", "determinations")


class DifferenceView(BaseModel):
    """A determination that is no longer what it was; `recomputed` is null when nothing is."""

    model_config = ConfigDict(from_attributes=True)
    determination_id: UUID
    programme: str
    engine_version: str
    stored: str
    recomputed: str | None
    differs: list[str]


class ReplayView(BaseModel):
    """A stretch of replayed determinations; ask again with `after` = `next` until it is null.

    `sealed` counts those of a retired engine, proved by their stored bytes alone.
    """

    checked: int
    sealed: int
    different: list[DifferenceView]
    next: UUID | None


@router.get("")
async def replay(
    request: Request,
    caller: Annotated[Caller, permit("auditor", "operator")],
    after: UUID = FIRST,
    limit: Annotated[int, Query(ge=1, le=CHUNK)] = CHUNK,
) -> ReplayView:
    """Determine what is stored again, over all areas under the jobs role, and tell what differs."""
    work = request.app.state.runtime.work(job("replay"))
    try:
        found = await stretch(work, after, limit)
    finally:
        await work.abandon()
    return ReplayView(
        checked=found.checked,
        sealed=found.sealed,
        different=[DifferenceView.model_validate(one) for one in found.different],
        next=found.upto,
    )
