"""Lists page by cursor: an opaque mark of the last row seen, never an offset."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel

from shared.errors import invalid_field

T = TypeVar("T")
DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000
Within = Annotated[
    str, Query(pattern=r"^[0-9]{0,12}$", description="area code, or its first digits")
]
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="rows on a page")]
Cursor = Annotated[str | None, Query(description="`next` of the page before", max_length=300)]


class Page(BaseModel, Generic[T]):
    """A page of rows; `next` is absent on the last one."""

    items: list[T]
    next: str | None = None


def mark(*values: object) -> str:
    """An opaque cursor for the values of a row that the list is ordered by."""
    raw = orjson.dumps([str(value) for value in values])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(cursor: str | None, *kinds: Callable[[str], Any]) -> tuple[Any, ...]:
    """The values inside a cursor, or as many `None` for the first page.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    if cursor is None:
        return (None,) * len(kinds)
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.urlsafe_b64decode(padded.encode()))
        return tuple(kind(str(value)) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError):
        raise invalid_field(
            "cursor",
            "bad_cursor",
            "翻页标记无效；请从第一页重新开始",
            "this cursor is not one of this list's; start again from the first page",
        ) from None


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], tuple[object, ...]]) -> Page[T]:
    """A page from `limit + 1` rows: the extra row only tells that there is more."""
    kept = list(rows[:limit])
    more = mark(*key(kept[-1])) if len(rows) > limit else None
    return Page(items=kept, next=more)
