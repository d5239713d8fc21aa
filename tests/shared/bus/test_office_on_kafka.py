"""The five services on Kafka: ready, and a letter goes from one service's outbox to the next."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from deploy.office import Office, RolePasswords, settings_for
from shared import outbox
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_topics import ensure_topics
from shared.contracts.topics import INTAKE_PERSONS
from shared.migrate import SERVICES
from tests.desk import OfficeDesk
from tests.kafka.waiting import until
from tests.shared.bus.broker import Broker
from tests.shared.bus.parties import letter

pytestmark = pytest.mark.anyio
SOON_S = 20.0
PARTITIONS = 2
LOOK_EVERY_S = 0.05
HEARD = text("SELECT letter_id FROM inbox")


async def nothing_behind(desk: OfficeDesk) -> bool:
    """Whether eligibility has committed all that the broker holds for it."""
    async with desk.as_("operator") as operator:
        counts = (await operator.get("/eligibility/v1/letters")).json()
    return bool(counts["behind"] == 0)


async def all_ready(desk: OfficeDesk) -> bool:
    """Whether every service says so: a group may be joined after another one's letter arrived."""
    async with desk.nobody() as client:
        answers = [await client.get(f"/{name}/ready") for name in SERVICES]
    return all(answer.status_code == httpx.codes.OK for answer in answers)


async def test_an_office_on_kafka_is_ready_and_a_letter_of_intake_reaches_eligibility(
    own_broker: Broker, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    await ensure_topics(own_broker.url, PARTITIONS)
    settings = {
        name: settings_for(name, database, passwords, tmp_path, run_relay=False)
        for name in SERVICES
    }
    office = Office(settings, bus=KafkaBus(own_broker.url, "office"))
    desk = OfficeDesk(office, tmp_path, date(2010, 1, 4))
    intake, eligibility = office.runtimes["intake"], office.runtimes["eligibility"]
    died = letter(INTAKE_PERSONS)
    await office.start()
    try:
        async with intake.database.jobs.begin() as connection:
            await outbox.post(connection, [died])
        bell = eligibility.wake.bell()
        await office.settle()
        async with asyncio.timeout(SOON_S):
            await bell.wait()
        async with asyncio.timeout(SOON_S):
            await until(partial(nothing_behind, desk), LOOK_EVERY_S)
        async with eligibility.database.jobs.connect() as connection:
            assert list(await connection.scalars(HEARD)) == [died.id]
        async with asyncio.timeout(SOON_S):
            await until(partial(all_ready, desk), LOOK_EVERY_S)
    finally:
        await office.stop()
