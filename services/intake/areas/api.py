"""Doors of the area tree (public) and of the streets' activation."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field, model_validator

from services.intake.areas.domain import Activation, Step, check_area
from services.intake.areas.store import Areas
from shared.caller import Caller, job
from shared.contracts.facts import AreaCode
from shared.doors import Body, doors, opens, permit
from shared.lines import MOST_LINES
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, Within, page_of, read_cursor

router = doors("/v1", "areas")
public = APIRouter(prefix="/v1", tags=["public"])
Store = Annotated[Areas, Depends(opens(Areas))]


class Area(Body):
    """A district, street, community or village by its code."""

    code: AreaCode
    name: Annotated[str, Field(min_length=1, max_length=60)]
    level: Literal["district", "street", "community"]


class AreaList(Body):
    """Areas to enter or rename, at most 1,000 at once."""

    id: UUID
    areas: Annotated[list[Area], Field(min_length=1, max_length=MOST_LINES)]

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
    programme: Annotated[str, Field(pattern=r"^[a-z]+-[0-9]{4}/[a-z-]+$")]
    street_code: Annotated[str, Field(pattern=r"^[0-9]{9}$")]
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
    within: Within = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Area]:
    """The area tree below a code; public."""
    (after,) = read_cursor(cursor, str)
    work = request.app.state.runtime.work(job("public"))
    try:
        rows: list[dict[str, Any]] = await Areas(work).page(within, after, limit + 1)
    finally:
        await work.abandon()
    return page_of([Area(**row) for row in rows], limit, lambda area: (area.code,))


@router.post("/areas", status_code=201, dependencies=[permit("operator", "district_officer")])
async def enter_areas(body: AreaList, store: Store) -> Counted:
    """Enter or rename areas."""
    for nth, area in enumerate(body.areas):
        check_area(store.caller, area.code, f"body.areas.{nth}.code", known=True)
    await store.save_areas([(area.code, area.name, area.level) for area in body.areas])
    return Counted(count=len(body.areas))


@router.post("/activations", status_code=201)
async def take_step(
    body: ActivationStep,
    store: Store,
    caller: Annotated[Caller, permit("street_officer", "district_officer")],
) -> ActivationView:
    """Report, return, accept, activate or pause a street; the district decides (N-22)."""
    known = await store.has(body.street_code)
    check_area(caller, body.street_code, "body.street_code", known=known)
    activation = await store.activation(body.programme, body.street_code)
    moved, events = activation.take(body.step, caller, store.now)
    await store.save(moved, events)
    return ActivationView.of(moved)


@router.get("/activations", dependencies=[permit("street_officer", "district_officer", "operator")])
async def activations(store: Store) -> list[ActivationView]:
    """Where the streets of the caller's area stand."""
    return [ActivationView.of(one) for one in await store.activations()]
