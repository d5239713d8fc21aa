"""How large a letter may be, and how one that cannot go its way is kept as JSON."""

from __future__ import annotations

from dataclasses import replace

import orjson

from shared.bus.port import LARGEST_RECORD
from shared.bus.wire import UNREADABLE
from shared.contracts.letter import Envelope
from shared.errors import Invalid

LARGEST_LETTER = 1_000_000
"""Bytes of facts as they are written; the table of the outbox allows for jsonb's blanks too."""
SHOWN_BYTES = 2_000
NUL, NO_CHARACTER = b"\x00", "\N{REPLACEMENT CHARACTER}".encode()


def require_size(letter: Envelope) -> None:
    """A letter that no broker would take is not written: the work that wanted it is undone.

    Raises:
        Invalid: its facts are too large.
    """
    if (size := len(letter.facts)) > LARGEST_LETTER:
        raise Invalid(
            "letter_too_large",
            f"由此产生的信（{letter.type}）有 {size:,} 字节，上限 {LARGEST_LETTER:,}；"
            "请分成几次办理",
            f"the letter that this causes ({letter.type}) has {size:,} bytes, at most "
            f"{LARGEST_LETTER:,} can go; do it in smaller parts",
        )


def oversize(facts: bytes) -> str | None:
    """Why facts that arrive are too large to be read, or none."""
    if (size := len(facts)) <= LARGEST_RECORD:
        return None
    return f"its facts have {size:,} bytes, more than {LARGEST_RECORD:,}"


def kept_json(letter: Envelope) -> str:
    """A letter for the table of parked letters; a huge one is cut and can never be handled."""
    if (flaw := oversize(letter.facts)) is not None:
        shown = letter.facts[:SHOWN_BYTES].decode(errors="replace")
        note = {"why": flaw, "type": letter.type, "begins": shown, "truncated": True}
        letter = replace(letter, type=UNREADABLE, facts=orjson.dumps(note))
    elif NUL in letter.facts:  # which no JSON column takes
        letter = replace(letter, facts=letter.facts.replace(NUL, NO_CHARACTER))
    return letter.to_json()
