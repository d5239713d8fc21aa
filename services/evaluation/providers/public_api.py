"""The public catalogue: which providers are admitted, where, and what they offer (N-55)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from services.evaluation.providers.store import Providers
from shared.caller import job
from shared.contracts.facts import AreaCode
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_mark
from shared.work import Work

router = APIRouter(prefix="/v1/providers/public", tags=["public"])


class PublicProvider(BaseModel):
    """What everybody may know of an admitted provider."""

    id: UUID
    name: str
    area_code: str
    categories: list[str]


@router.get("")
async def public(
    request: Request,
    area_code: Annotated[AreaCode | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PublicProvider]:
    """The admitted providers, for everybody, without a token."""
    after = read_mark(cursor, 1)
    work: Work = request.app.state.runtime.work(job("public"))
    try:
        rows = await Providers(work).page(
            "admitted", area_code or "", after[0] if after else None, limit + 1
        )
    finally:
        await work.abandon()
    shown = [
        PublicProvider(
            id=row["id"],
            name=row["name"],
            area_code=row["area_code"],
            categories=row["categories"] or [],
        )
        for row in rows
    ]
    return page_of(shown, limit, lambda provider: (provider.id,))
