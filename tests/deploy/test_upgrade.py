"""A new version beside the old one: old code on the new schema, new letters to old readers."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from deploy.postgres import EmbeddedPostgres
from deploy.postgres_cluster import CLEAN_ENVIRONMENT, SUPERUSER
from deploy.postgres_place import REFUGE, Place, programs
from shared.contracts.ids import new_id
from shared.migrate import SERVICES
from tests.desk import OfficeDesk
from tests.eligibility.stories import Elder, case_of, cases, tell
from tests.intake.rosters import COMMUNITY, STREET, enter, register

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
# What a next version may do at any hour: only additions that old code need not know.
EXPAND = '''
"""An invented expand migration of the next version."""
from shared.ground.v1 import run_script, share

revision = "next"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("""
        SET LOCAL lock_timeout = '2s';
        ALTER TABLE {table} ADD COLUMN next_note text;
        ALTER TABLE outbox ADD COLUMN next_note text;
        ALTER TABLE inbox ADD COLUMN next_note text NOT NULL DEFAULT 'x';
        CREATE TABLE next_things (thing_id uuid PRIMARY KEY);
    """)
    share("{schema}", "next_things")


def downgrade() -> None:
    run_script("""
        DROP TABLE next_things;
        ALTER TABLE inbox DROP COLUMN next_note;
        ALTER TABLE outbox DROP COLUMN next_note;
        ALTER TABLE {table} DROP COLUMN next_note;
    """)
'''
TABLES = {
    "intake": "persons",
    "eligibility": "determinations",
    "scheduling": "awards",
    "vouchers": "awards",
    "evaluation": "chain_links",
}


def config_of(schema: str, dsn: str, *more: Path) -> Config:
    """Alembic on a service's migrations, and on those of a version to come."""
    place = ROOT / "services" / schema / "migrations"
    config = Config()
    config.set_main_option("script_location", str(place))
    config.set_main_option("path_separator", "os")
    versions = os.pathsep.join(str(one) for one in (place / "versions", *more))
    config.set_main_option("version_locations", versions)
    config.attributes.update(dsn=dsn, schema=schema)
    return config


def head_of(schema: str) -> str:
    """The only head of a service's migrations."""
    (head,) = ScriptDirectory(str(ROOT / "services" / schema / "migrations")).get_heads()
    return head


def migrate_to_next(schema: str, dsn: str, folder: Path) -> Config:
    folder.mkdir()
    text = EXPAND.format(head=head_of(schema), schema=schema, table=TABLES[schema])
    (folder / "next.py").write_text(text)
    config = config_of(schema, dsn, folder)
    command.upgrade(config, "head")
    return config


