"""Who is asking: a person or a job, the role, the area and the agency that bound what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal[
    "community_worker",
    "street_officer",
    "district_officer",
    "finance",
    "hotline",
    "partner",
    "provider",
    "caregiver",
    "auditor",
    "operator",
]
ROLES: tuple[str, ...] = get_args(Role)
AGENCY_ROLES = frozenset({"partner", "provider", "caregiver"})
AREA_ROLES = frozenset({"community_worker", "street_officer", "district_officer"})
EVERYWHERE = "*"
CIVIL_AFFAIRS = "民政"
FINANCE = "财政"
DEFAULT_BODIES = {"district_officer": CIVIL_AFFAIRS, "finance": FINANCE}
DISTRICT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated caller.

    `area` is a prefix of area codes (district 6, street 9, community 12 digits) or `*`.
    `agency` bounds partners, providers and caregivers to their own rows; empty for staff.
    """

    sub: str
    role: str
    area: str = EVERYWHERE
    agency: str = ""
    body: str = ""

    @property
    def patterns(self) -> str:
        """The areas as LIKE patterns, for the database's own check."""
        return "%" if self.area == EVERYWHERE else f"{self.area}%"

    @property
    def bound_agency(self) -> str:
        return self.agency if self.role in AGENCY_ROLES else ""

    def covers(self, area_code: str) -> bool:
        """Whether an area lies within the caller's."""
        return self.area == EVERYWHERE or area_code.startswith(self.area)


def district_of(area_code: str) -> str:
    """The district (6 digits) of an area."""
    return area_code[:DISTRICT_DIGITS]


def job(name: str) -> Caller:
    """The caller that stands for a job of the office itself."""
    return Caller(sub=f"job:{name}", role="operator")
