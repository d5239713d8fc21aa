"""A proposal about money and its second signature: two people of the two signing bodies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.vouchers.funds.domain import check_signer
from shared.caller import Caller
from shared.errors import Conflict, Forbidden

Outcome = Literal["approved", "refused"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who proposed, for which body, and what was decided on it so far."""

    made_by: str
    made_body: str
    outcome: str | None


def decide(proposal: Proposal, caller: Caller, bodies: Sequence[str]) -> None:
    """The second signature: by another person, of the other of the two bodies.

    Raises:
        Conflict: decided already.
        Forbidden: a body that does not sign, the same person, or the same body.
    """
    check_signer(caller, bodies)
    if proposal.outcome is not None:
        raise Conflict("already_decided", "此件已有决定", "this has been decided already")
    if proposal.made_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人决定：提出人不得自行决定",
            "another person must decide: whoever proposed may not",
        )
    if proposal.made_body == caller.body:
        raise Forbidden(
            "same_body",
            "须由另一部门决定（民政与财政各一）",
            "the other body must decide (one of civil affairs, one of finance)",
        )
