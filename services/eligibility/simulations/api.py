"""Doors of what-if: ask, watch, cancel, and fetch the result as JSON or as a workbook."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from services.eligibility.simulations.asking import (
    ALLOWED,
    AskRefused,
    PoliciesAsked,
    ValuesAsked,
    day_of,
    pairs_of,
    values_of,
)
from services.eligibility.simulations.domain import Simulation, area_of
from services.eligibility.simulations.store import Simulations
from services.eligibility.simulations.workbook import workbook
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import invalid_field

router = doors("/v1/simulations", "simulations")
diffs = doors("/v1/policy-diffs", "simulations")
Store = Annotated[Simulations, Depends(opens(Simulations))]
ASKERS = ("district_officer", "finance", "operator")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SimulationView(BaseModel):
    """How far a what-if is."""

    model_config = ConfigDict(from_attributes=True)
    simulation_id: UUID
    kind: str
    area_code: str
    as_of_on: date
    asked_on: date
    state: str
    percent: int
    people_total: int
    people_done: int
    trouble: str


class ValueView(BaseModel):
    """A value that a what-if may change, as it is in force."""

    programme: str
    name: str
    test: str
    value: Any
    allowed_zh: str
    allowed_en: str


class Cancellation(Body):
    """Stop it; what was counted is lost."""

    id: UUID


class ResultView(BaseModel):
    """The result; a count of one to four in a street or community is told as `<5`.

    `*` stands for a larger count that would give a small one away.
    """

    as_of: date
    area_code: str
    people: int
    programmes: list[dict[str, Any]]
    budget: list[dict[str, Any]]
    care: dict[str, Any] | None
    charts: list[dict[str, Any]]


@router.get("/values", dependencies=[permit(*ASKERS)])
async def values(store: Store) -> list[ValueView]:
    """What a what-if may change: every value with what is in force today and what is allowed."""
    return [
        ValueView(
            programme=programme.id,
            name=name,
            test=one.test,
            value=one.value,
            allowed_zh=ALLOWED[one.test].zh,
            allowed_en=ALLOWED[one.test].en,
        )
        for programme in store.book.programmes.values()
        for name, one in values_of(programme, store.today).items()
    ]


@router.post("", status_code=202)
async def ask(
    request: Request,
    body: ValuesAsked,
    store: Store,
    caller: Annotated[Caller, permit(*ASKERS)],
    response: Response,
) -> SimulationView:
    """What if these values were others? It is counted in the background."""
    return await _asked(request, body, store, caller, response)


@diffs.post("", status_code=202)
async def compare(
    request: Request,
    body: PoliciesAsked,
    store: Store,
    caller: Annotated[Caller, permit(*ASKERS)],
    response: Response,
) -> SimulationView:
    """Who gains and who loses by other policy files; watched and fetched like a what-if."""
    return await _asked(request, body, store, caller, response)


@router.get("/{simulation_id}", dependencies=[permit(*ASKERS, "auditor")])
async def progress(simulation_id: UUID, store: Store) -> SimulationView:
    """How far it is."""
    return SimulationView.model_validate(await store.one(simulation_id))


@router.post("/{simulation_id}/cancellation")
async def cancel(
    simulation_id: UUID,
    body: Cancellation,
    store: Store,
    caller: Annotated[Caller, permit(*ASKERS)],
) -> SimulationView:
    """Stop a run that has not ended."""
    (await store.one(simulation_id)).cancelled_by(caller)
    return SimulationView.model_validate(await store.cancel(simulation_id))


@router.get("/{simulation_id}/result", dependencies=[permit(*ASKERS, "auditor")])
async def result(simulation_id: UUID, store: Store) -> ResultView:
    """The tables, and the data of the charts."""
    return ResultView.model_validate(await store.result(simulation_id))


@router.get("/{simulation_id}/result.xlsx", dependencies=[permit(*ASKERS, "auditor")])
async def result_workbook(simulation_id: UUID, store: Store) -> Response:
    """The same as a workbook."""
    content = await asyncio.to_thread(workbook, await store.result(simulation_id))
    name = f'attachment; filename="simulation-{simulation_id}.xlsx"'
    return Response(content, media_type=XLSX, headers={"Content-Disposition": name})


async def _asked(
    request: Request,
    body: ValuesAsked | PoliciesAsked,
    store: Simulations,
    caller: Caller,
    response: Response,
) -> SimulationView:
    area = area_of(caller, body.area_code)
    as_of = day_of(body, store.today)
    try:
        await asyncio.to_thread(pairs_of, body, store.book, as_of)
    except AskRefused as refused:
        raise invalid_field(f"body.{refused.field}", refused.code, refused.zh, refused.en) from None
    kept: Simulation = await store.ask(
        body.id, body.kind, area, body.model_dump(mode="json"), as_of
    )
    request.app.state.runtime.state["simulations"].set()
    response.headers["Location"] = f"/eligibility/v1/simulations/{body.id}"
    return SimulationView.model_validate(kept)
