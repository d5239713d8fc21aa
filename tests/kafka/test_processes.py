"""Processes as their operator knows them: they come back, they wait for Kafka, they stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from deploy.desk import Desk
from deploy.kafka.broker import KafkaBroker
from deploy.office import RolePasswords, settings_for
from deploy.postgres import running
from deploy.premises import DATABASE, PASSWORDS, address_of
from deploy.processes import FORK_SERVER
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
        await another(office, "vouchers", dead)
        await office.ready("vouchers")
        assert f"vouchers (process {dead}) is dead" in office.said()
        assert f"process {dead} ended with -9" in office.said()
        living = everybody(office)
        assert office.stop() == 0
        assert not running_still(living)


async def test_the_fork_server_has_one_thread_and_its_death_disturbs_nobody(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    async with Apart(tmp_path / "data", kafka.url) as office:
        await office.ready()
        fork_server = psutil.Process(office.pid(FORK_SERVER))
        assert fork_server.num_threads() == 1
        assert not fork_server.net_connections(kind="inet")
        before = {name: office.pid(name) for name in SERVICES}
        fork_server.kill()
        os.kill(before["vouchers"], signal.SIGKILL)
        await another(office, "vouchers", before["vouchers"])
        await office.ready()
        now = {name: office.pid(name) for name in SERVICES}
        assert [name for name in SERVICES if now[name] != before[name]] == ["vouchers"]
        assert office.pid(FORK_SERVER) != fork_server.pid
        # What the dead one has made ends in order with the office, and comes back, like the rest.
        os.kill(before["intake"], signal.SIGKILL)
        await another(office, "intake", before["intake"])
        living = everybody(office)
        assert office.stop() == 0
        assert not running_still(living)


async def test_processes_end_when_the_office_itself_is_killed(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    async with Apart(tmp_path / "data", kafka.url) as office:
        await office.ready()
        gateway = address_of(office.data)
        assert gateway is not None
        living = everybody(office)
        os.kill(gateway.pid, signal.SIGKILL)
        async with asyncio.timeout(SOON_S):
            await until(partial(all_gone, living), LOOK_EVERY_S)


async def test_relays_and_second_copies_are_processes_of_their_own_and_share_the_letters(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    words = ("--copies", "2", "--relays")
    async with Apart(tmp_path / "data", kafka.url, *words, traced=True) as office:
        await office.ready("evaluation", "evaluation-2", "intake-relay", "intake-2")
        desk = office.desk()
        os.kill(office.pid("intake-relay"), signal.SIGSTOP)
        waiting = await one_person(desk)
        await asyncio.sleep(1)
        assert await unsent(office) >= waiting
        os.kill(office.pid("intake-relay"), signal.SIGKILL)
        async with asyncio.timeout(SOON_S):
            await until(partial(all_sent, office), LOOK_EVERY_S)
        await desk.settle()
        await desk.close()
        page = await metrics(office, "intake-relay")
        assert "juyang_letters_sent" in page


async def test_a_relay_started_by_hand_carries_beside_the_others_and_ends_in_order(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    async with Apart(tmp_path / "data", kafka.url, "--relays") as office:
        await office.ready()
        await stop_between_batches(office, "intake-relay")
        words = ("relay", "intake", "--bus", kafka.url, "--data", str(office.data))
        with office.log.open("ab") as said:
            relay = await asyncio.create_subprocess_exec(
                *COMMAND, *words, env=logins(office, "intake"), stdout=said, stderr=said
            )
        try:
            desk = office.desk()
            await one_person(desk)
            await desk.close()
            async with asyncio.timeout(SOON_S):
                await until(partial(all_sent, office), LOOK_EVERY_S)
                relay.terminate()
                assert await relay.wait() == 0
        finally:
            with suppress(ProcessLookupError):
                relay.kill()
            os.kill(office.pid("intake-relay"), signal.SIGKILL)


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
        await one_person(desk)
        operator = desk.person("operator", "root")
        assert (await operator.get("/intake/v1/letters"))["unsent"] > 0
        await asyncio.to_thread(own_kafka.start)
        await office.ready()
        await desk.settle()
        assert (await operator.get("/intake/v1/letters"))["unsent"] == 0
        await desk.close()


def everybody(office: Apart) -> list[psutil.Process]:
    return [psutil.Process(office.pid(name)) for name in (*SERVICES, FORK_SERVER)]


def running_still(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are neither gone nor dead without anybody having looked at them yet."""
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


async def all_gone(processes: list[psutil.Process]) -> bool:
    return not running_still(processes)


async def another(office: Apart, name: str, dead: int) -> None:
    """Wait until a process has a successor."""
    deadline = time.monotonic() + SOON_S
    while office.pid(name) == dead:
        assert time.monotonic() < deadline, office.said()[-2000:]
        await asyncio.sleep(LOOK_EVERY_S)


async def one_person(desk: Desk) -> int:
    """An area and a person in it; at least so many letters."""
    operator = desk.person("operator", "root")
    area = {"code": COMMUNITY, "name": "红庙社区", "level": "community"}
    await operator.post("/intake/v1/areas", {"id": str(new_id()), "areas": [area]})
    person = {"id": str(new_id()), "name": "王芳", "area_code": COMMUNITY}
    worker = desk.person("street_officer", "li", STREET)
    await worker.post("/intake/v1/persons", {**person, "id_number": number(1)})
    return 1


def logins(office: Apart, service: str) -> dict[str, str]:
    """The environment of a process that is started by hand."""
    there = running(office.data)
    assert there is not None
    passwords = RolePasswords(**json.loads((office.data / "secrets" / PASSWORDS).read_text()))
    known = settings_for(service, there.dsn(DATABASE), passwords, office.data)
    return {
        **os.environ,
        "OTEL_SDK_DISABLED": "true",
        "JUYANG_DATABASE_URL": known.database_url.get_secret_value(),
        "JUYANG_JOBS_DATABASE_URL": known.jobs_database_url.get_secret_value(),
    }


async def asked(office: Apart, sql: str) -> int:
    """A number out of the database."""
    there = running(office.data)
    assert there is not None
    database = await asyncpg.connect(there.dsn(DATABASE))
    try:
        found: int = await database.fetchval(sql)
        return found
    finally:
        await database.close()


async def stop_between_batches(office: Apart, name: str) -> None:
    """SIGSTOP at a moment when no relay holds its lock: a stopped one would keep it."""
    while True:
        os.kill(office.pid(name), signal.SIGSTOP)
        if await asked(office, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0:
            return
        os.kill(office.pid(name), signal.SIGCONT)


async def unsent(office: Apart) -> int:
    return await asked(office, "SELECT count(*) FROM intake.outbox WHERE NOT sent")


async def all_sent(office: Apart) -> bool:
    return await unsent(office) == 0


async def metrics(office: Apart, name: str) -> str:
    """A process's own page for Prometheus."""
    desk = Desk(office.own_url(name).rpartition("/")[0], office.data)
    service = office.own_url(name).rpartition("/")[2]
    page = await desk.person("operator", "prometheus").content(f"/{service}/metrics")
    await desk.close()
    return page.decode()


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
