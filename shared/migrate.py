"""Provisions a service's roles and schema and brings it to the newest migration."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.database_address import read_database_address
from shared.ground.v1 import roles
from shared.outages import sqlstate_of

LOCK = 8_2010_01
ATTEMPTS, PAUSE_S = 5, 0.2
DEADLOCK = "40P01"
SERVICES = ("intake", "eligibility", "scheduling", "vouchers", "evaluation")


async def provision(admin_dsn: str, schema: str, app_password: str, jobs_password: str) -> None:
    """Make the service's owner, application and jobs roles and its schema; safe to repeat."""
    names = roles(schema)
    connection = await asyncpg.connect(admin_dsn)
    try:
        await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
        await _role(connection, names["owner"], None)
        await _role(connection, names["app"], app_password)
        await _role(connection, names["jobs"], jobs_password)
        await connection.execute(
            f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {names['owner']}"
        )
        await connection.execute(
            f"GRANT USAGE ON SCHEMA {schema} TO {names['app']}, {names['jobs']}"
        )
        await connection.execute(
            "CREATE EXTENSION IF NOT EXISTS btree_gist; CREATE EXTENSION IF NOT EXISTS pg_trgm"
        )
    finally:
        await connection.close()


async def _role(connection: Any, name: str, password: str | None) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    verb = "ALTER" if exists else "CREATE"
    if password is None:
        await connection.execute(f"{verb} ROLE {name} NOLOGIN NOBYPASSRLS")
        return
    quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(f"{verb} ROLE {name} LOGIN NOBYPASSRLS PASSWORD {quoted}")


def _config(schema: str) -> Config:
    config = Config()
    place = Path(__file__).parents[1] / "services" / schema / "migrations"
    config.set_main_option("script_location", str(place))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(admin_dsn: str, schema: str, revision: str = "head") -> None:
    """Bring a service's schema to a revision, under an advisory lock, as the schema's owner.

    All of it is one transaction; the one that a deadlock with a working service has undone is made
    again.
    """
    config = _config(schema)
    config.attributes["dsn"] = admin_dsn
    config.attributes["schema"] = schema
    for left in reversed(range(ATTEMPTS)):
        try:
            command.upgrade(config, revision)
            return
        except asyncpg.DeadlockDetectedError:
            if not left:
                raise
        except DBAPIError as undone:
            if not left or sqlstate_of(undone) != DEADLOCK:
                raise
        time.sleep(PAUSE_S)


def run_env() -> None:
    """What every service's `migrations/env.py` calls."""
    asyncio.run(_run(context.config.attributes["dsn"], context.config.attributes["schema"]))


async def _run(admin_dsn: str, schema: str) -> None:
    address = read_database_address(admin_dsn)
    engine = create_async_engine(
        address.url,
        poolclass=NullPool,
        connect_args={
            **address.hidden,
            "server_settings": {"search_path": f"{schema}, public"},
        },
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate, schema)
            await connection.commit()
    finally:
        await engine.dispose()


def _migrate(connection: Connection, schema: str) -> None:
    connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK}, hashtext('{schema}'))"))
    connection.execute(text(f"SET LOCAL ROLE {roles(schema)['owner']}"))
    context.configure(
        connection=connection, version_table="migrations", version_table_schema=schema
    )
    with context.begin_transaction():
        context.run_migrations()
