"""/v1/fund-overrides: finance moves a class, street or months to other funds, by two people."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.funds.domain import check_signer
from services.vouchers.funds.overrides import FundShare, Override, check_override, check_second
from services.vouchers.funds.overrides_store import Overrides
from services.vouchers.policy.model import FundName
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/fund-overrides", "funds")
Finance = Annotated[Caller, permit("finance")]
Signer = Annotated[Caller, permit("district_officer", "finance")]
Store = Annotated[Overrides, Depends(opens(Overrides))]


class Share(Body):
    """A fund and how many of a hundred vouchers it pays, each whole."""

    fund: FundName
    percent: int = Field(gt=0, le=100, strict=True)


class OverrideOrder(Body):
    """An order on who pays instead; without a street or class it is for all of them."""

    id: UUID
    order_no: str = Field(min_length=1, max_length=60, pattern=r"^[\w\-〔〕（）()／/]+$")
    programme: str
    from_month_on: date
    to_month_on: date
    street_code: str | None = Field(default=None, pattern=r"^[0-9]{9}$")
    benefit_class: str | None = Field(default=None, max_length=10)
    shares: tuple[Share, ...] = Field(min_length=1, max_length=10)
    reason: str = Field(min_length=2, max_length=500)


class Signature(Body):
    """The second person's signature; `id` is made by the client."""

    id: UUID


class OverrideMade(BaseModel):
    """An order and whether it counts already; what was issued before stays as it was charged."""

    override_id: UUID
    effective: bool


class OverrideLine(BaseModel):
    """An order in the list."""

    override_id: UUID
    order_no: str
    programme: str
    from_month_on: date
    to_month_on: date
    street_code: str | None
    benefit_class: str | None
    shares: list[Share]
    reason: str
    made_on: date
    made_by: str
    made_body: str
    signed_on: date | None
    signed_by: str | None
    signed_body: str | None


@router.post("", status_code=201)
async def order(order: OverrideOrder, caller: Finance, store: Store) -> OverrideMade:
    """Order that other funds pay; the funds' purpose locks stand."""
    shares = tuple(FundShare(share.fund, share.percent) for share in order.shares)
    override = Override(
        **order.model_dump(exclude={"shares"}),
        shares=shares,
        area_code=store.policy.district,
        made_by=caller.sub,
        made_body=caller.body,
    )
    check_override(override, store.policy.waterfall.on(store.today), store.policy.programmes)
    await store.make(override)
    return OverrideMade(override_id=order.id, effective=False)


@router.post("/{override_id}/signatures", status_code=201)
async def signature(
    override_id: UUID, body: Signature, caller: Signer, store: Store
) -> OverrideMade:
    """Sign as a second person: the next issue is charged so."""
    check_signer(caller, store.signing_bodies)
    override = await store.load(override_id)
    check_second(override, caller)
    await store.sign(override)
    return OverrideMade(override_id=override_id, effective=True)


@router.get("", dependencies=[permit("district_officer", "finance", "auditor")])
async def overrides(
    store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[OverrideLine]:
    """Orders with their reasons and signatures."""
    (after,) = read_cursor(cursor, UUID)
    lines = [OverrideLine.model_validate(row) for row in await store.page(after, limit + 1)]
    return page_of(lines, limit, lambda line: (line.override_id,))
