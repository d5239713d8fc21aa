"""POST /v1/cards/{id}/qr-codes: a code for tills that scan; it says nothing of the person."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Annotated, TypeVar
from uuid import UUID

import segno
from fastapi import Depends
from pydantic import BaseModel

from services.vouchers.cards.tokens_store import Tokens
from shared.caller import Caller
from shared.doors import READS_BY_POST, Body, doors, opens, permit
from shared.errors import NotFound

T = TypeVar("T")
router = doors("/v1/cards", "cards")
Officer = Annotated[Caller, permit("street_officer")]
Store = Annotated[Tokens, Depends(opens(Tokens))]
ERROR_LEVEL = "q"
SCALE = 4


class QrOrder(Body):
    """A new code; `id` is made by the client."""

    id: UUID


class QrMinted(BaseModel):
    """A code was made; what it says is shown by a disclosure."""

    card_id: UUID
    valid_until_on: date


class QrShown(BaseModel):
    """What the code says, and the code as a picture to be shown or printed."""

    card_id: UUID
    person_id: UUID
    valid_until_on: date
    qr_token: str
    svg: str


@router.post("/{card_id}/qr-codes", status_code=201)
async def mint(card_id: UUID, order: QrOrder, caller: Officer, store: Store) -> QrMinted:
    """Make a card's QR code; the one before ends with it."""
    minted = _found(await store.mint(card_id))
    return QrMinted(card_id=card_id, valid_until_on=minted.valid_until_on)


@router.post("/{card_id}/qr-codes/disclosures", openapi_extra={READS_BY_POST: True})
async def disclose(card_id: UUID, caller: Officer, store: Store) -> QrShown:
    """Show a card's newest QR code; audited, and kept in no stored answer."""
    shown = _found(await store.show(card_id))
    return QrShown(
        card_id=card_id,
        person_id=shown.person_id,
        valid_until_on=shown.valid_until_on,
        qr_token=shown.token,
        svg=_picture(shown.token),
    )


def _picture(token: str) -> str:
    drawn = BytesIO()
    segno.make_qr(token, error=ERROR_LEVEL).save(drawn, kind="svg", scale=SCALE, xmldecl=False)
    return drawn.getvalue().decode()


def _found(one: T | None) -> T:
    if one is None:
        raise NotFound(
            "no_such_card",
            "本辖区没有这张有效卡，或尚未生成二维码；请核对卡的编号（不是卡号）",
            "no such open card in your area, or no QR code of it yet; check the card's id",
        )
    return one
