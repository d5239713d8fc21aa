"""The five services on Kafka: ready, and a letter goes from one service's outbox to the next."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from deploy.office import Office, RolePasswords, settings_for
from shared import outbox
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_topics import ensure_topics
from shared.contracts.topics import INTAKE_PERSONS
from shared.migrate import SERVICES
from tests.desk import OfficeDesk
from tests.shared.bus.broker import Broker
from tests.shared.bus.parties import letter

pytestmark = pytest.mark.anyio
SOON_S = 20.0
PARTITIONS = 2
HEARD = text("SELECT letter_id FROM inbox")


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
        eligibility.wake.clear()
        await office.settle()
        async with asyncio.timeout(SOON_S):
            await eligibility.wake.wait()
        async with eligibility.database.jobs.connect() as connection:
            assert list(await connection.scalars(HEARD)) == [died.id]
        async with desk.nobody() as client:
            answers = [await client.get(f"/{name}/ready") for name in SERVICES]
        assert [answer.status_code for answer in answers] == [200] * len(SERVICES)
    finally:
        await office.stop()
