"""Caregivers of a provider, and whether enough of those on duty hold a certificate (C-31)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.evaluation.policy.model import Share
from shared.contracts.evaluation import CaregiverRegistered
from shared.errors import Conflict, invalid_field


@dataclass(frozen=True, slots=True)
class Employer:
    """What registering a caregiver needs of the provider."""

    area_code: str
    state: str


@dataclass(frozen=True, slots=True)
class Caregiver:
    """One caregiver as registered; the certificate's number is kept as a blind index only."""

    id: UUID
    provider_id: UUID
    area_code: str
    certified_until_on: date | None
    certificate_index: bytes | None
    on_duty: bool

    def register(self, provider_state: str, at: datetime) -> CaregiverRegistered:
        """Put the caregiver on the provider's register.

        Raises:
            Conflict: the provider has left.
            Invalid: a certificate's number without its last day.
        """
        if provider_state == "exited":
            raise Conflict(
                "provider_exited",
                "机构已退出，不能登记服务人员",
                "the provider has left; it cannot register caregivers",
            )
        if self.certificate_index is not None and self.certified_until_on is None:
            raise invalid_field(
                "body.certified_until_on",
                "certificate_incomplete",
                "填写了证书编号，请同时填写证书有效期末日",
                "a certificate's number needs the certificate's last day; add it",
            )
        return CaregiverRegistered(
            aggregate_id=self.id,
            caregiver_id=self.id,
            provider_id=self.provider_id,
            area_code=self.area_code,
            agency=str(self.provider_id),
            certified_until_on=self.certified_until_on,
            on_duty=self.on_duty,
            occurred_at=at,
        )


def passes(certified: int, on_duty: int, share: Share | None) -> bool | None:
    """Whether the share is reached, by whole people; `None` when there is nothing to judge.

    9 of 10 passes and 8 of 9 fails: `10 * certified >= 9 * on_duty`, without rounding.
    """
    if share is None or on_duty == 0:
        return None
    return share.on_duty * certified >= share.certified * on_duty
