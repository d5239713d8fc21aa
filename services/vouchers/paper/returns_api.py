"""POST /v1/paper/losses and recollections: paper after the holder's hand."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.vouchers.paper.presenting import STANDING
from services.vouchers.paper.recollection import Known, LineCode, compared, decided
from services.vouchers.paper.returns_store import Returns
from services.vouchers.paper.serials import digest_read
from services.vouchers.paper.wording import LINES, WORDS
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import NotFound, invalid_field
from shared.lines import BulkAnswer, LineResult, answer
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/paper", "paper")
Counter = Annotated[Caller, permit("community_worker", "street_officer", "district_officer")]
District = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("district_officer", "finance", "auditor")]
Seller = Annotated[Caller, permit("provider", "district_officer", "finance", "auditor")]
Store = Annotated[Returns, Depends(opens(Returns))]
MOST_SERIALS = 10_000
LONGEST_SERIAL = 40
Serial = Annotated[str, Field(max_length=LONGEST_SERIAL)]


class LossReport(Body):
    """Lost paper: the serials, or, where nobody knows them, all that a holder has of a month."""

    id: UUID
    serials: list[Serial] = Field(default=[], max_length=MOST_SERIALS, repr=False)
    person_id: UUID | None = None
    month_on: date | None = None


class SerialLine(LineResult):
    """What became of one scanned serial, which is named by its line alone."""

    amount_fen: int | None = None


class LossAnswer(BulkAnswer[SerialLine]):
    """What was blocked; lost paper is not replaced (C-42)."""

    amount_fen: int


class RecollectionOrder(Body):
    """A provider's paper, counted by hand and scanned; `id` is made by the client."""

    id: UUID
    provider_id: UUID
    counted: dict[int, int] = Field(description="denomination in fen: how many were counted")
    serials: list[Serial] = Field(min_length=1, max_length=MOST_SERIALS, repr=False)


class CountLine(BaseModel):
    """One denomination: counted by hand, taken in, and the difference."""

    amount_fen: int
    counted: int
    taken: int
    difference: int


class MissingLine(BaseModel):
    """So many vouchers of a denomination that a provider took and has not brought back."""

    amount_fen: int
    serials: int
    since_on: date


class RecollectionAnswer(BulkAnswer[SerialLine]):
    """What was taken in, line by line, beside the count and what is still missing."""

    recollection_id: UUID
    amount_fen: int
    counts: list[CountLine]
    missing: list[MissingLine]


class RecollectionLine(BaseModel):
    """A count in the list."""

    recollection_id: UUID
    provider_id: UUID
    counted: dict[int, int]
    serials: int
    amount_fen: int
    refused: int
    made_on: date
    made_by: str


@router.post("/losses")
async def report(
    order: LossReport, caller: Counter, store: Store, response: Response
) -> LossAnswer:
    """Block lost paper; it is not replaced, and lapses with its validity."""
    whole_month = order.person_id is not None and order.month_on is not None
    if whole_month == bool(order.serials):
        raise invalid_field(
            "body.serials",
            "name_serials_or_a_month",
            "请给出券号（serials），或持券人（person_id）和月份（month_on），二者取一",
            "name the serials, or a person and a month, and only one of the two",
        )
    if order.person_id is not None and order.month_on is not None:
        lost = await store.of_month(order.person_id, order.month_on)
        results = [_taken(nth, note, "lost") for nth, note in enumerate(lost)]
    else:
        scanned = [digest_read(text, store.vault) for text in order.serials]
        found = await store.found([digest for digest in scanned if digest is not None])
        results, lost = _lost(scanned, found)
    await store.block(order.id, lost)
    told = answer(results, response)
    return LossAnswer(**dict(told), amount_fen=sum(note.amount_fen for note in lost))


@router.post("/recollections")
async def recollect(
    order: RecollectionOrder, caller: District, store: Store, response: Response
) -> RecollectionAnswer:
    """Count a provider's paper back in; each scanned line is decided by itself."""
    if not await store.has_provider(order.provider_id):
        raise NotFound(
            "no_such_provider", "没有此服务单位；请核对编号", "there is no such provider"
        )
    scanned = [digest_read(text, store.vault) for text in order.serials]
    found = await store.found([digest for digest in scanned if digest is not None])
    lines = decided(scanned, found, str(order.provider_id))
    taken = [line for line in lines if isinstance(line, Known)]
    await store.recollect(
        order.id, order.provider_id, order.counted, taken, len(lines) - len(taken)
    )
    results = [
        _taken(nth, line, "recollected") if isinstance(line, Known) else _refused(nth, line)
        for nth, line in enumerate(lines)
    ]
    return RecollectionAnswer(
        **dict(answer(results, response)),
        recollection_id=order.id,
        amount_fen=sum(note.amount_fen for note in taken),
        counts=[
            CountLine(
                amount_fen=line.amount_fen,
                counted=line.counted,
                taken=line.taken,
                difference=line.difference,
            )
            for line in compared(order.counted, taken)
        ],
        missing=[MissingLine.model_validate(row) for row in await store.missing(order.provider_id)],
    )


@router.get("/recollections")
async def recollections(
    caller: Seller, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[RecollectionLine]:
    """Counts; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.recollections(after, limit + 1)
    lines = [
        RecollectionLine.model_validate({**row, "counted": orjson.loads(row["counted"])})
        for row in rows
    ]
    return page_of(lines, limit, lambda line: (line.recollection_id,))


@router.get("/outstanding")
async def outstanding(provider_id: UUID, caller: Reader, store: Store) -> list[MissingLine]:
    """What a provider took and has not brought back; it is not settled before that."""
    return [MissingLine.model_validate(row) for row in await store.missing(provider_id)]


def _lost(
    scanned: list[bytes | None], found: dict[bytes, Known]
) -> tuple[list[SerialLine], list[Known]]:
    results: list[SerialLine] = []
    lost: dict[bytes, Known] = {}
    for nth, digest in enumerate(scanned):
        note = found.get(digest) if digest is not None else None
        if digest is None:
            results.append(_refused(nth, "bad_serial"))
        elif digest in lost:
            results.append(_refused(nth, "repeated"))
        elif note is None:
            results.append(_refused(nth, "foreign"))
        elif note.state != "handed_out":
            code = STANDING[note.state]
            zh, en = WORDS[code] if code else ("", "")
            results.append(SerialLine(id=None, line=nth, ok=False, code=code or "", zh=zh, en=en))
        else:
            lost[digest] = note
            results.append(_taken(nth, note, "lost"))
    return results, list(lost.values())


def _taken(nth: int, note: Known, state: str) -> SerialLine:
    return SerialLine(id=None, line=nth, ok=True, state=state, amount_fen=note.amount_fen)


def _refused(nth: int, code: LineCode) -> SerialLine:
    zh, en = LINES[code]
    return SerialLine(id=None, line=nth, ok=False, code=code, zh=zh, en=en)
