"""The suite's ground: one embedded PostgreSQL per worker, a fresh database per test, an office."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from deploy.office import Office, RolePasswords, settings_for
from deploy.postgres import EmbeddedPostgres, erase
from shared.contracts.ids import new_id
from shared.migrate import SERVICES, provision, upgrade
from tests.desk import OfficeDesk

TEMPLATE = "juyang_template"


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return ("asyncio", {"use_uvloop": True})


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A real PostgreSQL 18 of this worker's own; tests that kill one start theirs, durable."""
    place = tmp_path_factory.mktemp("office")
    with EmbeddedPostgres(place) as server:
        asyncio.run(_hurry(server.admin_dsn))
        yield server
    erase(place)


async def _hurry(admin_dsn: str) -> None:
    """No flushing to disk: these databases need not survive a power cut."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            await admin.execute(f"ALTER SYSTEM SET {setting} = off")
        await admin.execute("SELECT pg_reload_conf()")
    finally:
        await admin.close()


@pytest.fixture(scope="session")
def passwords() -> RolePasswords:
    return RolePasswords(secrets.token_urlsafe(), secrets.token_urlsafe())


@pytest.fixture(scope="session")
async def template(postgres: EmbeddedPostgres, passwords: RolePasswords) -> str:
    """A database with all five schemas at their newest migration."""
    await postgres.ensure_database(TEMPLATE)
    for schema in SERVICES:
        await provision(postgres.dsn(TEMPLATE), schema, passwords.app, passwords.jobs)
        await asyncio.to_thread(upgrade, postgres.dsn(TEMPLATE), schema)
    return TEMPLATE


@pytest.fixture
async def database(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The DSN of a fresh, migrated database, dropped afterwards."""
    name = f"juyang_{new_id().hex}"
    admin = await asyncpg.connect(postgres.admin_dsn)
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
        yield postgres.dsn(name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest.fixture
async def desk(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> AsyncIterator[OfficeDesk]:
    """A running office on 2010-01-04 whose letters move only when the test says `settle`."""
    settings = {
        name: settings_for(
            name, database, passwords, tmp_path, run_relay=False, app_pool=8, jobs_pool=2
        )
        for name in SERVICES
    }
    office = Office(settings)
    await office.start()
    try:
        yield OfficeDesk(office, tmp_path, date(2010, 1, 4))
    finally:
        await office.stop()
