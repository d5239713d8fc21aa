"""GET /v1/journal/head: the newest seal over the journal, signed, to be kept by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from pydantic import BaseModel

from services.vouchers.ledger.head import head_key, signed
from services.vouchers.ledger.seals_store import Seals
from shared.caller import Caller
from shared.doors import doors, opens, permit
from shared.errors import NotFound

router = doors("/v1/journal", "ledger")
Reader = Annotated[Caller, permit("finance", "auditor", "operator")]
Store = Annotated[Seals, Depends(opens(Seals))]
LARGEST = 2**63 - 1


class JournalSeal(BaseModel):
    """A seal: how many postings lie under it, and the value of the chain (SHA-256, hex)."""

    journal: str
    nth: int
    postings: int
    position: int
    chain: str
    sealed_at: str


class JournalHead(BaseModel):
    """The newest seal; `signature` is a compact JWS (ES256) over `head`."""

    head: JournalSeal
    signature: str


@router.get("/head")
async def head(caller: Reader, store: Store, request: Request) -> JournalHead:
    """The newest seal, signed: keep a copy away from this office, and check it later."""
    found = _seal(await store.newest())
    key = head_key(request.app.state.runtime.settings.directory)
    return JournalHead(head=found, signature=signed(found.model_dump(), key))


@router.get("/seals/{nth}")
async def seal(
    nth: Annotated[int, Path(ge=1, le=LARGEST)], caller: Reader, store: Store
) -> JournalSeal:
    """The seal of a number, to be held against a copy of a head."""
    return _seal(await store.newest(nth))


def _seal(row: Mapping[str, Any] | None) -> JournalSeal:
    if row is None:
        raise NotFound("no_such_seal", "账簿没有此封签", "the journal has no such seal")
    return JournalSeal(
        journal="vouchers.postings",
        nth=row["nth"],
        postings=row["postings"],
        position=row["position"],
        chain=bytes(row["chain"]).hex(),
        sealed_at=row["sealed_at"].isoformat(),
    )
