"""The journal's hash chain in words: what a posting's digest covers, and how a seal is linked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = (
    "position", "set_id", "act", "account_id", "account_kind", "amount_fen", "fund", "street_code",
    "month_on", "benefit_class", "agency", "occurred_on", "recorded_at", "cause",
)  # fmt: skip
"""Every column of a posting: what is not digested could be changed unseen."""

GENESIS = bytes(32)
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Seal:
    """A link of the chain as it is kept, and whether its postings are still what was sealed."""

    nth: int
    head: str
    postings: int
    size: int
    content: bytes
    chain: bytes
    whole: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link: whoever keeps a signed copy finds newer rows and seals cut away."""

    nth: int = 0
    postings: int = 0
    chain: bytes = GENESIS


def link(before: bytes, head: str, content: bytes) -> bytes:
    """The chain's value after a seal: SHA-256 over the value before, the seal's head (number,
    count, positions, times) and the digest of its postings' digests."""
    return hashlib.sha256(before + head.encode() + content).digest()


def flaws_of(before: Head, seals: Sequence[Seal]) -> list[str]:
    """What is wrong with the links of a stretch of seals; their postings are another matter."""
    found: list[str] = []
    nth, postings, chain = before.nth, before.postings, before.chain
    for seal in seals:
        if seal.nth != nth + 1:
            found.append(f"seals {nth + 1} to {seal.nth - 1}: cut")
        elif link(chain, seal.head, seal.content) != seal.chain:
            found.append(f"seal {seal.nth}: changed")
        elif seal.postings != postings + seal.size:
            found.append(f"seal {seal.nth}: counts {seal.postings} postings")
        nth, postings, chain = seal.nth, seal.postings, seal.chain
    return found


def said(flaws: Sequence[str]) -> str:
    """The first flaws in one line, and how many more there are."""
    more = len(flaws) - SHOWN
    return "; ".join(flaws[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
