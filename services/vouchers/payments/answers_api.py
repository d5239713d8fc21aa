"""Doors of the bank's answers: a file is imported once, and every line shows its result."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, File, Query, Response, UploadFile
from pydantic import BaseModel

from services.vouchers.payments.answers import Answered, read
from services.vouchers.payments.answers_store import Answers
from services.vouchers.payments.files import MOST_BYTES, rows_of
from shared.doors import doors, opens, permit
from shared.errors import NotFound
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1", "payments")
Store = Annotated[Answers, Depends(opens(Answers))]
Readers = permit("finance", "district_officer", "auditor")
Result = Literal[
    "matched", "returned", "late", "double", "amount_differs", "wrong_provider", "unknown"
]
OK = 200


class ResultCount(BaseModel):
    """How many lines came to a result, and their money in fen; `missing` counts orders."""

    result: Literal[Result, "missing"]
    lines: int
    total_fen: int


class AnswerView(BaseModel):
    """An imported file and what its lines came to; the same file gives the same view."""

    answer_id: UUID
    batch_id: UUID
    lines: int
    file_digest: str
    received_on: date
    received_by: str
    results: list[ResultCount]


class AnswerLine(BaseModel):
    """One line of the bank's file and its result."""

    line: int
    order_ref: str
    order_id: UUID | None
    amount_fen: int
    state: Literal["paid", "returned"]
    answered_on: date
    bank_ref: str
    reason: str
    result: Result


@router.post(
    "/payment-batches/{batch_id}/answers", status_code=201, dependencies=[permit("finance")]
)
async def bring(
    batch_id: UUID,
    file: Annotated[UploadFile, File(description="CSV (UTF-8 or GBK) or .xlsx, 100,000 lines")],
    store: Store,
    response: Response,
) -> AnswerView:
    """Import the bank's answer to a batch, whole or not at all; a file again changes nothing."""
    if not await store.has_batch(batch_id):
        raise NotFound("no_such_batch", "没有此付款批次", "there is no such batch")
    content = await file.read(MOST_BYTES + 1)
    digest = sha256(content).hexdigest()
    found = await store.known(batch_id, digest)
    if found is None:
        found = await store.take(batch_id, digest, await to_thread.run_sync(_read, content))
    else:
        response.status_code = OK
    view = await _view(found, store)
    response.headers["x-count"] = str(view.lines)
    response.headers["Location"] = f"/vouchers/v1/bank-answers/{found}"
    return view


@router.get("/bank-answers/{answer_id}", dependencies=[Readers])
async def answer(answer_id: UUID, store: Store) -> AnswerView:
    """An imported answer and what its lines came to."""
    return await _view(answer_id, store)


@router.get("/bank-answers/{answer_id}/lines", dependencies=[Readers])
async def lines(
    answer_id: UUID,
    store: Store,
    result: Annotated[Result | None, Query(description="only lines of this result")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[AnswerLine]:
    """The lines of an answer, each with its result."""
    (after,) = read_cursor(cursor, int)
    rows = await store.lines(answer_id, after or 0, limit + 1, result)
    views = [AnswerLine.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.line,))


def _read(content: bytes) -> Answered:
    return read(rows_of(content))


async def _view(answer_id: UUID, store: Answers) -> AnswerView:
    row = await store.one(answer_id)
    if row is None:
        raise NotFound("no_such_answer", "没有此银行回单", "there is no such answer")
    counted = [
        ResultCount(result=one["result"], lines=one["n"], total_fen=one["total_fen"])
        for one in await store.counts(answer_id)
    ]
    return AnswerView(**dict(row), results=sorted(counted, key=lambda one: one.result))
