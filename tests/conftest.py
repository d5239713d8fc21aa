"""The suite's ground: one embedded PostgreSQL per worker, a fresh database per test, an office."""

from __future__ import annotations

import asyncio
import gc
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import settings

from deploy.office import Office, RolePasswords, settings_for
from deploy.postgres import EmbeddedPostgres
from shared.migrate import SERVICES, provision, upgrade
from shared.runtime import Runtime
from tests.cluster import folder_for_a_cluster, fresh_database, hurry, warm
from tests.desk import LastingDoors, OfficeDesk

TEMPLATE = "juyang_template"

# On a busy machine an example may take its time; how fast things are is the benchmark's matter.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """What is imported stays: no collection of garbage walks through it again."""
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return ("asyncio", {"use_uvloop": True})


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A real PostgreSQL 18 of this worker's own; tests that kill one start theirs, durable."""
    with folder_for_a_cluster() as folder, EmbeddedPostgres(folder / "data") as server:
        asyncio.run(hurry(server))
        yield server


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
    await warm(postgres.dsn(TEMPLATE))
    return TEMPLATE


@pytest.fixture
async def database(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The DSN of a fresh, migrated database, dropped afterwards."""
    async with fresh_database(postgres, template) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def doors() -> Callable[[Runtime], FastAPI]:
    """What builds the applications of a desk's office."""
    return LastingDoors()


@pytest.fixture
def meters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk's office measures nothing; those of tests/observability do."""
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")


@pytest.fixture
async def desk(
    database: str,
    passwords: RolePasswords,
    tmp_path: Path,
    doors: Callable[[Runtime], FastAPI],
    meters: None,
) -> AsyncIterator[OfficeDesk]:
    """A running office on 2010-01-04 whose letters move only when the test says `settle`."""
    each = {
        name: settings_for(
            name, database, passwords, tmp_path, run_relay=False, app_pool=8, jobs_pool=2
        )
        for name in SERVICES
    }
    office = Office(each, doors=doors)
    await office.start()
    try:
        yield OfficeDesk(office, tmp_path, date(2010, 1, 4))
    finally:
        await office.stop()
