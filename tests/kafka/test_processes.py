"""Five processes as their operator knows them: they come back, they wait for Kafka, they stop."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.kafka.broker import KafkaBroker
from shared.contracts.ids import new_id
from shared.migrate import SERVICES
from tests.intake.rosters import COMMUNITY, STREET, number
from tests.kafka.apart import COMMAND, LOOK_EVERY_S, Apart
from tests.kafka.waiting import until

pytestmark = pytest.mark.anyio
SOON_S = 30.0


async def test_a_service_that_is_killed_is_started_again_and_ctrl_c_leaves_nothing(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    async with Apart(tmp_path / "data", kafka.url) as office:
        await office.ready()
        dead = office.pid("vouchers")
        os.kill(dead, signal.SIGKILL)
        async with asyncio.timeout(SOON_S):
            await until(partial(came_back, office, dead), LOOK_EVERY_S)
        await office.ready("vouchers")
        assert "vouchers ended with -9" in office.said()
        running = [psutil.Process(office.pid(name)) for name in SERVICES]
        assert office.stop() == 0
        assert not [one for one in running if one.is_running()]


async def test_services_start_without_kafka_say_so_and_catch_up_by_themselves(
    tmp_path: Path, own_kafka: KafkaBroker
) -> None:
    async with Apart(tmp_path / "data", own_kafka.url) as office, httpx.AsyncClient() as client:
        for name in SERVICES:
            assert (await client.get(f"{office.url}/{name}/health")).status_code == httpx.codes.OK
        told = await client.get(f"{office.url}/intake/ready")
        assert told.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert any("Kafka" in line for line in told.json()["trouble"])
        desk = office.desk()
        operator = desk.person("operator", "root")
        area = {"code": COMMUNITY, "name": "红庙社区", "level": "community"}
        await operator.post("/intake/v1/areas", {"id": str(new_id()), "areas": [area]})
        person = {"id": str(new_id()), "name": "王芳", "area_code": COMMUNITY}
        worker = desk.person("street_officer", "li", STREET)
        await worker.post("/intake/v1/persons", {**person, "id_number": number(1)})
        assert (await operator.get("/intake/v1/letters"))["unsent"] > 0
        await asyncio.to_thread(own_kafka.start)
        await office.ready()
        await desk.settle()
        assert (await operator.get("/intake/v1/letters"))["unsent"] == 0
        await desk.close()


async def came_back(office: Apart, dead: int) -> bool:
    return office.pid("vouchers") != dead


@pytest.mark.parametrize(
    "words",
    [
        ("up", "--processes"),
        ("up", "--processes", "--bus", "kafka://nowhere"),
        ("serve", "intake", "--bus", "amqp://a:1"),
        ("topics", "apply", "--bus", "kafka://127.0.0.1:1"),
    ],
)
def test_a_wrong_bus_is_refused_in_one_clear_sentence(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    wanted = {"JUYANG_DATABASE_URL": "postgresql://a:b@h/d", "JUYANG_DATA": str(tmp_path)}
    run = subprocess.run(
        [*COMMAND, *words],
        capture_output=True,
        text=True,
        env={**os.environ, **wanted},
        check=False,
    )
    assert run.returncode == 1
    assert "kafka" in run.stderr.lower()
    assert "Traceback" not in run.stderr
