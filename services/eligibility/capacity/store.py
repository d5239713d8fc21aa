"""The mirror of plans and caregivers, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.eligibility.capacity.domain import Present
from shared.caller import DISTRICT_DIGITS
from shared.work import Work

NOWHERE = "-"
PLAN = """
SELECT keep_plan(:plan_id, :area_code, CAST(:person_id AS uuid), CAST(:caregiver_id AS uuid),
    CAST(:weekly_minutes AS integer), CAST(:starts_on AS date), CAST(:ended_on AS date))
"""
CAREGIVER = """
SELECT keep_caregiver(:caregiver_id, :provider_id, :area_code, :on_duty,
    CAST(:certified_until_on AS date))
"""
PROVIDER = """
INSERT INTO care_providers (provider_id, taking) VALUES (:provider_id, :taking)
ON CONFLICT (provider_id) DO UPDATE SET taking = excluded.taking
"""
PRESENT = """
SELECT count(DISTINCT person_id) AS people, coalesce(sum(weekly_minutes), 0) AS weekly_minutes,
    count(DISTINCT caregiver_id) AS working,
    (SELECT count(*) FROM caregivers c LEFT JOIN care_providers p USING (provider_id)
        WHERE c.on_duty AND coalesce(p.taking, true) AND c.area_code LIKE :area
        AND left(c.area_code, :digits) = ANY(CAST(:districts AS text[]))) AS caregivers
FROM care_plans
WHERE starts_on <= :day AND (ended_on IS NULL OR ended_on >= :day) AND area_code LIKE :area
    AND left(area_code, :digits) = ANY(CAST(:districts AS text[]))
"""


class Capacity:
    """Plans and caregivers as the newest letters have them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def keep_plan(self, plan_id: UUID, area_code: str | None, **told: Any) -> None:
        """Keep what a letter tells of a plan."""
        known: dict[str, Any] = dict.fromkeys(
            ("person_id", "caregiver_id", "weekly_minutes", "starts_on", "ended_on")
        )
        await self._work.run(PLAN, plan_id=plan_id, area_code=area_code or NOWHERE, **known | told)

    async def keep_caregiver(
        self,
        caregiver_id: UUID,
        provider_id: UUID,
        area_code: str | None,
        on_duty: bool,
        until_on: date | None,
    ) -> None:
        """Keep a caregiver as just registered."""
        await self._work.run(
            CAREGIVER,
            caregiver_id=caregiver_id,
            provider_id=provider_id,
            area_code=area_code or NOWHERE,
            on_duty=on_duty,
            certified_until_on=until_on,
        )

    async def keep_provider(self, provider_id: UUID, *, taking: bool) -> None:
        """Whether a provider may take plans; nothing heard yet counts as yes."""
        await self._work.run(PROVIDER, provider_id=provider_id, taking=taking)

    async def present(self, area: str, districts: Sequence[str], day: date) -> Present:
        """The care there is on a day in some districts, within a LIKE pattern of areas."""
        row = await self._work.row(
            PRESENT, area=area, districts=list(districts), digits=DISTRICT_DIGITS, day=day
        )
        return Present(**(row or {}))
