"""A line to the database: one pooled connection inside one transaction, straight to asyncpg.

The toolkit keeps the pool and looks at connections at check-out. A statement's way through it
costs three times as much as the way to the driver; errors are the toolkit's own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NoReturn

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from shared.kept_lines import KEPT

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


class Line:
    """A connection that is its holder's until `close`; whatever interrupts it ends it."""

    __slots__ = ("_adapter", "_dialect", "_driver", "_kept", "_pooled")

    def __init__(self, engine: AsyncEngine, pooled: Any) -> None:
        self._kept = KEPT.get(engine)
        self._dialect: Any = engine.dialect
        self._pooled = pooled
        self._adapter: Any = pooled.dbapi_connection
        self._driver: Any = pooled.driver_connection

    @classmethod
    async def open(cls, engine: AsyncEngine) -> Line:
        """A connection from the pool, with a transaction begun.

        Raises:
            DBAPIError: whatever the database refuses, as the toolkit says it.
        """
        line = await cls._taken(engine)
        try:
            await line.command("BEGIN")
        except BaseException:
            await line.close()
            raise
        return line

    @classmethod
    async def alone(
        cls, engine: AsyncEngine, sql: str, values: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """All rows of one statement that is a transaction of its own.

        Raises:
            DBAPIError: whatever the database refuses, as the toolkit says it.
        """
        line = await cls._taken(engine)
        try:
            return await line.fetch(sql, values)
        finally:
            await line.close()

    @classmethod
    async def _taken(cls, engine: AsyncEngine) -> Line:
        kept = KEPT.get(engine)
        if kept is not None and (line := kept.take()) is not None:
            assert isinstance(line, Line)
            return line
        try:
            return cls(engine, await engine.raw_connection())
        except engine.dialect.loaded_dbapi.Error as refused:
            _raise(engine.dialect, "", refused)

    async def fetch(self, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All rows of a statement.

        Raises:
            DBAPIError: whatever the database refuses, as the toolkit says it.
        """
        text, names = numbered(sql)
        call = self._driver.fetch(text, *[values[name] for name in names])
        return [_row(record) for record in await self._done(text, call)]

    async def count(self, sql: str, values: Mapping[str, Any]) -> int:
        """How many rows a statement touched.

        Raises:
            DBAPIError: whatever the database refuses, as the toolkit says it.
        """
        text, names = numbered(sql)
        call = self._driver.execute(text, *[values[name] for name in names])
        rows = COUNT.search(await self._done(text, call))
        return int(rows[0]) if rows else -1

    async def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """A statement once for each row, prepared once and sent together.

        Raises:
            DBAPIError: whatever the database refuses, as the toolkit says it.
        """
        text, names = numbered(sql)
        values = [[row[name] for name in names] for row in rows]
        await self._done(text, self._driver.executemany(text, values))

    async def copy(
        self, table: str, records: Iterable[tuple[Any, ...]], columns: Sequence[str]
    ) -> None:
        """COPY into a table.

        Raises:
            DBAPIError: whatever the database refuses, as the toolkit says it.
        """
        call = self._driver.copy_records_to_table(table, records=records, columns=list(columns))
        await self._done("COPY", call)

    async def command(self, sql: str) -> None:
        """A statement of transactions, without values.

        Raises:
            DBAPIError: whatever the database refuses, as the toolkit says it.
        """
        await self._done(sql, self._driver.execute(sql))

    async def close(self) -> None:
        """Give the connection back; one that is still inside a transaction is undone first."""
        if self._pooled is None:
            return
        try:
            if self._driver.is_in_transaction():
                with suppress(DBAPIError, OSError):
                    await self.command("ROLLBACK")
        finally:
            if self._pooled is not None and not self.usable:
                await self._end()
            if self._pooled is not None and (self._kept is None or not self._kept.keep(self)):
                self.give_back()

    @property
    def usable(self) -> bool:
        """Whether it is open, and outside any transaction."""
        return not (self._driver.is_closed() or self._driver.is_in_transaction())

    def give_back(self) -> None:
        """Return it to the pool as it is."""
        self._pooled.close()

    async def _done(self, text: str, call: Awaitable[Any]) -> Any:
        try:
            return await call
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as failure:
            self._translated(text, failure)
        except asyncio.CancelledError:
            # Nobody knows what the connection is in the middle of: it is closed.
            await self._end()
            raise

    async def _end(self) -> None:
        pooled, self._pooled = self._pooled, None
        await greenlet_spawn(pooled.invalidate)

    def _translated(self, text: str, failure: Exception) -> NoReturn:
        """Raise the error that the toolkit would have raised; values are never in it."""
        try:
            self._adapter._handle_exception(failure)
        except self._dialect.loaded_dbapi.Error as said:
            _raise(self._dialect, text, said)
        raise failure


def _raise(dialect: Any, text: str, said: Any) -> NoReturn:
    raise DBAPIError.instance(
        text,
        None,
        said,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=bool(dialect.is_disconnect(said, None, None)),
        dialect=dialect,
    ) from said


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
