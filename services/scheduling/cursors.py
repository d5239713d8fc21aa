"""Cursor marks of scheduling's lists, read back as the values that their rows are ordered by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.errors import invalid_field
from shared.pages import read_mark


def read_cursor(cursor: str | None, *kinds: Callable[[str], Any]) -> tuple[Any, ...]:
    """The values inside a cursor, or as many `None` for the first page.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    values = read_mark(cursor, len(kinds))
    if values is None:
        return (None,) * len(kinds)
    try:
        return tuple(kind(value) for kind, value in zip(kinds, values, strict=True))
    except ValueError:
        raise invalid_field(
            "cursor",
            "bad_cursor",
            "翻页标记无效；请从第一页重新开始",
            "this cursor is not one of this list's; start again from the first page",
        ) from None
