"""Looking at a migrated database as its administrator and as the services' own roles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from deploy.office import RolePasswords, login
from shared.ground.v1 import roles

TABLES = """
SELECT n.nspname || '.' || c.relname AS name, n.nspname AS schema, c.relname AS bare,
    c.relrowsecurity AND c.relforcerowsecurity AS forced,
    pg_get_userbyid(c.relowner) AS owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname = ANY($1) ORDER BY 1
"""


@asynccontextmanager
async def entering(
    database: str, passwords: RolePasswords, schema: str, role: str = "app"
) -> AsyncIterator[asyncpg.Connection]:
    """A connection as a service's own role, without any scope set."""
    password = passwords.app if role == "app" else passwords.jobs
    dsn = login(database, roles(schema)[role], password).get_secret_value()
    connection = await asyncpg.connect(dsn, server_settings={"search_path": schema})
    try:
        yield connection
    finally:
        await connection.close()
