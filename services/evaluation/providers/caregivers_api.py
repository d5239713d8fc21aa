"""Doors of caregivers: registering one or many, and the share of the certified (C-31)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.evaluation.providers.caregivers import Caregiver, Employer, passes
from services.evaluation.providers.caregivers_store import Caregivers
from services.evaluation.providers.domain import id_taken, unknown_provider
from shared.caller import EVERYWHERE, Caller
from shared.contracts.evaluation import CaregiverRegistered
from shared.doors import Body, doors, opens, permit
from shared.errors import invalid_field
from shared.lines import BulkAnswer, LineResult, Lines, Listed, added, stood, tried
from shared.pages import Within

router = doors("/v1/caregivers", "caregivers")
certification = doors("/v1/certification", "caregivers")
Store = Annotated[Caregivers, Depends(opens(Caregivers))]
Registrar = Annotated[Caller, permit("street_officer", "district_officer", "provider")]
Reader = Annotated[
    Caller, permit("street_officer", "district_officer", "provider", "auditor", "operator")
]


class NewCaregiver(Body):
    """A caregiver of a provider, with or without a certificate."""

    id: UUID
    provider_id: UUID
    certified_until_on: date | None = None
    certificate_no: Annotated[str, Field(min_length=2, max_length=60)] | None = None
    on_duty: bool = True


class ManyCaregivers(Body):
    """Up to 1,000 caregivers; each line as for one."""

    id: UUID
    caregivers: Listed[NewCaregiver]


class Registered(BaseModel):
    """A caregiver that is on the register."""

    caregiver_id: UUID
    provider_id: UUID
    on_duty: bool
    certified_until_on: date | None


class Certification(BaseModel):
    """How many on duty hold a valid certificate on a day; `passes` is null when not applicable."""

    as_of_on: date
    provider_id: UUID | None
    area_code: str
    certified: int
    on_duty: int
    passes: bool | None


def caregiver_of(new: NewCaregiver, employer: Employer, store: Caregivers) -> Caregiver:
    """The caregiver as kept, in the provider's area."""
    return Caregiver(
        new.id,
        new.provider_id,
        employer.area_code,
        new.certified_until_on,
        store.blind(new.certificate_no),
        new.on_duty,
    )


def decide(
    new: NewCaregiver, employers: Mapping[UUID, Employer], store: Caregivers
) -> tuple[Caregiver, CaregiverRegistered]:
    """One line's decision."""
    employer = employers.get(new.provider_id)
    if employer is None:
        raise unknown_provider()
    caregiver = caregiver_of(new, employer, store)
    return caregiver, caregiver.register(employer.state, store.now)


@router.post("", status_code=201)
async def register(new: NewCaregiver, caller: Registrar, store: Store) -> Registered:
    """Put a caregiver on the register."""
    decided = decide(new, await store.employers([new.provider_id]), store)
    if not await store.save([decided]):
        raise id_taken()
    return Registered(caregiver_id=new.id, **new.model_dump(exclude={"id", "certificate_no"}))


@router.post("/batch")
async def register_many(
    many: ManyCaregivers, caller: Registrar, store: Store, response: Response
) -> BulkAnswer[LineResult]:
    """Put up to 1,000 caregivers on the register, each line for itself."""
    lines = Lines("caregivers", NewCaregiver, many.caregivers)
    employers = await store.employers([new.provider_id for new in lines.sound])
    decided = [tried(decide, new, employers, store) for new in lines.sound]
    fresh = await store.save(stood(decided))
    ids = [new.id for new in lines.sound]
    return lines.answer(added(ids, decided, fresh, "registered", id_taken), response)


@certification.get("")
async def certified(
    caller: Reader,
    store: Store,
    provider_id: UUID | None = None,
    within: Within = "",
) -> Certification:
    """The share of the certified of a provider, or of a street or district."""
    area = within or await _area_of(provider_id, caller, store)
    certified_now, on_duty = await store.count(provider_id, area)
    return Certification(
        as_of_on=store.today,
        provider_id=provider_id,
        area_code=area,
        certified=certified_now,
        on_duty=on_duty,
        passes=passes(certified_now, on_duty, store.share(area)),
    )


async def _area_of(provider_id: UUID | None, caller: Caller, store: Caregivers) -> str:
    if provider_id is not None:
        employer = (await store.employers([provider_id])).get(provider_id)
        if employer is None:
            raise unknown_provider()
        return employer.area_code
    if caller.area == EVERYWHERE:
        raise invalid_field(
            "query.within",
            "area_needed",
            "请指明机构 provider_id 或地区 within",
            "say which provider_id or area (`within`)",
        )
    return caller.area
