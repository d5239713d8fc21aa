"""What a chain keeps of a letter: a short flat summary, and for a bulk letter one link each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.contracts.letter import Letter
from shared.contracts.vouchers import VouchersIssued

UNNEEDED = frozenset({"person", "applications", "birth_on"})
"""Facts that a chain does not need: who must know them asks intake, and is audited there."""
LONGEST_LIST = 10
LONGEST_TEXT = 200
Flat = str | int | bool | list[Any]


@dataclass(frozen=True, slots=True)
class Link:
    """One letter's place in one application's chain, or in no application's."""

    application_id: UUID | None
    facts: Mapping[str, Flat]


def summary(facts: Mapping[str, Any]) -> dict[str, Flat]:
    """The letter's plain facts; unknown ones, nested ones and long ones are left out."""
    return {
        name: value
        for name, value in facts.items()
        if name not in UNNEEDED and value is not None and _is_flat(value)
    }


def links_of(letter: Letter, facts: Mapping[str, Any]) -> list[Link]:
    """The links that a letter adds: one, or one for each application that it speaks of."""
    flat = summary(facts)
    if not isinstance(letter, VouchersIssued):
        return [Link(letter.application_id, flat)]
    each = per_person(letter)
    shown = {name: flat[name] for name in ("run_id", "programme", "month_on") if name in flat}
    amount: dict[str, Flat] = {} if each is None else {"amount_fen": each}
    journeys = [Link(one, {**shown, **amount}) for one in dict.fromkeys(letter.applications)]
    return journeys or [Link(letter.application_id, flat)]


def per_person(letter: VouchersIssued) -> int | None:
    """Each person's share of an issue, in fen, when all got the same whole amount."""
    if letter.people == 0 or letter.total_fen % letter.people:
        return None
    return letter.total_fen // letter.people


def _is_flat(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= LONGEST_LIST and not any(isinstance(x, dict | list) for x in value)
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    return isinstance(value, int | bool)
