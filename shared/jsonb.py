"""Values as a statement's `CAST(:x AS jsonb)` takes them, for the stores."""

from __future__ import annotations

from typing import Any

import orjson


def jsonb(value: Any) -> str:
    """A value as text of JSON, keys in order; dates and identifiers are written as text."""
    # Identifiers from the database are a subclass of UUID that orjson does not take by itself.
    return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode()
