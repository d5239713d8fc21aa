"""What every service can prove of itself on demand: its letters are out, its audit chain holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel

from shared import audit
from shared.caller import Caller, job
from shared.doors import doors, permit
from shared.letters import PARKED, UNSENT
from shared.work import Work

# The oldest letters of an aggregate may be pruned; from the first that is left, none is missing.
GAPS = """
SELECT count(*) FROM (
    SELECT h.aggregate_id FROM outbox_heads h JOIN outbox o USING (aggregate_id)
    GROUP BY h.aggregate_id, h.seq
    HAVING max(o.seq) <> h.seq OR count(*) <> max(o.seq) - min(o.seq) + 1
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


ExtraChecks = Callable[[Work], Awaitable[list[Check]]]


async def counted(work: Work, statements: Mapping[str, str]) -> list[Check]:
    """A check of each statement; it answers with two columns: how many, and how many are off."""
    return [await _counted(work, name, sql) for name, sql in statements.items()]


async def _counted(work: Work, name: str, sql: str) -> Check:
    row = await work.row(f"SELECT * FROM ({sql}) AS counted (checked, off)")
    assert row is not None
    off = row["off"]
    return Check(name=name, ok=off == 0, checked=row["checked"], detail=f"{off} off" if off else "")


async def _own_checks(work: Work) -> list[Check]:
    async with work.engine.connect() as connection:
        sealed, flaws = await audit.verify(connection)
    letters = await work.value(LETTERS)
    unsent, parked = await work.value(UNSENT), await work.value(PARKED)
    gaps = await work.value(GAPS)
    return [
        Check(name="letters_sent", ok=unsent == 0, checked=letters, detail=f"{unsent} unsent"),
        Check(name="letters_parked", ok=parked == 0, checked=letters, detail=f"{parked} waiting"),
        Check(name="letters_numbered", ok=gaps == 0, checked=letters, detail=f"{gaps} with gaps"),
        Check(name="audit_chain", ok=not flaws, checked=sealed, detail="; ".join(flaws[:5])),
    ]


def verification_router(extra: ExtraChecks | None = None) -> APIRouter:
    """`GET /v1/verification`; `extra` recomputes what is special to a service."""
    router = doors("/v1", "verification")

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
