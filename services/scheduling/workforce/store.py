"""The mirrors' rows: written by the handlers, read by the wings above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.scheduling.workforce.domain import ProviderState
from shared.work import Work

PROVIDER = """
INSERT INTO providers (provider_id, state, since_on) VALUES (:provider_id, :state, :since_on)
ON CONFLICT (provider_id) DO UPDATE SET state = excluded.state, since_on = excluded.since_on
"""
CAREGIVER = """
INSERT INTO caregivers (caregiver_id, provider_id, certified_until_on, on_duty)
VALUES (:caregiver_id, :provider_id, :certified_until_on, :on_duty)
ON CONFLICT (caregiver_id) DO UPDATE SET provider_id = excluded.provider_id,
    certified_until_on = excluded.certified_until_on, on_duty = excluded.on_duty
"""
PERSON = "SELECT hear_person(:person_id, :area_code, CAST(:died_on AS date))"
AWARD = """
SELECT hear_award(:award_id, :person_id, CAST(:application_id AS uuid), :programme, :starts_on,
    :area_code)
"""
AWARD_END = "SELECT hear_award_end(:award_id, :ended_on)"
AWARD_SUSPENSION = "SELECT hear_award_suspension(:award_id, :suspended_on)"
AWARD_RESUMPTION = "SELECT hear_award_resumption(:award_id, :resumed_on)"
STREET = """
INSERT INTO street_activations (programme, street_code, active, since_on)
VALUES (:programme, :street_code, :active, :since_on)
ON CONFLICT (programme, street_code) DO UPDATE SET active = excluded.active,
    since_on = excluded.since_on
"""
LIST = """
SELECT c.caregiver_id, c.provider_id, c.certified_until_on, c.on_duty,
    coalesce(p.state, 'unknown') AS provider_state
FROM caregivers c LEFT JOIN providers p USING (provider_id)
WHERE (CAST(:provider_id AS text) IS NULL OR c.provider_id = :provider_id)
    AND (CAST(:after AS uuid) IS NULL OR c.caregiver_id > CAST(:after AS uuid))
ORDER BY c.caregiver_id LIMIT :most
"""


class Workforce:
    """Providers, caregivers, persons, awards and streets, as far as plans depend on them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def save_provider(self, provider_id: UUID, state: ProviderState, since_on: date) -> None:
        await self._work.run(PROVIDER, provider_id=str(provider_id), state=state, since_on=since_on)

    async def save_caregiver(
        self, caregiver_id: UUID, provider_id: UUID, certified_until_on: date | None, on_duty: bool
    ) -> None:
        await self._work.run(
            CAREGIVER,
            caregiver_id=caregiver_id,
            provider_id=str(provider_id),
            certified_until_on=certified_until_on,
            on_duty=on_duty,
        )

    async def save_person(
        self, person_id: UUID, area_code: str | None, died_on: date | None = None
    ) -> None:
        await self._work.run(
            PERSON, person_id=person_id, area_code=area_code or "", died_on=died_on
        )

    async def save_award(
        self,
        award_id: UUID,
        person_id: UUID,
        application_id: UUID | None,
        programme: str,
        starts_on: date,
        area_code: str | None,
    ) -> None:
        await self._work.run(
            AWARD,
            award_id=award_id,
            person_id=person_id,
            application_id=application_id,
            programme=programme,
            starts_on=starts_on,
            area_code=area_code or "",
        )

    async def save_award_end(self, award_id: UUID, ended_on: date) -> None:
        await self._work.run(AWARD_END, award_id=award_id, ended_on=ended_on)

    async def save_award_suspension(self, award_id: UUID, suspended_on: date) -> None:
        await self._work.run(AWARD_SUSPENSION, award_id=award_id, suspended_on=suspended_on)

    async def save_award_resumption(self, award_id: UUID, resumed_on: date) -> None:
        await self._work.run(AWARD_RESUMPTION, award_id=award_id, resumed_on=resumed_on)

    async def save_street(
        self, programme: str, street_code: str, since_on: date, *, active: bool
    ) -> None:
        await self._work.run(
            STREET, programme=programme, street_code=street_code, active=active, since_on=since_on
        )

    async def page(
        self, provider_id: UUID | None, after: UUID | None, most: int
    ) -> Sequence[Mapping[str, Any]]:
        """Caregivers by id, after an id."""
        provider = str(provider_id) if provider_id else None
        return await self._work.rows(LIST, provider_id=provider, after=after, most=most)
