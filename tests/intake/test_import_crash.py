"""An import killed in the middle goes on where it was: nobody is lost, nobody is doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from deploy.office import RolePasswords, service_of, settings_for
from shared.app import create_app
from shared.auth import local_key, mint
from shared.bus.direct import DirectBus
from shared.caller import Caller
from shared.runtime import Runtime
from shared.settings import Settings
from tests.intake.rosters import EXAMPLES, STREET, areas_of, ended, send

pytestmark = pytest.mark.anyio
WORKER = """
import asyncio
from deploy.office import service_of
from shared.bus.direct import DirectBus
from shared.runtime import Runtime
from shared.settings import Settings

async def main():
    await Runtime(service_of("intake"), Settings(), DirectBus()).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""
# The second chunk waits here, its rows written and not committed.
GATE = 42
STOPS_IN_THE_MIDDLE = f"""
CREATE FUNCTION intake.wait() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN NEW; END $$;
CREATE TRIGGER wait BEFORE UPDATE ON intake.imports
    FOR EACH ROW WHEN (OLD.next_row > 0) EXECUTE FUNCTION intake.wait();
"""
AREAS = "INSERT INTO intake.areas SELECT * FROM unnest($1::text[], $2::text[], $3::text[])"
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
KEPT = """
SELECT (SELECT count(*) FROM intake.persons), (SELECT count(*) FROM intake.staged_persons),
    (SELECT count(*) FROM intake.outbox WHERE type = 'intake.person.registered.v1'),
    (SELECT count(DISTINCT aggregate_id) FROM intake.outbox),
    (SELECT count(*) FROM intake.import_rejects),
    (SELECT count(*) FROM intake.person_marks WHERE kind = 'id_number')
"""


@contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Another process of the service, that works rosters off; killed at the end."""
    told = {
        "JUYANG_DATABASE_URL": settings.database_url.get_secret_value(),
        "JUYANG_JOBS_DATABASE_URL": settings.jobs_database_url.get_secret_value(),
        "JUYANG_DATA": str(settings.data),
        "JUYANG_RUN_RELAY": "false",
    }
    with subprocess.Popen([sys.executable, "-c", WORKER], env={**os.environ, **told}) as process:
        try:
            yield process
        finally:
            process.kill()


@asynccontextmanager
async def officer(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """An officer at a service whose own worker has not been started."""
    caller = Caller("li", "street_officer", STREET)
    token = mint(local_key(runtime.settings.data), runtime.settings, caller, lives_s=600)
    parent = FastAPI()
    parent.mount("/intake", create_app(runtime, own_lifespan=False))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(parent),
        base_url="http://office",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


async def test_a_roster_whose_process_is_killed_is_finished_by_the_next(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    admin = await asyncpg.connect(database)
    rows = areas_of("110105")
    await admin.execute(AREAS, *([row[n] for row in rows] for n in ("code", "name", "level")))
    await admin.execute(STOPS_IN_THE_MIDDLE)
    await admin.execute(f"SELECT pg_advisory_lock({GATE})")
    settings = settings_for("intake", database, passwords, tmp_path, run_relay=False)
    runtime = Runtime(service_of("intake"), settings, DirectBus())
    content = (EXAMPLES / "chaoyang-roster.xlsx").read_bytes()
    async with officer(runtime) as client:
        import_id = (await send(client, content, "one")).json()["import_id"]
        with worker(settings) as process:
            while not await admin.fetchval(WAITING):
                assert process.poll() is None
        await admin.execute(f"SELECT pg_advisory_unlock({GATE})")
        half = (await client.get(f"/intake/v1/imports/{import_id}")).json()
        await runtime.start()
        view = await ended(client, import_id)
        await runtime.stop()
    kept = tuple(await admin.fetchrow(KEPT))
    await admin.close()
    assert half["state"] == "running"
    assert 0 < half["next_row"] < 2000
    assert (view["state"], view["persons_new"], view["rejected"]) == ("done", 1966, 34)
    assert kept == (1966, 0, 1966, 1966, 34, 1966)
