"""Identifiers: time-ordered UUIDs (version 7, RFC 9562), so that indexes stay compact."""

from __future__ import annotations

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

LETTER_SPACE = UUID("6a0e0f3e-9c5f-4a51-8f8b-3d1f6a1f2008")


def new_id() -> UUID:
    """A fresh time-ordered identifier."""
    return uuid7()


def derived_id(*parts: object) -> UUID:
    """The same identifier for the same parts, always: for things that exist once by nature."""
    return uuid5(LETTER_SPACE, "\x1f".join(str(part) for part in parts))
