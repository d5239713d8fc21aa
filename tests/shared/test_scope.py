"""Row-level security: the database itself keeps a street's rows from everybody else's."""

from __future__ import annotations

import asyncpg
import pytest

from shared.contracts.ids import new_id
from tests.intake.rosters import COMMUNITY, NEXT_STREET, STREET, enter, register
from tests.shared.conftest import Table

pytestmark = pytest.mark.anyio
APP, JOBS = "juyang_intake_app", "juyang_intake_jobs"
NEIGHBOUR = NEXT_STREET + "001"
MOVE_IN = "UPDATE persons SET area_code = '110105015002' WHERE true"
SCOPED = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('area_code', 'street_code')
WHERE c.relkind = 'r' AND n.nspname = 'intake' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
"""


async def test_the_application_role_sees_and_writes_its_own_scope_alone(table: Table) -> None:
    await enter(table.desk, COMMUNITY, NEIGHBOUR)
    async with table.desk.as_("district_officer", sub="zhao", area="110105") as officer:
        mine = await register(officer, 1)
        theirs = await register(officer, 2, area_code=NEIGHBOUR)
    app = await table.role(APP)
    try:
        async with app.transaction():
            await app.execute("SELECT set_config('juyang.areas', $1, true)", STREET + "%")
            await app.execute("SELECT set_config('juyang.agency', '', true)")
            seen = {str(row["person_id"]) for row in await app.fetch("TABLE persons")}
            assert seen == {mine["person_id"]}
            assert await app.fetch("TABLE person_marks") is not None
            assert await app.execute(MOVE_IN) == "UPDATE 1"
            found = await app.fetch("SELECT * FROM facts_for_application($1)", [new_id()])
            assert found == []
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with app.transaction():
                    await app.execute("UPDATE persons SET area_code = $1", NEIGHBOUR)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with app.transaction():
                    await app.execute(
                        "INSERT INTO persons (person_id, area_code, facts, sealed) "
                        "VALUES ($1, $2, '{}', '')",
                        new_id(),
                        NEIGHBOUR,
                    )
            told = await app.fetch("SELECT * FROM facts_for_application($1)", [theirs["person_id"]])
            assert told == []
    finally:
        await app.close()


async def test_without_a_scope_every_scoped_table_raises(table: Table) -> None:
    app = await table.role(APP)
    try:
        for name in ("persons", "person_marks"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no scope"):
                await app.fetch(f"SELECT * FROM {name}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetch("SELECT * FROM facts_for_application($1)", [new_id()])
    finally:
        await app.close()


async def test_every_table_with_an_area_is_under_row_level_security(table: Table) -> None:
    admin = await table.admin()
    try:
        open_tables = {row["relname"] for row in await admin.fetch(SCOPED)}
    finally:
        await admin.close()
    # Letters on their way, and rows that live for one statement between COPY and INSERT.
    assert open_tables == {"outbox", "staged_persons"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET act = 'x'",
        "DELETE FROM audit",
        "DELETE FROM outbox",
        "UPDATE outbox SET facts = '{}'",
        "DELETE FROM inbox",
        "DELETE FROM idempotency",
        "DELETE FROM persons",
        "UPDATE audit_seals SET chain = ''",
        "DELETE FROM audit_seals",
        "SELECT * FROM eligibility.cases",
        "SET ROLE juyang_intake_owner",
        "SET ROLE juyang_intake_jobs",
        "ALTER TABLE persons DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE intake.mine (x int)",
    ],
)
async def test_the_application_role_cannot_rewrite_the_past_nor_leave_its_schema(
    table: Table, statement: str
) -> None:
    app = await table.role(APP)
    try:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError)):
            await app.execute(statement)
    finally:
        await app.close()
