"""/v1/device-tenders and /v1/device-sales: subsidised devices at the counter (C-16)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.vouchers.approvals.domain import Outcome
from services.vouchers.approvals.domain import decide as sign
from services.vouchers.funds.domain import check_signer
from services.vouchers.redemptions.domain import provider_of
from services.vouchers.subsidies.domain import WORDS, Accepted, decide
from services.vouchers.subsidies.store import Devices
from shared.caller import AGENCY_ROLES, Caller
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body, DoorRoute, opens, permit
from shared.errors import Conflict, NotFound, invalid_field
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.problems import problem

router = APIRouter(prefix="/v1", tags=["devices"], route_class=DoorRoute)
Signer = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("provider", "district_officer", "finance", "auditor")]
Seller = Annotated[Caller, permit("provider")]
Store = Annotated[Devices, Depends(opens(Devices))]
CONFLICT = 409
LONGEST = 60
LONGEST_REASON = 500
LARGEST_QUOTA = 1_000_000
NUMBER = r"^[\w\-〔〕（）()／/]+$"


class TenderOrder(Body):
    """What a tender fixed; the subsidy is the list price less the price to the user."""

    id: UUID
    tender_no: str = Field(min_length=1, max_length=LONGEST, pattern=NUMBER)
    model: str = Field(min_length=1, max_length=LONGEST)
    provider_id: UUID
    list_price_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)
    user_price_fen: int = Field(ge=0, le=LARGEST_FEN, strict=True)
    from_on: date
    to_on: date
    quota: int = Field(gt=0, le=LARGEST_QUOTA, strict=True)


class SecondSignature(Body):
    """The other body's signature, with its reasons."""

    id: UUID
    outcome: Outcome
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class SaleOrder(Body):
    """A counter's request; the award's id stands on the notice that the buyer brings."""

    id: UUID
    tender_id: UUID
    award_id: UUID
    serial_no: str = Field(min_length=1, max_length=LONGEST, pattern=r"^[0-9A-Za-z\-/.]+$")


class ReturnOrder(Body):
    """A device that comes back."""

    id: UUID
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class TenderStands(BaseModel):
    """A tender and whether its devices can be sold."""

    tender_id: UUID
    state: Literal["proposed", "approved", "refused"]
    subsidy_fen: int | None = None


class Sold(BaseModel):
    """A sale: what the buyer pays, what the subsidy pays, and until when it can be returned."""

    sale_id: UUID
    list_price_fen: int
    user_price_fen: int
    subsidy_fen: int
    returnable_until_on: date


class Returned(BaseModel):
    """A sale that was reversed."""

    sale_id: UUID
    state: Literal["returned"]


class TenderLine(BaseModel):
    """A tender with its quota and signatures."""

    tender_id: UUID
    tender_no: str
    model: str
    provider_id: UUID
    list_price_fen: int
    user_price_fen: int
    subsidy_fen: int
    from_on: date
    to_on: date
    quota: int
    sold: int
    outcome: Outcome | None
    made_by: str
    made_body: str
    decided_by: str | None
    decided_body: str | None


class SaleLine(BaseModel):
    """A sale in the list; providers do not see whose it was."""

    sale_id: UUID
    tender_id: UUID
    person_id: UUID | None
    area_code: str | None
    provider_id: UUID
    serial_no: str
    list_price_fen: int
    user_price_fen: int
    subsidy_fen: int
    sold_on: date
    returnable_until_on: date
    returned_on: date | None
    return_reason: str | None


@router.post("/device-tenders", status_code=201)
async def tender(order: TenderOrder, caller: Signer, store: Store) -> TenderStands:
    """Record a tender's result, signed for the caller's body."""
    check_signer(caller, store.signing_bodies)
    if order.user_price_fen >= order.list_price_fen or order.to_on < order.from_on:
        raise invalid_field(
            "body.user_price_fen",
            "tender_makes_no_sense",
            "个人价须低于原价，截止日不得早于起始日",
            "the user's price must be below the list price, and the days in their order",
        )
    await store.tender({**order.model_dump(), "provider_id": str(order.provider_id)})
    subsidy = order.list_price_fen - order.user_price_fen
    return TenderStands(tender_id=order.id, state="proposed", subsidy_fen=subsidy)


@router.post("/device-tenders/{tender_id}/signatures", status_code=201)
async def sign_tender(
    tender_id: UUID, order: SecondSignature, caller: Signer, store: Store
) -> TenderStands:
    """Sign for the other body; an approved tender's devices can be sold."""
    sign(await store.proposal(tender_id), caller, store.signing_bodies)
    await store.decide(tender_id, order.outcome, order.reason)
    return TenderStands(tender_id=tender_id, state=order.outcome)


@router.get("/device-tenders")
async def tenders(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[TenderLine]:
    """Tenders with what is sold of each; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.tenders(after, limit + 1)
    lines = [TenderLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.tender_id,))


@router.post("/device-sales", status_code=201, response_model=Sold)
async def sell(order: SaleOrder, caller: Seller, store: Store) -> Sold | JSONResponse:
    """Sell a device at the subsidised price; the same id gets the same answer."""
    provider, sale = str(provider_of(caller)), order.model_dump()
    counter = await store.counter(sale, provider)
    decision = decide(provider, counter, store.today, store.policy.waterfall.on(store.today))
    if not isinstance(decision, Accepted):
        return problem(CONFLICT, decision, *WORDS[decision])
    until = await store.sell(sale, provider, decision)
    return Sold(
        sale_id=order.id,
        list_price_fen=decision.tender.list_price_fen,
        user_price_fen=decision.tender.user_price_fen,
        subsidy_fen=decision.tender.subsidy_fen,
        returnable_until_on=until,
    )


@router.post("/device-sales/{sale_id}/returns", status_code=201)
async def give_back(sale_id: UUID, order: ReturnOrder, caller: Seller, store: Store) -> Returned:
    """Take a device back in its days: the subsidy goes back to where it came from."""
    said = await store.give_back(sale_id, str(provider_of(caller)), order.reason)
    if said == "unknown_sale":
        raise NotFound("no_such_sale", "本单位没有此笔销售", "your organisation made no such sale")
    if said == "returned_already":
        raise Conflict("returned_already", "此笔销售已退货", "this sale was returned already")
    if said == "too_late":
        raise Conflict(
            "return_too_late",
            "已过退货期；质量问题请按三包规定办理",
            "the days for returning it are over; use the maker's warranty",
        )
    return Returned(sale_id=sale_id, state="returned")


@router.get("/device-sales")
async def sales(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[SaleLine]:
    """Sales; a provider sees its own, without the buyers."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.sales(after, limit + 1)
    hidden = {"person_id": None, "area_code": None} if caller.role in AGENCY_ROLES else {}
    lines = [SaleLine.model_validate({**row, **hidden}) for row in rows]
    return page_of(lines, limit, lambda line: (line.sale_id,))
