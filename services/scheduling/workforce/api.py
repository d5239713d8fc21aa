"""The workforce's door: which caregivers a plan may name."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from services.scheduling.workforce.store import Workforce
from shared.caller import Caller
from shared.doors import doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/caregivers", "workforce")


class CaregiverShown(BaseModel):
    """A caregiver by id, without a name; the certificate's last day, or none."""

    caregiver_id: UUID
    provider_id: UUID
    certified_until_on: date | None
    on_duty: bool
    provider_state: str


@router.get("")
async def list_caregivers(
    caller: Annotated[
        Caller, permit("street_officer", "district_officer", "provider", "caregiver", "auditor")
    ],
    workforce: Annotated[Workforce, Depends(opens(Workforce))],
    provider_id: Annotated[UUID | None, Query()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[CaregiverShown]:
    """Caregivers that providers have registered; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await workforce.page(provider_id, after, limit + 1)
    shown = [CaregiverShown(**row) for row in rows]
    return page_of(shown, limit, lambda one: (one.caregiver_id,))