def drawing(server: EmbeddedPostgres, database: str) -> str:
    """The schema as pg_dump draws it: tables, rules, functions, grants, owners."""
    login = {
        "PGHOST": server.socket_dir,
        "PGPORT": str(server.port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": server.connection.password,
    }
    done = subprocess.run(
        [programs(Place(Path("/"), REFUGE, None)) / "pg_dump", "--schema-only", database],
        env={**CLEAN_ENVIRONMENT, **login},
        capture_output=True,
        text=True,
        check=True,
    )
    # From 18 on a dump begins and ends with a random word.
    return "\n".join(
        line for line in done.stdout.splitlines() if "restrict" not in line.split(" ")[0]
    )


def database_of(dsn: str) -> str:
    return dsn.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture
async def empty(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database without anything, dropped afterwards."""
    name = f"juyang_{new_id().hex}"
    await postgres.ensure_database(name)
    yield postgres.dsn(name)
    admin = await asyncpg.connect(postgres.admin_dsn)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.mark.parametrize("schema", SERVICES)
def test_a_service_has_one_line_of_migrations(schema: str) -> None:
    script = ScriptDirectory(str(ROOT / "services" / schema / "migrations"))
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    assert all(not one.is_merge_point for one in script.walk_revisions())


@pytest.mark.parametrize("schema", SERVICES)
async def test_every_migration_can_be_taken_back_and_made_again(
    postgres: EmbeddedPostgres, database: str, schema: str
) -> None:
    """The last step, as a release that failed needs it, and then all of them."""
    before = drawing(postgres, database_of(database))
    config = config_of(schema, database)
    await asyncio.to_thread(command.downgrade, config, "-1")
    assert drawing(postgres, database_of(database)) != before
    await asyncio.to_thread(command.upgrade, config, "head")
    assert drawing(postgres, database_of(database)) == before
    await asyncio.to_thread(command.downgrade, config, "base")
    assert f"CREATE TABLE {schema}.outbox" not in drawing(postgres, database_of(database))
    await asyncio.to_thread(command.upgrade, config, "head")
    assert drawing(postgres, database_of(database)) == before


def migrators(dsn: str, passwords: dict[str, Any], count: int) -> list[subprocess.Popen[str]]:
    """So many `juyang migrate` at once."""
    environment = {
        **os.environ,
        "JUYANG_ADMIN_DATABASE_URL": dsn,
        "JUYANG_ROLE_PASSWORDS": json.dumps(passwords),
    }
    words = [sys.executable, "-m", "deploy.cli.main", "migrate"]
    return [
        subprocess.Popen(
            words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(count)
    ]


async def test_two_migrators_at_once_make_what_one_makes_and_a_third_changes_nothing(
    postgres: EmbeddedPostgres, template: str, empty: str, passwords: Any
) -> None:
    both = {name: {"app": passwords.app, "jobs": passwords.jobs} for name in SERVICES}
    for count in (2, 1):
        for process in migrators(empty, both, count):
            said, _ = await asyncio.to_thread(process.communicate)
            assert process.returncode == 0, said
        assert drawing(postgres, database_of(empty)) == drawing(postgres, template)


async def test_an_office_goes_on_while_the_next_version_widens_its_schema(
    desk: OfficeDesk, database: str, tmp_path: Path
) -> None:
    """Old code reads, writes and sends letters before, during and after the migration."""
    await enter(desk, COMMUNITY)
    registered: list[str] = []
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        registered.append((await register(li, 1))["person_id"])
        await desk.settle()
        for order, schema in enumerate(SERVICES, start=2):
            migration = asyncio.create_task(
                asyncio.to_thread(migrate_to_next, schema, database, tmp_path / schema)
            )
            while not migration.done():
                registered.append((await register(li, order * 100 + len(registered)))["person_id"])
                await desk.settle()
            await migration
        assert len(registered) > len(SERVICES)
        registered.append((await register(li, 999))["person_id"])
        await desk.settle()
        listed = (await li.get("/intake/v1/persons?limit=1000")).json()["items"]
    assert {one["person_id"] for one in listed} == set(registered)
    work = desk.work("eligibility")
    known = await work.value("SELECT count(*) FROM people")
    parked = await work.value("SELECT count(*) FROM parked")
    await work.abandon()
    assert (known, parked) == (len(registered), 0)


async def test_the_widening_can_be_taken_back_while_the_office_goes_on(
    postgres: EmbeddedPostgres, desk: OfficeDesk, database: str, tmp_path: Path
) -> None:
    before = drawing(postgres, database_of(database))
    config = await asyncio.to_thread(migrate_to_next, "intake", database, tmp_path / "intake")
    await enter(desk, COMMUNITY)
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        first = await register(li, 1)
        await asyncio.to_thread(command.downgrade, config, "-1")
        second = await register(li, 2)
        listed = (await li.get("/intake/v1/persons")).json()["items"]
    assert {one["person_id"] for one in listed} == {first["person_id"], second["person_id"]}
    assert drawing(postgres, database_of(database)) == before


async def test_letters_of_a_newer_version_with_more_facts_are_read_as_before(
    desk: OfficeDesk,
) -> None:
    """Within .v1 facts are only added; who does not know them decides as ever."""
    elder, plain = Elder(), Elder()
    work = desk.work("intake")
    work.send(elder.registers(), elder.applies())
    work.letters = [replace(one, facts=with_more(one.facts)) for one in work.letters]
    await work.commit()
    await desk.settle()
    await tell(desk, plain.registers(), plain.applies())
    newer, older = await case_of(desk, elder), await case_of(desk, plain)
    assert (newer["stage"], newer["outcome"]) == (older["stage"], older["outcome"])
    assert len(await cases(desk)) == 2
    for service in SERVICES:
        looked = desk.work(service)
        assert await looked.value("SELECT count(*) FROM parked") == 0
        await looked.abandon()


def with_more(facts: bytes) -> bytes:
    """Facts as a next version may write them, in the person's file too."""
    known = orjson.loads(facts)
    known["next_fact"] = {"a": [1]}
    known["person"]["next_fact"] = "later"
    return orjson.dumps(known)
