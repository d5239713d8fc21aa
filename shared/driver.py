"""Statements straight to asyncpg, inside the transaction that SQLAlchemy has begun.

A third of the cost of a statement's way through the toolkit; errors are the toolkit's own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

STATEMENTS_KEPT = 1024
NAME = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
COUNT = re.compile(r"\d+$")


@lru_cache(maxsize=STATEMENTS_KEPT)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """A statement with `$1` in place of `:name`, and the names in order."""
    names: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return names.setdefault(found[1], f"${len(names) + 1}")

    return NAME.sub(number, sql), tuple(names)


async def fetched(
    connection: AsyncConnection, sql: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """All rows of a statement.

    Raises:
        DBAPIError: whatever the database refuses, as the toolkit says it.
    """
    found = await _done(connection, "fetch", sql, values)
    return [_row(row) for row in found]


async def counted(connection: AsyncConnection, sql: str, values: Mapping[str, Any]) -> int:
    """How many rows a statement touched.

    Raises:
        DBAPIError: whatever the database refuses, as the toolkit says it.
    """
    status = await _done(connection, "execute", sql, values)
    rows = COUNT.search(status)
    return int(rows[0]) if rows else -1


async def _done(connection: AsyncConnection, how: str, sql: str, values: Mapping[str, Any]) -> Any:
    text, names = numbered(sql)
    assert connection.sync_connection is not None
    line: Any = connection.sync_connection.connection.driver_connection
    try:
        return await getattr(line, how)(text, *[values[name] for name in names])
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as failure:
        _translated(connection, text, failure)
    except asyncio.CancelledError:
        # Nobody knows what the connection is in the middle of: it is closed, as the toolkit does.
        await connection.invalidate()
        raise


def _row(record: asyncpg.Record) -> dict[str, Any]:
    """A row by its columns' names; columns of one name are numbered."""
    row = dict(record)
    if len(row) == len(record):
        return row
    names = list(record.keys())
    return {
        f"{name}_{names[:place].count(name) + 1}" if name in names[:place] else name: value
        for place, (name, value) in enumerate(zip(names, record.values(), strict=True))
    }


def _translated(connection: AsyncConnection, text: str, failure: Exception) -> NoReturn:
    """Raise the error that the toolkit would have raised; values are never in it."""
    adapted: Any = connection.sync_connection
    assert adapted is not None
    dialect = adapted.dialect
    try:
        adapted.connection.dbapi_connection._handle_exception(failure)
    except dialect.loaded_dbapi.Error as said:
        raise DBAPIError.instance(
            text,
            None,
            said,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=bool(dialect.is_disconnect(said, None, None)),
            dialect=dialect,
        ) from said
    raise failure
