"""The ground of a measurement: an embedded PostgreSQL of its own, gone afterwards."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.office import RolePasswords, settings_for
from deploy.postgres import EmbeddedPostgres, erase
from shared.migrate import provision, upgrade
from shared.settings import Settings

DATABASE = "bench"


@dataclass(frozen=True, slots=True)
class Ground:
    """A migrated database; `dsn` is the administrator's."""

    data: Path
    dsn: str
    passwords: RolePasswords

    def settings(self, name: str) -> Settings:
        """A service's settings with the defaults of an office; letters move when told."""
        return settings_for(name, self.dsn, self.passwords, self.data, run_relay=False)


@contextmanager
def directory() -> Iterator[Path]:
    """A data directory that is erased afterwards, its database cluster too."""
    place = Path(tempfile.mkdtemp(prefix="juyang-bench-"))
    try:
        yield place
    finally:
        erase(place)
        shutil.rmtree(place)


@asynccontextmanager
async def ground(schemas: Sequence[str], revision: str = "head") -> AsyncIterator[Ground]:
    """A database with these services' schemas at a revision."""
    with directory() as place:
        async with EmbeddedPostgres(place) as server:
            await server.ensure_database(DATABASE)
            dsn = server.dsn(DATABASE)
            passwords = RolePasswords(secrets.token_urlsafe(), secrets.token_urlsafe())
            for schema in schemas:
                await provision(dsn, schema, passwords.app, passwords.jobs)
                await asyncio.to_thread(upgrade, dsn, schema, revision)
            yield Ground(place, dsn, passwords)
