"""The unit of work: nothing is answered before it is kept, and nothing is half kept."""

from __future__ import annotations

import asyncio
from datetime import date

import asyncpg
import pytest
from sqlalchemy import text

from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, STREET, enter, person

pytestmark = pytest.mark.anyio
FAILS_AT_COMMIT = """
CREATE FUNCTION intake.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'not kept'; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON intake.persons
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION intake.refuse();
"""
LEFT = """
SELECT (SELECT count(*) FROM persons) + (SELECT count(*) FROM outbox)
    + (SELECT count(*) FROM idempotency WHERE sub = 'li')
    + (SELECT count(*) FROM audit WHERE sub = 'li')
"""


async def left(desk: OfficeDesk) -> int:
    work = desk.work("intake")
    try:
        return int(await work.value(LEFT))
    finally:
        await work.abandon()


async def test_a_commit_that_fails_is_never_answered_as_done(
    desk: OfficeDesk, database: str
) -> None:
    await enter(desk, COMMUNITY)
    admin = await asyncpg.connect(database)
    await admin.execute(FAILS_AT_COMMIT)
    body = person()
    async with desk.as_("street_officer", sub="li", area=STREET) as officer:
        answer = await officer.post("/intake/v1/persons", json=body)
        assert answer.status_code == 500
        assert "not kept" not in answer.text
        assert await left(desk) == 0
        await admin.execute("DROP TRIGGER refuse ON intake.persons")
        again = await officer.post("/intake/v1/persons", json=body)
    await admin.close()
    assert again.status_code == 201
    assert await left(desk) > 0


async def test_a_connection_lost_in_the_middle_is_said_as_try_again_and_keeps_nothing(
    desk: OfficeDesk, database: str
) -> None:
    await enter(desk, COMMUNITY)
    admin = await asyncpg.connect(database)
    holding = admin.transaction()
    await holding.start()
    await admin.execute("LOCK TABLE intake.persons IN ACCESS EXCLUSIVE MODE")
    other = await asyncpg.connect(database)
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with desk.as_("street_officer", sub="li", area=STREET) as officer:
        asked = asyncio.create_task(officer.post("/intake/v1/persons", json=person()))
        while (pid := await other.fetchval(waiting)) is None:
            pass
        await other.execute(f"SELECT pg_terminate_backend({pid})")
        answer = await asked
    await holding.rollback()
    await admin.close()
    await other.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "database_away")
    assert "retry-after" in answer.headers
    assert await left(desk) == 0


async def test_a_cancelled_unit_of_work_leaves_no_open_transaction(
    desk: OfficeDesk, database: str
) -> None:
    works = [desk.work("intake") for _ in range(2)]

    async def stuck(at: int) -> None:
        try:
            await works[at].value("SELECT pg_sleep(60)")
        finally:
            await works[at].abandon()

    tasks = [asyncio.create_task(stuck(at)) for at in range(2)]
    admin = await asyncpg.connect(database)
    sleeping = (
        "SELECT array_agg(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'"
    )
    while len(backends := await admin.fetchval(sleeping) or []) < len(tasks):
        pass
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    idle = await admin.fetchval(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE state LIKE 'idle in transaction%' AND pid = ANY($1)",
        backends,
    )
    await admin.close()
    assert idle == 0
    engine = desk.office.runtimes["intake"].database.jobs
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_a_thousand_letters_of_one_work_arrive_with_it_or_not_at_all(
    desk: OfficeDesk,
) -> None:
    for keeps in (False, True):
        work = desk.work("intake")
        work.send(
            *(
                PersonDied(aggregate_id=new_id(), occurred_at=work.now, died_on=date(2010, 1, 1))
                for _ in range(1000)
            )
        )
        await work.flush()
        await (work.commit() if keeps else work.abandon())
        assert await left(desk) == (1000 if keeps else 0)
