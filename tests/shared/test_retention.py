"""Old letters go when they have served, and nothing else ever does."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest

from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonRegistered
from shared.retention import prune
from tests.desk import OfficeDesk

pytestmark = pytest.mark.anyio
AGE = "UPDATE intake.outbox SET recorded_at = recorded_at - make_interval(days => 500)"


def registered(desk: OfficeDesk) -> PersonRegistered:
    person = new_id()
    return PersonRegistered(
        aggregate_id=person,
        person_id=person,
        occurred_at=desk.clock.now(),
        area_code="110105015033",
        person=PersonFacts(birth_on=date(1930, 1, 1)),
    )


async def test_old_sent_letters_are_pruned_unsent_and_young_ones_stay(
    desk: OfficeDesk, database: str
) -> None:
    runtime = desk.office.runtimes["intake"]
    for settle in (True, False):
        work = desk.work("intake")
        work.send(registered(desk))
        await work.commit()
        if settle:
            await desk.settle()
    admin = await asyncpg.connect(database)
    try:
        assert await prune(runtime.database.jobs, runtime.settings) == 0
        await admin.execute(AGE)
        assert await prune(runtime.database.jobs, runtime.settings) == 1
        left = await admin.fetch("SELECT sent FROM intake.outbox")
    finally:
        await admin.close()
    assert [row["sent"] for row in left] == [False]


async def test_the_jobs_role_cannot_delete_letters_by_itself(desk: OfficeDesk) -> None:
    work = desk.work("intake")
    try:
        with pytest.raises(Exception, match="permission denied"):
            await work.run("DELETE FROM outbox")
    finally:
        await work.abandon()
