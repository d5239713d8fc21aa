"""The audit journal: one row for every write, sealed into a chain that shows every change."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from shared import audit
from shared.contracts.ids import new_id
from tests.intake.rosters import COMMUNITY, STREET, enter, register
from tests.shared.conftest import Table

pytestmark = pytest.mark.anyio
WRITERS, EACH = 8, 25
EMPTY = "TRUNCATE intake.audit, intake.audit_seals RESTART IDENTITY"


async def write(table: Table, count: int = 1) -> None:
    for _ in range(count):
        work = table.desk.work("intake")
        work.audit("test.act", str(new_id()), detail="story")
        await work.commit()


async def sealed(table: Table) -> int:
    async with table.desk.office.runtimes["intake"].database.jobs.begin() as connection:
        return await audit.seal(connection)


async def flaws(table: Table) -> tuple[int, list[str]]:
    async with table.desk.office.runtimes["intake"].database.jobs.connect() as connection:
        return await audit.verify(connection)


@pytest.fixture
async def admin(table: Table) -> Any:
    connection = await table.admin()
    await connection.execute(EMPTY)
    yield connection
    await connection.close()


async def test_every_write_leaves_one_row_of_who_did_what(
    table: Table, admin: asyncpg.Connection
) -> None:
    await enter(table.desk, COMMUNITY)
    async with table.desk.as_("street_officer", sub="li", area=STREET) as li:
        view = await register(li)
        place = f"/intake/v1/persons/{view['person_id']}"
        facts = {"id": str(new_id()), "facts": {"dibao": True}}
        await li.post(f"{place}/facts", json=facts)
        await li.post(f"{place}/facts", json={**facts, "id": str(new_id()), "facts": {"x": 1}})
        await li.get(place)
        await li.post(f"{place}/disclosures", json={"reason": "上门核对", "fields": ["phone"]})
        await li.post("/intake/v1/persons/searches", json={"kind": "phone", "value": "13800000000"})
    rows = await admin.fetch(
        "SELECT act, subject, role, area, digest FROM intake.audit WHERE sub = 'li' ORDER BY id"
    )
    assert [row["act"] for row in rows] == [
        "POST /v1/persons",
        "POST /v1/persons/{person_id}/facts",
        "person.disclosed",
        "person.searched",
    ]
    assert {(row["role"], row["area"]) for row in rows} == {("street_officer", STREET)}
    assert rows[1]["subject"] == f"person_id={view['person_id']}"
    assert all(len(row["digest"]) == 64 for row in rows[:2])


async def test_an_untouched_chain_holds(table: Table, admin: asyncpg.Connection) -> None:
    await write(table, 5)
    assert await sealed(table) == 5
    await write(table, 2)
    assert await sealed(table) == 2
    assert await sealed(table) == 0
    assert await flaws(table) == (7, [])


TAMPERINGS = {
    "edit": ("UPDATE intake.audit SET detail = 'other' WHERE id = 3", "audit row 3 was changed"),
    "edit_when": (
        "UPDATE intake.audit SET at = at + interval '1 microsecond' WHERE id = 3",
        "audit row 3 was changed",
    ),
    "delete": ("DELETE FROM intake.audit WHERE id = 3", "audit row 3 is missing"),
    "delete_with_its_seal": (
        "WITH gone AS (DELETE FROM intake.audit_seals WHERE audit_id = 3) "
        "DELETE FROM intake.audit WHERE id = 3",
        "seal 3 is missing",
    ),
    "swap": (
        "UPDATE intake.audit a SET subject = b.subject FROM intake.audit b "
        "WHERE (a.id, b.id) IN ((2, 4), (4, 2))",
        "audit row 4 was changed",
    ),
    "swap_seals": (
        "UPDATE intake.audit_seals SET audit_id = CASE audit_id WHEN 2 THEN 102 ELSE 104 END "
        "WHERE audit_id IN (2, 4); "
        "UPDATE intake.audit_seals SET audit_id = CASE audit_id WHEN 102 THEN 4 ELSE 2 END "
        "WHERE audit_id > 100",
        "audit row 4 was changed",
    ),
    "insert": (
        "INSERT INTO intake.audit (sub, role, body, area, agency, act, subject, count, detail, "
        "digest, trace_id, sealed) VALUES ('x', '', '', '', '', '', '', 1, '', '', '', true)",
        "audit row 8 says sealed but has no seal",
    ),
    "forge_a_seal": (
        "UPDATE intake.audit_seals SET chain = sha256('x') WHERE nth = 3",
        "seal 4: audit row 4 was changed",
    ),
}


@pytest.mark.parametrize("how", TAMPERINGS)
async def test_what_an_administrator_changes_is_found_and_located(
    table: Table, admin: asyncpg.Connection, how: str
) -> None:
    statement, told = TAMPERINGS[how]
    await write(table, 7)
    await sealed(table)
    await admin.execute(statement)
    _, found = await flaws(table)
    assert any(told in flaw for flaw in found), found


async def test_writers_never_wait_for_the_sealer_and_no_row_is_lost(
    table: Table, admin: asyncpg.Connection
) -> None:
    jobs = table.desk.office.runtimes["intake"].database.jobs
    app = table.desk.office.runtimes["intake"].database.app
    await write(table, 3)
    async with jobs.begin() as sealing:
        assert await audit.seal(sealing) == 3
        async with app.begin() as writing:
            await writing.execute(text("SET LOCAL lock_timeout = '100ms'"))
            row = audit.AuditRow("li", "operator", "", "*", "", "act", "", 1, "", "", "")
            await audit.audit_insert(writing, [row])
        async with jobs.begin() as another:
            assert await audit.seal(another) == 0

    async def keep_sealing(done: asyncio.Event) -> None:
        while not done.is_set():
            await sealed(table)

    done = asyncio.Event()
    sealer = asyncio.create_task(keep_sealing(done))
    await asyncio.gather(*(write(table, EACH) for _ in range(WRITERS)))
    done.set()
    await sealer
    await sealed(table)
    assert await flaws(table) == (4 + WRITERS * EACH, [])
