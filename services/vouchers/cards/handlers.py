"""A holder's move takes the card along; heard after the accounts wing has noted the move."""

from __future__ import annotations

from collections.abc import Mapping

from services.vouchers.cards.store import Cards
from shared.contracts.intake import PersonMoved
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def follow(letter: PersonMoved, cards: Cards) -> None:
    if letter.person_id is not None:
        await cards.move(letter.person_id)


HANDLERS: Mapping[type[Letter], Handler] = {PersonMoved: follow}
