"""The suite's PostgreSQL: a cluster in memory where there is room, and databases like its first."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from deploy.postgres import EmbeddedPostgres
from deploy.postgres_cluster import MEGABYTE, SUPERUSER
from deploy.postgres_connection import OFFICE_LOCK
from deploy.postgres_place import take
from shared.contracts.ids import new_id

MEMORY = Path("/dev/shm")
PREFIX = "juyang-suite-"
ROOM_MB = 2048
"""A worker's cluster takes some 300 MB; containers often give this folder no more than 64."""

SETTINGS = {
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
    # They live for a second or two.
    "autovacuum": "off",
    # Thousands of connections: the exchange stays, its work is for passwords that people choose.
    "scram_iterations": "1",
}
CATALOGUE = (
    "pg_attrdef, pg_attribute, pg_class, pg_constraint, pg_depend, pg_index, pg_inherits, "
    "pg_namespace, pg_operator, pg_policy, pg_proc, pg_rewrite, pg_statistic, pg_trigger, pg_type"
)


def shelf() -> Path | None:
    """Where folders of clusters are made: in memory, or else in the temporary folder."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_MB * MEGABYTE
    return MEMORY if roomy else None


@contextlib.contextmanager
def folder_for_a_cluster() -> Iterator[Path]:
    """A folder that the server's account can enter; a thousand files a test are dear on a disk."""
    remove_what_killed_runs_left()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=shelf()))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def remove_what_killed_runs_left() -> None:
    """Memory comes back by nobody else: folders whose office is gone."""
    for folder in MEMORY.glob(f"{PREFIX}*"):
        office = folder / "data" / OFFICE_LOCK
        if office.exists() and (lock := take(office, 0)) is not None:
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)


async def hurry(server: EmbeddedPostgres) -> None:
    """What a cluster of the suite sets apart from an office's."""
    admin = await asyncpg.connect(server.admin_dsn)
    try:
        for name, value in SETTINGS.items():
            await admin.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await admin.execute("SELECT pg_reload_conf()")
    finally:
        await admin.close()
    admin = await asyncpg.connect(server.admin_dsn)
    try:
        await admin.execute(f"ALTER ROLE {SUPERUSER} PASSWORD '{server.connection.password}'")
    finally:
        await admin.close()


async def warm(dsn: str) -> None:
    """Spare every copy what a new database makes its first connections do.

    That is sweeping up after the migrations in the catalogue, and writing the cache of it, which
    copies take along. The services' own tables keep the statistics of tables nobody has looked at.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"VACUUM (FREEZE, ANALYZE) {CATALOGUE}")
    finally:
        await connection.close()
    connection = await asyncpg.connect(dsn)
    await connection.close()


@asynccontextmanager
async def fresh_database(server: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The DSN of a copy of a template, dropped afterwards."""
    name = f"juyang_{new_id().hex}"
    admin = await asyncpg.connect(server.admin_dsn)
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield server.dsn(name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()
