"""POST /v1/paper/destructions: spent paper is destroyed by two people, with a protocol."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Response
from pydantic import BaseModel

from services.vouchers.paper.destruction import Destruction, Tied, propose, protocol, sign
from services.vouchers.paper.lists import KINDS, ListForm, listed
from services.vouchers.paper.returns_store import Returns
from services.vouchers.paper.serials import masked, serial_of
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import NotFound
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.printing import PDF

router = doors("/v1/paper/destructions", "paper")
District = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("district_officer", "finance", "auditor")]
Store = Annotated[Returns, Depends(opens(Returns))]
MOST_DESTROYED = 100_000


class DestructionOrder(Body):
    """All paper up to a month that may be destroyed; `id` is made by the client."""

    id: UUID
    month_on: date


class Signature(Body):
    """The second person's signature; `id` is made by the client."""

    id: UUID


class DestructionLine(BaseModel):
    """An act of destruction: how much, by whom, and the second person's signature."""

    destruction_id: UUID
    serials: int
    amount_fen: int
    made_on: date
    made_by: str
    signed_on: date | None = None
    signed_by: str | None = None


@router.post("", status_code=201)
async def list_for_destruction(
    order: DestructionOrder, caller: District, store: Store, response: Response
) -> DestructionLine:
    """List what is to be destroyed: settled paper, and paper that never reached a hand."""
    stack = await store.stack(order.month_on, MOST_DESTROYED)
    await store.propose(order.id, stack, propose(stack))
    response.headers["x-count"] = str(len(stack))
    return DestructionLine(
        destruction_id=order.id,
        serials=len(stack),
        amount_fen=sum(one.amount_fen for one in stack),
        made_on=store.today,
        made_by=caller.sub,
    )


@router.post("/{destruction_id}/signature", status_code=201)
async def witness(
    destruction_id: UUID, order: Signature, caller: District, store: Store, response: Response
) -> DestructionLine:
    """Sign as the second person who saw the paper destroyed."""
    listed = await store.destruction(destruction_id)
    act = sign(listed, caller, await store.digests(destruction_id))
    response.headers["x-count"] = str(await store.sign(destruction_id))
    return DestructionLine(
        destruction_id=act.id,
        serials=act.serials,
        amount_fen=act.amount_fen,
        made_on=act.made_on,
        made_by=act.made_by,
        signed_on=store.today,
        signed_by=caller.sub,
    )


@router.get("")
async def destructions(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[DestructionLine]:
    """Acts of destruction."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.destructions(after, limit + 1)
    lines = [DestructionLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.destruction_id,))


@router.get(
    "/{destruction_id}.pdf",
    response_class=Response,
    responses={200: {"content": {PDF: {}}}},
)
async def destruction_protocol(destruction_id: UUID, caller: Reader, store: Store) -> Response:
    """The protocol of a destruction; serials are shown by their ends alone."""
    act = await _act(destruction_id, store)
    tied = [
        Tied(
            masked(serial_of(row["id"], store.vault)),
            row["amount_fen"],
            row["month_on"],
            row["ended"],
        )
        for row in await store.tied(destruction_id, MOST_DESTROYED)
    ]
    store.read("paper.protocol_printed", destruction_id, len(tied))
    page = await to_thread.run_sync(protocol, act, tied)
    headers = {"Content-Disposition": f'attachment; filename="destruction-{destruction_id}.pdf"'}
    return Response(page, media_type=PDF, headers=headers)


@router.get(
    "/{destruction_id}/serials",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in KINDS.values()}}},
)
async def destroyed_serials(
    destruction_id: UUID,
    caller: Annotated[Caller, permit("finance", "auditor")],
    store: Store,
    form: ListForm = "csv",
) -> Response:
    """Every serial of a destruction, whole; each fetch is written down."""
    await _act(destruction_id, store)
    tied = await store.tied(destruction_id, MOST_DESTROYED)
    store.read("paper.destruction_list_disclosed", destruction_id, len(tied))
    content = await to_thread.run_sync(listed, tied, form, store.vault)
    name = f"destruction-{destruction_id}.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "x-count": str(len(tied)),
    }
    return Response(content, media_type=KINDS[form], headers=headers)


async def _act(destruction_id: UUID, store: Returns) -> Destruction:
    act = await store.destruction(destruction_id)
    if act is None:
        raise NotFound(
            "no_such_destruction", "没有此销毁记录", "there is no such act of destruction"
        )
    return act
