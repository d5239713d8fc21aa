"""Who signs for money: two people of civil affairs and one of finance."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True)
class Signer:
    """Somebody of one of the two bodies."""

    sub: str
    body: str


CIVIL, COLLEAGUE, FINANCE = Signer("zhao", "civil"), Signer("wang", "civil"), Signer("qian", "fin")
SIGNER = st.sampled_from([CIVIL, COLLEAGUE, FINANCE, FINANCE])


def second(made: Signer, who: Signer) -> str:
    """Whether somebody may sign what was made."""
    if made.sub == who.sub:
        return "same_person"
    return "same_body" if made.body == who.body else ""
