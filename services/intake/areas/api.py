"""Doors of the area tree (public) and of the streets' activation."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, model_validator

from services.intake.areas.domain import STREET_STEPS, Activation, Step
from services.intake.areas.store import Areas
from shared.caller import Caller, job
from shared.contracts.facts import AreaCode
from shared.contracts.programmes import OFFERED
from shared.doors import Body, doors, opens, permit
from shared.errors import Forbidden, invalid_field
from shared.pages import Cursor, Limit, Page, page_of, read_mark

router = doors("/v1", "areas")
public = APIRouter(prefix="/v1", tags=["public"])
Store = Annotated[Areas, Depends(opens(Areas))]
MOST_AREAS = 1000


class Area(Body):
    """A district, street, community or village by its code."""

    code: AreaCode
    name: Annotated[str, Field(min_length=1, max_length=60)]
    level: Literal["district", "street", "community"]


class AreaList(Body):
    """Areas to enter or rename, at most 1,000 at once."""

    id: UUID
    areas: Annotated[list[Area], Field(min_length=1, max_length=MOST_AREAS)]

    @model_validator(mode="after")
    def _once(self) -> AreaList:
        if len({area.code for area in self.areas}) < len(self.areas):
            raise ValueError("an area stands in the list twice")
        return self


class Counted(Body):
    """How many lines were taken over."""

    count: int


class ActivationStep(Body):
    """One step of a street under a programme (N-22)."""

    id: UUID
    programme: Annotated[str, Field(pattern=r"^[a-z]+-\d{4}/[a-z-]+$")]
    street_code: Annotated[str, Field(pattern=r"^\d{9}$")]
    step: Step


class ActivationView(Body):
    """Where a street stands under a programme."""

    programme: str
    street_code: str
    state: str
    changed_on: date | None

    @classmethod
    def of(cls, activation: Activation) -> ActivationView:
        return cls(
            programme=activation.programme,
            street_code=activation.street_code,
            state=activation.state,
            changed_on=activation.changed_on,
        )


@public.get("/areas")
async def areas(
    request: Request,
    within: Annotated[str, Query(pattern=r"^\d{0,12}$")] = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[Area]:
    """The area tree below a code; public."""
    after = read_mark(cursor, 1) or [""]
    work = request.app.state.runtime.work(job("public"))
    try:
        rows: list[dict[str, Any]] = await Areas(work).page(within, after[0], limit + 1)
    finally:
        await work.abandon()
    return page_of([Area(**row) for row in rows], limit, lambda area: (area.code,))


@router.post("/areas", status_code=201, dependencies=[permit("operator", "district_officer")])
async def enter_areas(body: AreaList, store: Store) -> Counted:
    """Enter or rename areas."""
    outside = [a.code for a in body.areas if not store.caller.covers(a.code)]
    if outside:
        raise Forbidden(
            "outside_area", f"区划 {outside[0]} 不在您的辖区", f"{outside[0]} is not in your area"
        )
    await store.save_areas([(area.code, area.name, area.level) for area in body.areas])
    return Counted(count=len(body.areas))


@router.post("/activations", status_code=201)
async def take_step(
    body: ActivationStep,
    store: Store,
    caller: Annotated[Caller, permit("street_officer", "district_officer")],
) -> ActivationView:
    """Report, return, accept, activate or pause a street; the district decides (N-22)."""
    _may_step(caller, body)
    if body.programme not in OFFERED:
        raise invalid_field(
            "body.programme",
            "unknown_programme",
            f"没有这个项目；现有：{'、'.join(sorted(OFFERED))}",
            f"there is no such programme; offered: {', '.join(sorted(OFFERED))}",
        )
    if not await store.has(body.street_code):
        raise invalid_field(
            "body.street_code", "unknown_area", "没有这个街道代码", "there is no such street code"
        )
    activation = await store.activation(body.programme, body.street_code)
    moved, events = activation.take(body.step, store.now)
    await store.save(moved, events)
    return ActivationView.of(moved)


@router.get("/activations", dependencies=[permit("street_officer", "district_officer", "operator")])
async def activations(store: Store) -> list[ActivationView]:
    """Where the streets of the caller's area stand."""
    return [ActivationView.of(one) for one in await store.activations()]


def _may_step(caller: Caller, body: ActivationStep) -> None:
    if not caller.covers(body.street_code):
        raise Forbidden("outside_area", "该街道不在您的辖区", "the street is not in your area")
    if caller.role == "street_officer" and body.step not in STREET_STEPS:
        raise Forbidden(
            "district_decides",
            "街道只能上报方案，其余由区民政局决定",
            "a street may only report its plan; the rest is for the district",
        )
