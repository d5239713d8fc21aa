"""What every service can prove of itself on demand: its letters are out, its audit chain holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel

from shared import audit
from shared.caller import Caller, job
from shared.doors import doors, permit
from shared.work import Work

UNSENT = "SELECT count(*) FROM outbox WHERE NOT sent"
PARKED = "SELECT count(*) FROM parked WHERE state = 'waiting'"
GAPS = """
SELECT count(*) FROM (
    SELECT h.aggregate_id FROM outbox_heads h LEFT JOIN outbox o USING (aggregate_id)
    GROUP BY h.aggregate_id, h.seq HAVING count(o.id) <> h.seq
) AS holes
"""
LETTERS = "SELECT count(*) FROM outbox"


class Check(BaseModel):
    """One thing recomputed: how many rows it looked at, whether it holds, and what is off."""

    name: str
    ok: bool
    checked: int
    detail: str = ""


class Verification(BaseModel):
    """All that a service recomputed."""

    service: str
    checks: list[Check]


class LetterCounts(BaseModel):
    """Letters that have not arrived everywhere yet."""

    unsent: int
    parked: int


ExtraChecks = Callable[[Work], Awaitable[list[Check]]]


async def _own_checks(work: Work) -> list[Check]:
    letters = await work.value(LETTERS)
    unsent, parked = await work.value(UNSENT), await work.value(PARKED)
    gaps = await work.value(GAPS)
    sealed, flaws = await audit.verify(await work.begin())
    return [
        Check(name="letters_sent", ok=unsent == 0, checked=letters, detail=f"{unsent} unsent"),
        Check(name="letters_parked", ok=parked == 0, checked=letters, detail=f"{parked} waiting"),
        Check(name="letters_numbered", ok=gaps == 0, checked=letters, detail=f"{gaps} with gaps"),
        Check(name="audit_chain", ok=not flaws, checked=sealed, detail="; ".join(flaws[:5])),
    ]


def verification_router(extra: ExtraChecks | None = None) -> APIRouter:
    """`GET /v1/verification` and `/v1/letters`; `extra` recomputes what is special to a service."""
    router = doors("/v1", "verification")

    @router.get("/letters", dependencies=[permit("auditor", "operator")])
    async def letters(request: Request) -> LetterCounts:
        """How many letters wait to be sent, and how many are parked."""
        work: Work = request.app.state.runtime.work(job("letters"))
        try:
            return LetterCounts(unsent=await work.value(UNSENT), parked=await work.value(PARKED))
        finally:
            await work.abandon()

    @router.get("/verification")
    async def verify(
        request: Request, caller: Annotated[Caller, permit("auditor", "operator")]
    ) -> Verification:
        """Recompute everything from the journals, over all areas, under the jobs role."""
        runtime = request.app.state.runtime
        work: Work = runtime.work(job("verification"))
        try:
            checks = await _own_checks(work)
            checks += await extra(work) if extra else []
        finally:
            await work.abandon()
        return Verification(service=runtime.service.name, checks=checks)

    return router
