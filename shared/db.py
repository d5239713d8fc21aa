"""A service's two connections pools to PostgreSQL: one under row-level security, one for jobs."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.database_address import DatabaseAddress, read_database_address, why_away
from shared.settings import Settings

STATEMENT_TIMEOUT_MS = 60_000
IDLE_TIMEOUT_MS = 60_000
LOOK_S = 3.0


def _engine(address: DatabaseAddress, schema: str, size: int, name: str) -> AsyncEngine:
    return create_async_engine(
        address.url,
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=True,
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

    async def trouble(self) -> str | None:
        """Why the database cannot be used now, in one sentence, or none."""
        try:
            async with asyncio.timeout(LOOK_S), self.app.connect() as connection:
                await connection.execute(text("SELECT 1 FROM outbox LIMIT 1"))
        except (SQLAlchemyError, OSError, TimeoutError) as failure:
            return why_away(self._address, failure)
        return None

    async def close(self) -> None:
        await self.app.dispose()
        await self.jobs.dispose()
