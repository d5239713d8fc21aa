"""Destroying paper: one person lists it, another one signs, and a protocol is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from services.vouchers.paper.sheets import FEN_IN_YUAN, OFFICE
from shared.caller import Caller
from shared.errors import Conflict, Forbidden, NotFound
from shared.printing import printed

TEMPLATE = Path(__file__).with_name("protocol.typ").read_bytes()
TITLE = "纸质服务券销毁记录"
ENDS = {"settled": "已结算", "expired": "过期未发", "void": "作废未发"}
MOST_PRINTED = 2000


@dataclass(frozen=True, slots=True)
class Stack:
    """One serial that may be destroyed."""

    id: UUID
    digest: bytes
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Destruction:
    """An act of destruction as it stands."""

    id: UUID
    serials: int
    amount_fen: int
    digest: bytes
    made_on: date
    made_by: str
    signed_on: date | None
    signed_by: str | None


@dataclass(frozen=True, slots=True)
class Tied:
    """One serial of an act, known by its end alone."""

    masked: str
    amount_fen: int
    month_on: date
    ended: str


def fingerprint(digests: Sequence[bytes]) -> bytes:
    """One digest over all serials of an act: nobody can change the list after it was signed."""
    return sha256(b"".join(digests)).digest()


def propose(stack: Sequence[Stack]) -> bytes:
    """The list of an act, frozen by its digest.

    Raises:
        Conflict: there is nothing to destroy.
    """
    if not stack:
        raise Conflict(
            "nothing_to_destroy",
            "没有可销毁的券；只销毁已结算的券，以及未发出即过期或作废的券",
            "nothing may be destroyed: only settled paper, or paper that lapsed or became void "
            "before it was handed out",
        )
    return fingerprint([one.digest for one in stack])


def sign(act: Destruction | None, caller: Caller, digests: Sequence[bytes]) -> Destruction:
    """The second person's signature under the list that the first one made.

    Raises:
        NotFound: no such act.
        Conflict: signed already, or the list was changed.
        Forbidden: the same person.
    """
    if act is None:
        raise NotFound(
            "no_such_destruction", "没有此销毁记录", "there is no such act of destruction"
        )
    if act.signed_by is not None:
        raise Conflict("already_signed", "本次销毁已签字", "this act was signed already")
    if act.made_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人监销签字：经办人不得自行签字",
            "another person must witness and sign: whoever listed the paper may not",
        )
    if fingerprint(digests) != act.digest:
        raise Conflict(
            "list_changed",
            "销毁清单与经办时不符；请停止销毁并核查",
            "the list is not the one that was made; stop and look into it",
        )
    return act


def protocol(act: Destruction, tied: Sequence[Tied]) -> bytes:
    """The protocol as a page: who, when, how many of each denomination, and the list."""
    return printed(TEMPLATE, _said(act, tied), act.signed_on or act.made_on)


def _said(act: Destruction, tied: Sequence[Tied]) -> Mapping[str, Any]:
    counts = Counter((one.amount_fen, one.ended) for one in tied)
    return {
        "title": TITLE,
        "office": OFFICE,
        "facts": [
            ["编号", str(act.id)],
            ["张数", f"{act.serials} 张"],
            ["金额", _yuan(act.amount_fen)],
            ["经办人", f"{act.made_by}　{act.made_on}"],
            ["监销人", f"{act.signed_by}　{act.signed_on}" if act.signed_by else "（未签字）"],
            ["清单摘要", act.digest.hex()],
        ],
        "counts": [
            [_yuan(fen), ENDS[ended], str(many), _yuan(fen * many)]
            for (fen, ended), many in sorted(counts.items(), reverse=True)
        ],
        "lines": [
            [one.masked, _yuan(one.amount_fen), f"{one.month_on:%Y-%m}", ENDS[one.ended]]
            for one in tied[:MOST_PRINTED]
        ],
        "rest": f"另有 {len(tied) - MOST_PRINTED} 张，见电子清单"
        if len(tied) > MOST_PRINTED
        else "",
    }


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // FEN_IN_YUAN} 元"
