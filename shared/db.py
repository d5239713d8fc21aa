"""A service's two connections pools to PostgreSQL: one under row-level security, one for jobs."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.database_address import DatabaseAddress, read_database_address, why_away
from shared.kept_lines import FRESH_S, KEPT, KeptLines
from shared.settings import Settings

STATEMENT_TIMEOUT_MS = 60_000
IDLE_TIMEOUT_MS = 60_000
LOOK_S = 3.0
NEVER_KEPT = 2
"""So many connections are always the pool's own, for whoever asks the pool itself."""


def _engine(address: DatabaseAddress, schema: str, size: int, name: str) -> AsyncEngine:
    engine = create_async_engine(
        address.url,
        pool_size=size,
        max_overflow=0,
        pool_reset_on_return="rollback",
        hide_parameters=True,
        connect_args={
            **address.hidden,
            "server_settings": {
                "search_path": schema,
                "application_name": name,
                "idle_in_transaction_session_timeout": str(IDLE_TIMEOUT_MS),
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "timezone": "UTC",
                "jit": "off",
            },
        },
    )
    _look_at_checkout(engine)
    return engine


def _look_at_checkout(engine: AsyncEngine) -> None:
    """Hand out no dead connection: a closed one is known, one that rested is asked first.

    As `pool_pre_ping`, but without a round trip for every unit of work.
    """

    @event.listens_for(engine.sync_engine, "checkin")
    def rest(connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, record: Any, proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError
        now = time.monotonic()
        if now - record.info.get("rests_since", now) > FRESH_S:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as dead:
                raise DisconnectionError from dead


class Database:
    """One service's database: `app` sees rows by scope, `jobs` sees all of the service's rows.

    Raises:
        BadDatabaseAddress: an address cannot be used.
    """

    def __init__(self, settings: Settings, schema: str) -> None:
        self.schema = schema
        self._address = read_database_address(settings.database_url.get_secret_value())
        jobs = read_database_address(settings.jobs_database_url.get_secret_value())
        self.app = _engine(self._address, schema, settings.app_pool, schema)
        self.jobs = _engine(jobs, schema, settings.jobs_pool, f"{schema}-jobs")
        self._kept = KeptLines(max(settings.app_pool - NEVER_KEPT, 0))
        KEPT[self.app] = self._kept

    async def trouble(self) -> str | None:
        """Why the database cannot be used now, in one sentence, or none."""
        try:
            async with asyncio.timeout(LOOK_S), self.app.connect() as connection:
                await connection.execute(text("SELECT 1 FROM outbox LIMIT 1"))
        except (SQLAlchemyError, OSError, TimeoutError) as failure:
            return why_away(self._address, failure)
        return None

    async def close(self) -> None:
        """Close both pools."""
        self._kept.close()
        await self.app.dispose()
        await self.jobs.dispose()
