"""The public catalogue: which providers are admitted, where, and what they offer (N-55)."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.evaluation.providers.store import Providers
from shared.caller import job
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, Within, page_of, read_cursor
from shared.work import Work

router = APIRouter(prefix="/v1/providers/public", tags=["public"])


class PublicProvider(BaseModel):
    """What everybody may know of an admitted provider."""

    provider_id: UUID
    name: str
    area_code: str
    categories: list[str]


@router.get("")
async def public(
    request: Request,
    within: Within = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PublicProvider]:
    """The admitted providers, for everybody, without a token."""
    (after,) = read_cursor(cursor, UUID)
    work: Work = request.app.state.runtime.work(job("public"))
    try:
        rows = await Providers(work).page("admitted", within, after, limit + 1)
    finally:
        await work.abandon()
    shown = [
        PublicProvider(
            provider_id=row["id"],
            name=row["name"],
            area_code=row["area_code"],
            categories=row["categories"] or [],
        )
        for row in rows
    ]
    return page_of(shown, limit, lambda provider: (provider.provider_id,))
