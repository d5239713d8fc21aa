"""A broker that wants TLS and a password: letters flow, and what is wrong is said in a sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from deploy.kafka.broker import KafkaBroker
from deploy.kafka.safety import ADMIN
from deploy.ports import free_port
from shared.bus.address import BadAddress
from shared.bus.choose import bus_of
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_topics import ensure_topics
from shared.bus.port import BusUnavailable
from shared.contracts.ids import new_id
from tests.authority import Authority
from tests.intake.rosters import COMMUNITY
from tests.kafka.apart import COMMAND, Apart
from tests.kafka.secured import NO_JAVA, PARTITIONS, SECRET, Secured, says
from tests.shared.bus.parties import Ear, Receiver, carry, letter, started, topic

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(NO_JAVA is not None, reason=NO_JAVA or ""),
]
PATIENCE_S = 2.0


async def test_letters_flow_over_tls_with_a_password(secured: Secured) -> None:
    where, receiver = topic(), Receiver()
    await ensure_topics(secured.url(), PARTITIONS, topics=[where])
    letters = [letter(where) for _ in range(20)]
    bus = bus_of(secured.url(), "secured")
    async with started(bus, Ear(receiver, frozenset({where}))):
        await carry(bus, letters)
        await receiver.has(letters)
        assert bus.trouble() is None


def wrong(secured: Secured, other: Path) -> dict[str, tuple[str, str]]:
    """Addresses with one thing wrong each, and what is said of it."""
    place, ca = secured.place, secured.authority.file
    login = quote(f"{ADMIN}:{SECRET}{ADMIN}", safe=":")
    nobody = f"127.0.0.1:{free_port()}"
    return {
        "password": (f"kafka+tls://{ADMIN}:{SECRET[:7]}@{place}?ca={ca}", "password is not accep"),
        "user": (f"kafka+tls://li:{SECRET[:7]}@{place}?ca={ca}", "user li or its password"),
        "authority": (f"kafka+tls://{login}@{place}?ca={other}", f"trusted authority ({other})"),
        "no authority": (f"kafka+tls://{login}@{place}", "the system's authorities"),
        "no login": (f"kafka+tls://{place}?ca={ca}", "may want a user and a password"),
        "no TLS": (f"kafka://{place}", "speaks TLS; write kafka+tls://"),
        "port": (f"kafka+tls://{login}@{nobody}?ca={ca}", "nobody listens there"),
        "host": ("kafka://no.such.host.invalid:9092", "no host called no.such.host.invalid"),
    }


@pytest.mark.parametrize(
    "what",
    ["password", "user", "authority", "no authority", "no login", "no TLS", "port", "host"],
)
async def test_what_is_wrong_is_said_in_one_sentence_without_the_password(
    what: str, secured: Secured, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, words = wrong(secured, Authority(tmp_path / "other").file)[what]
    bus = KafkaBus(url, "wrong", patience_s=PATIENCE_S)
    async with started(bus, Ear(Receiver(), frozenset({"intake.persons"}))):
        said = await says(bus, words)
        with pytest.raises(BusUnavailable) as away:
            await bus.publish([letter("intake.persons")])
    with pytest.raises(BusUnavailable) as refusal:
        await ensure_topics(url)
    assert said.startswith("连不上 Kafka（")
    assert "\n" not in said
    assert str(away.value) == str(refusal.value) == said
    heard = "".join(f"{one.getMessage()}{one.exc_text or ''}" for one in caplog.records)
    assert said in heard
    assert SECRET[:7] not in f"{heard}{away.value}{refusal.value}"


async def test_tls_against_a_plain_port_is_said(kafka: KafkaBroker, tmp_path: Path) -> None:
    ca = Authority(tmp_path).file
    bus = KafkaBus(f"kafka+tls://a:b@127.0.0.1:{kafka.port}?ca={ca}", "w", patience_s=PATIENCE_S)
    async with started(bus):
        await says(bus, "speaks no TLS; write kafka://")


async def test_a_certificate_for_another_host_is_said(secured: Secured) -> None:
    url = secured.url().replace("127.0.0.1", "127.1")
    bus = KafkaBus(url, "wrong", patience_s=PATIENCE_S)
    async with started(bus):
        await says(bus, "its certificate is not made out for 127.1")


async def test_a_missing_topic_is_said(secured: Secured) -> None:
    heard, written = topic(), topic()
    bus = KafkaBus(secured.url(), "missing", patience_s=PATIENCE_S)
    async with started(bus, Ear(Receiver(), frozenset({heard}))):
        await says(bus, f"topics are missing, or hidden from this user: {heard}")
    bus = KafkaBus(secured.url(), "missing", patience_s=PATIENCE_S)
    async with started(bus):
        with pytest.raises(BusUnavailable, match="juyang topics apply"):
            await bus.publish([letter(written)])
        await says(bus, f"hidden from this user: {written}")


@pytest.mark.parametrize(
    "more", ["?ca=/nowhere/ca.pem", "?ca=", "?cafile=x", "?ca={own}&x=1", "?ca={empty}"]
)
def test_a_ca_file_that_is_none_is_refused_at_once(more: str, tmp_path: Path) -> None:
    own, empty = Authority(tmp_path).file, tmp_path / "empty.pem"
    empty.write_text("no certificate")
    with pytest.raises(BadAddress) as refusal:
        bus_of(f"kafka+tls://a:{SECRET[:7]}@h:9093{more.format(own=own, empty=empty)}", "wrong")
    assert SECRET[:7] not in str(refusal.value)
    assert "?ca=FILE" in str(refusal.value)


def test_the_command_says_it_too_and_nothing_else(secured: Secured) -> None:
    url = f"kafka+tls://{ADMIN}:{SECRET[:7]}@{secured.place}?ca={secured.authority.file}"
    words = [*COMMAND, "topics", "apply", "--bus", url]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    said = run.stderr.replace("\n", "")
    assert said.startswith("连不上 Kafka（")
    assert said.endswith("its password is not accepted")
    assert SECRET[:7] not in run.stdout + run.stderr


async def test_five_processes_are_ready_and_settle_over_tls(
    secured: Secured, tmp_path: Path
) -> None:
    async with Apart(tmp_path / "data", secured.url()) as office:
        await office.ready()
        desk = office.desk()
        operator = desk.person("operator", "root")
        area = {"code": COMMUNITY, "name": "红庙社区", "level": "community"}
        await operator.post("/intake/v1/areas", {"id": str(new_id()), "areas": [area]})
        await desk.settle()
        assert (await operator.get("/intake/v1/letters"))["unsent"] == 0
        await desk.close()
    assert SECRET not in office.said()
