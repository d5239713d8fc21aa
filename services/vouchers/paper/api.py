"""POST /v1/paper: who gets paper, a community's batches, and the way into the holders' hands."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.vouchers.paper.domain import (
    Batch,
    Choice,
    Handover,
    Scheme,
    check_choice,
    check_month,
    dispatch,
    hand_over,
    no_batch,
    nothing_to_print,
    receive,
)
from services.vouchers.paper.serials import check_made_of, serial_of, split_of
from services.vouchers.paper.sheets import Voucher, sheet
from services.vouchers.paper.store import Paper
from shared.caller import Caller
from shared.doors import READS_BY_POST, Body, doors, opens, permit
from shared.errors import NotFound
from shared.lines import BulkAnswer, LineResult, Lines, Listed, stood, tried
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.printing import PDF

router = doors("/v1/paper", "paper")
READS = {READS_BY_POST: True}
OFFICERS = ("street_officer", "district_officer")
Officer = Annotated[Caller, permit(*OFFICERS)]
Counter = Annotated[Caller, permit("community_worker", *OFFICERS)]
Reader = Annotated[Caller, permit("community_worker", *OFFICERS, "finance", "auditor")]
Store = Annotated[Paper, Depends(opens(Paper))]
COMMUNITY = r"^[0-9]{12}$"
BUNDLES_A_SHEET = 50


class ChoiceOrder(Body):
    """Account or paper from a month on; without `person_id` for the whole programme."""

    id: UUID
    person_id: UUID | None = None
    programme: str
    month_on: date
    scheme: Scheme
    split: dict[int, int] | None = Field(
        default=None, description="denomination in fen: how many; the holder's wish"
    )


class Chosen(BaseModel):
    """A kept choice."""

    choice_id: UUID
    scheme: Scheme
    month_on: date


class BatchOrder(Body):
    """The paper of one community and month; `id` is made by the client."""

    id: UUID
    programme: str
    month_on: date
    area_code: str = Field(pattern=COMMUNITY)


class BatchMade(BaseModel):
    """A batch whose serials were made."""

    batch_id: UUID
    people: int
    serials: int
    amount_fen: int


class BatchLine(BatchMade):
    """A batch in the list, with who sent it and who took it in."""

    programme: str
    month_on: date
    area_code: str
    made_on: date
    made_by: str
    dispatched_on: date | None
    dispatched_by: str | None
    received_on: date | None
    received_by: str | None


class BundleLine(BaseModel):
    """One holder's bundle: its number on the sheet, and its serials counted by state."""

    account_id: UUID
    bundle: int
    person_id: UUID
    amount_fen: int
    handed_on: date | None
    agent_id: UUID | None
    states: dict[str, int]


class SheetWanted(Body):
    """The bundles that are to be printed, at most 50 at once."""

    first_bundle: int = Field(default=1, ge=1)


class StepOrder(Body):
    """A batch's step on its way; `id` is made by the client."""

    id: UUID


class HandoverLine(Body):
    """One bundle, taken by its holder, or by an agent whose authority is recorded (C-47)."""

    account_id: UUID
    agent_id: UUID | None = None


class HandoverOrder(Body):
    """Bundles of a batch that were taken; each line is decided by itself."""

    id: UUID
    lines: Listed[HandoverLine]


@router.post("/choices", status_code=201)
async def choose(order: ChoiceOrder, caller: Officer, store: Store) -> Chosen:
    """Choose account or paper from a month on that is not issued yet."""
    check_month(store.policy, order.programme, order.month_on)
    choice = Choice(
        order.id, order.person_id, order.programme, order.month_on, order.scheme, order.split
    )
    chooser = None
    if order.person_id is not None:
        chooser = await store.chooser(order.person_id, order.programme)
    check_choice(choice, chooser, await store.issued(choice), caller)
    if chooser is not None and order.split is not None:
        check_made_of(chooser.amount_fen, order.split, store.policy.paper.on(order.month_on))
    await store.choose(choice, chooser.area_code if chooser else store.policy.district)
    return Chosen(choice_id=order.id, scheme=order.scheme, month_on=order.month_on)


