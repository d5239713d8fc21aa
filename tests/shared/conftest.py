"""An office that the stories of one module share, where none of them disturbs another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

import asyncpg
import pytest

from deploy.office import Office, RolePasswords, login, settings_for
from deploy.postgres import EmbeddedPostgres
from shared.migrate import SERVICES
from tests.cluster import fresh_database
from tests.desk import OfficeDesk


@dataclass(frozen=True, slots=True)
class Table:
    """A desk, and the way into its database as the administrator or as a role."""

    desk: OfficeDesk
    dsn: str
    passwords: RolePasswords

    async def admin(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.dsn)

    async def role(self, name: str) -> asyncpg.Connection:
        dsn = login(self.dsn, name, self.passwords.app).get_secret_value()
        return await asyncpg.connect(dsn, server_settings={"search_path": "intake"})


@pytest.fixture(scope="module")
async def table(
    postgres: EmbeddedPostgres,
    template: str,
    passwords: RolePasswords,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Table]:
    place = tmp_path_factory.mktemp("table")
    more = {"run_relay": False, "app_pool": 8, "jobs_pool": 4}
    async with fresh_database(postgres, template) as dsn:
        office = Office({s: settings_for(s, dsn, passwords, place, **more) for s in SERVICES})
        await office.start()
        try:
            yield Table(OfficeDesk(office, place, date(2010, 1, 4)), dsn, passwords)
        finally:
            await office.stop()
