"""A service's two connections pools to PostgreSQL: one under row-level security, one for jobs."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.settings import Settings

STATEMENT_TIMEOUT_MS = 60_000
IDLE_TIMEOUT_MS = 60_000


def _engine(url: str, schema: str, size: int, name: str) -> AsyncEngine:
    dsn = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return create_async_engine(
        dsn,
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=True,
        pool_reset_on_return="rollback",
        hide_parameters=True,
        connect_args={
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
    """One service's database: `app` sees rows by scope, `jobs` sees all of the service's rows."""

    def __init__(self, settings: Settings, schema: str) -> None:
        self.schema = schema
        self.app = _engine(
            settings.database_url.get_secret_value(), schema, settings.app_pool, schema
        )
        self.jobs = _engine(
            settings.jobs_database_url.get_secret_value(),
            schema,
            settings.jobs_pool,
            f"{schema}-jobs",
        )

    async def close(self) -> None:
        await self.app.dispose()
        await self.jobs.dispose()