@router.post("/batches", status_code=201)
async def make(order: BatchOrder, caller: Officer, store: Store, response: Response) -> BatchMade:
    """Make the serials of a community's month; a month is made once."""
    check_month(store.policy, order.programme, order.month_on)
    rule = store.policy.paper.on(order.month_on)
    waiting = []
    if caller.covers(order.area_code):
        waiting = await store.waiting(order.programme, order.month_on, order.area_code)
    if not waiting:
        raise nothing_to_print()
    printed = [(month, split_of(month.amount_fen, month.wish, rule)) for month in waiting]
    made = await store.make(order.id, order.programme, order.month_on, order.area_code, printed)
    response.headers["x-count"] = str(made)
    return BatchMade(
        batch_id=order.id,
        people=len(printed),
        serials=made,
        amount_fen=sum(month.amount_fen for month in waiting),
    )


@router.get("/batches")
async def batches(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[BatchLine]:
    """Batches within the caller's area."""
    (after,) = read_cursor(cursor, UUID)
    lines = [BatchLine.model_validate(dict(row)) for row in await store.batches(after, limit + 1)]
    return page_of(lines, limit, lambda line: (line.batch_id,))


@router.get("/batches/{batch_id}/bundles")
async def bundles(
    batch_id: UUID,
    caller: Reader,
    store: Store,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[BundleLine]:
    """A batch's bundles in the order of the sheet; no serial is shown."""
    await _batch(batch_id, store)
    (after,) = read_cursor(cursor, int)
    rows = await store.bundles(batch_id, after or 0, limit + 1)
    return page_of(
        [BundleLine.model_validate(row) for row in rows], limit, lambda line: (line.bundle,)
    )


@router.post(
    "/batches/{batch_id}/sheets",
    openapi_extra=READS,
    response_class=Response,
    responses={200: {"content": {PDF: {}}}},
)
async def print_sheets(
    batch_id: UUID, wanted: SheetWanted, caller: Officer, store: Store
) -> Response:
    """The printable sheets of up to 50 bundles; audited, and kept in no stored answer."""
    batch = await _batch(batch_id, store)
    last = wanted.first_bundle + BUNDLES_A_SHEET - 1
    rows = await store.to_print(batch_id, wanted.first_bundle, last)
    if not rows:
        raise NotFound(
            "nothing_to_print",
            "这些份号没有未发放的券；已发放的券不再印制",
            "no voucher of these bundles is still to be handed out; others are not printed again",
        )
    vouchers = [
        Voucher(
            serial_of(row["id"], store.vault),
            row["amount_fen"],
            row["bundle"],
            row["month_on"],
            row["valid_until_on"],
        )
        for row in rows
    ]
    page = await to_thread.run_sync(sheet, vouchers, batch.area_code, store.today)
    name = f"paper-{batch_id}-{wanted.first_bundle}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(page, media_type=PDF, headers=headers)


@router.post("/batches/{batch_id}/dispatch", status_code=201)
async def send(batch_id: UUID, order: StepOrder, caller: Officer, store: Store) -> StepOrder:
    """Send a printed batch to its community."""
    dispatch(await _batch(batch_id, store))
    await store.step(batch_id, "dispatched")
    return order


@router.post("/batches/{batch_id}/receipt", status_code=201)
async def take_in(batch_id: UUID, order: StepOrder, caller: Counter, store: Store) -> StepOrder:
    """Take a batch in at the community, as another person than who sent it."""
    receive(await _batch(batch_id, store), caller)
    await store.step(batch_id, "received")
    return order


@router.post("/batches/{batch_id}/handovers")
async def hand_out(
    batch_id: UUID, order: HandoverOrder, caller: Counter, store: Store, response: Response
) -> BulkAnswer[LineResult]:
    """Hand bundles to their holders or to agents under an authority; each line by itself."""
    await _batch(batch_id, store)
    lines = Lines("lines", HandoverLine, order.lines, "account_id", once=True)
    found = await store.bundles_of([line.account_id for line in lines.sound])
    agents = await store.agents([line.agent_id for line in lines.sound])
    decided = [
        tried(
            hand_over,
            Handover(line.account_id, line.agent_id),
            found.get(line.account_id),
            batch_id,
            agents,
            store.today,
        )
        for line in lines.sound
    ]
    await store.hand_over(order.id, stood(decided))
    outcomes = ["handed_out" if isinstance(one, Handover) else one for one in decided]
    return lines.answer(outcomes, response)


async def _batch(batch_id: UUID, store: Paper) -> Batch:
    batch = await store.batch(batch_id)
    if batch is None:
        raise no_batch()
    return batch
