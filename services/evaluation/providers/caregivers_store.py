"""Caregivers in the database, written in one statement for one or a thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from services.evaluation.policy.model import Policies, Share
from services.evaluation.providers.caregivers import Caregiver, Employer
from shared.contracts.evaluation import CaregiverRegistered
from shared.vault import Vault
from shared.work import Work

EMPLOYERS = """
SELECT id, area_code, state FROM providers WHERE id = ANY(CAST(:ids AS uuid[]))
"""
REGISTER = """
INSERT INTO caregivers (id, provider_id, area_code, certified_until_on, certificate_index, on_duty,
    registered_on)
SELECT t.id, t.provider_id, t.area_code, t.until_on, t.certificate, t.on_duty, :today
FROM unnest(CAST(:ids AS uuid[]), CAST(:providers AS text[]), CAST(:areas AS text[]),
    CAST(:until AS date[]), CAST(:certificates AS bytea[]), CAST(:on_duty AS boolean[]))
    AS t(id, provider_id, area_code, until_on, certificate, on_duty)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
COUNT = """
SELECT count(*) FILTER (WHERE certified_until_on >= :today) AS certified, count(*) AS on_duty
FROM caregivers
WHERE on_duty AND area_code LIKE :area
    AND (CAST(:provider_id AS text) IS NULL OR provider_id = :provider_id)
"""


class Caregivers:
    """Loads and saves caregivers in the request's transaction."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def employers(self, provider_ids: Sequence[UUID]) -> Mapping[UUID, Employer]:
        """The providers among these ids that the caller may act for."""
        rows = await self._work.rows(EMPLOYERS, ids=list(provider_ids))
        return {row["id"]: Employer(row["area_code"], row["state"]) for row in rows}

    def blind(self, certificate_no: str | None) -> bytes | None:
        """The blind index of a certificate's number; the number itself is not kept."""
        vault: Vault = self._work.state["vault"]
        return vault.blind("certificate", certificate_no.upper()) if certificate_no else None

    async def save(self, registered: Sequence[tuple[Caregiver, CaregiverRegistered]]) -> set[UUID]:
        """Put new caregivers on the register; returns whose ids were not taken."""
        caregivers = [caregiver for caregiver, _ in registered]
        rows = await self._work.rows(
            REGISTER,
            ids=[c.id for c in caregivers],
            providers=[str(c.provider_id) for c in caregivers],
            areas=[c.area_code for c in caregivers],
            until=[c.certified_until_on for c in caregivers],
            certificates=[c.certificate_index for c in caregivers],
            on_duty=[c.on_duty for c in caregivers],
            today=self._work.today,
        )
        fresh = {row["id"] for row in rows}
        first = {letter.caregiver_id: letter for _, letter in reversed(registered)}
        self._work.send(*(first[one] for one in sorted(fresh)))
        return fresh

    async def count(self, provider_id: UUID | None, area: str) -> tuple[int, int]:
        """How many hold a certificate today, and how many are on duty."""
        row = await self._work.row(
            COUNT,
            today=self._work.today,
            area=f"{area}%",
            provider_id=str(provider_id) if provider_id else None,
        )
        return (row["certified"], row["on_duty"]) if row else (0, 0)

    def share(self, area: str) -> Share | None:
        """The share in force in an area today."""
        policies: Policies = self._work.state["policies"]
        return policies.of(area).certified_share.on(self._work.today)

    @property
    def now(self) -> datetime:
        """The business instant."""
        return self._work.now

    @property
    def today(self) -> date:
        """The day the certificates are looked at."""
        return self._work.today
