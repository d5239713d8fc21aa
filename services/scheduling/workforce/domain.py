"""Who may be sent to an elder: pure questions on providers and caregivers, for other wings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.errors import Conflict

ProviderState = Literal["admitted", "suspended", "exited"]


@dataclass(frozen=True, slots=True)
class CaregiverStanding:
    """What is known of a caregiver; `provider_id` is empty while nobody registered him."""

    provider_id: str = ""
    on_duty: bool = False
    certified_until_on: date | None = None


def caregiver_refusal(
    caregiver: CaregiverStanding, provider_id: str, day_on: date
) -> Conflict | None:
    """Why a caregiver may not serve for a provider on a day; none when he may."""
    if caregiver.provider_id != provider_id:
        return Conflict(
            "caregiver_not_registered",
            "该服务员未在此服务机构登记，请先由机构登记",
            "this caregiver is not registered with the provider; the provider registers him first",
        )
    if not caregiver.on_duty:
        return Conflict(
            "caregiver_off_duty",
            "该服务员不在岗，请另定服务员",
            "this caregiver is not on duty; choose another one",
        )
    if caregiver.certified_until_on is None or caregiver.certified_until_on < day_on:  # C-31
        return Conflict(
            "caregiver_not_certified",
            "该服务员在服务日无有效上岗证，请另定服务员或更新证书",
            "this caregiver has no certificate valid on the day; choose another one or renew it",
        )
    return None


def provider_refusal(state: str | None) -> Conflict | None:
    """Why a provider may not take new plans; none when it may."""
    if state == "admitted":  # C-33
        return None
    return Conflict(
        "provider_not_admitted",
        "该服务机构未准入，或已被暂停、已退出，不得承接新方案",
        "this provider is not admitted, or is suspended or gone; it may not take new plans",
    )


def double_booked() -> Conflict:
    """The caregiver's time is given to another plan or visit (N-13)."""
    return Conflict(
        "caregiver_double_booked",
        "该服务员此时段已有安排，请改时间或另定服务员",
        "the caregiver is booked at that time; change the time or choose another caregiver",
    )
