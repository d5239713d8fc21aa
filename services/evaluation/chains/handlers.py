"""Hears every letter of every service and keeps it as a link of its application's chain."""

from __future__ import annotations

import orjson

from services.evaluation.chains.domain import links_of
from services.evaluation.chains.store import ChainLinks
from shared.contracts.letter import Letter
from shared.contracts.registry import letter_types
from shared.inbox import Handler


async def keep(letter: Letter, links: ChainLinks) -> None:
    """Keep a letter, whatever it is and whenever it comes: the order is made when reading."""
    await links.keep(links_of(letter, orjson.loads(links.cause.facts)))


HANDLERS: dict[type[Letter], Handler] = dict.fromkeys(letter_types().values(), keep)
