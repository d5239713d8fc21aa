"""Whether a letter that has arrived can be read here, and if not, why: said to the operator."""

from __future__ import annotations

from collections.abc import Collection

import orjson
from pydantic import ValidationError

from shared.bus.wire import UNREADABLE
from shared.contracts.letter import Envelope, Letter
from shared.contracts.registry import letter_types
from shared.keeping import oversize
from shared.problems import path_of

KNOWN = frozenset(letter_types())
FLAWS_TOLD = 3


class Unreadable(Exception):
    """Nobody here can read the letter, now or later; the text says why, without any value."""


def open_letter(letter: Envelope, kinds: Collection[type[Letter]]) -> dict[type[Letter], Letter]:
    """The letter's facts in each of the given kinds.

    Raises:
        Unreadable: it is no letter, of no known type or version, not from the service that writes
            such letters, too large, or its facts are not those of its type.
    """
    if (flaw := _flaw(letter)) is not None:
        raise Unreadable(flaw)
    try:
        return {kind: letter.open(kind) for kind in kinds}
    except ValidationError as bad:
        raise Unreadable(_told(bad)) from bad
    except ValueError as bad:
        raise Unreadable("its facts are no JSON object") from bad


def _flaw(letter: Envelope) -> str | None:
    if letter.type == UNREADABLE:
        return f"the record on the topic is no letter{_why(letter.facts)}"
    if letter.type not in KNOWN:
        return "no such letter type or version is known here"
    if letter.topic.partition(".")[0] != letter.source:
        return f"a letter of {letter.source} on the topic {letter.topic}: not from who writes it"
    return oversize(letter.facts)


def _why(note: bytes) -> str:
    """What the reader of the record noted."""
    try:
        said = orjson.loads(note)
    except orjson.JSONDecodeError:
        return ""
    why = said.get("why") or said.get("missing") if isinstance(said, dict) else None
    return f": {why}" if isinstance(why, str) else ""


def _told(bad: ValidationError) -> str:
    """Where facts do not fit and how, never what they are."""
    errors = bad.errors(include_url=False, include_context=False, include_input=False)
    flaws = [f"{path_of(error['loc'])} {error['type']}" for error in errors[:FLAWS_TOLD]]
    return f"its facts are not those of its type: {', '.join(flaws)}"
