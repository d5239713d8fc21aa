"""The whole demo by five processes on Kafka comes out as it does in one process without."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.kafka.broker import KafkaBroker
from deploy.postgres import erase, running
from deploy.premises import DATABASE
from shared.bus.kafka_topics import PARTITIONS
from shared.contracts.topics import ALL_TOPICS
from tests.intake.rosters import EXAMPLES
from tests.journeys.leaks import dumped, leaks, secrets_of
from tests.kafka.apart import COMMAND, Apart

pytestmark = pytest.mark.anyio
PATIENCE_S = 400
POLL_MS = 1_000
# Everything but what names a run: identifiers, instants, and the order of the proof's lines.
FIGURES = (
    "funnel", "money", "by_month", "by_street", "by_fund", "settlement", "refusals", "visits",
    "scores",
)  # fmt: skip
# What a sealer has sealed by the moment of the proof is a matter of when it last came by.
CHAINS = frozenset({"audit_chain", "journal_chain"})


def played(data: Path) -> dict[str, Any]:
    """`juyang demo --json` on a directory."""
    run = subprocess.run(
        [*COMMAND, "demo", "--json", "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    summary: dict[str, Any] = json.loads(run.stdout)
    return summary


def proved(data: Path) -> dict[str, Any]:
    """`juyang verify --json` on a directory."""
    run = subprocess.run(
        [*COMMAND, "verify", "--json", "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def checks(proof: dict[str, Any]) -> dict[tuple[str, str], tuple[bool, int]]:
    """Each check with its result and, but for the chains, with its number."""
    return {
        (one["service"], one["name"]): (one["ok"], one["checked"] * (one["name"] not in CHAINS))
        for one in proof["checks"]
    }


def kinds(chain: dict[str, Any]) -> list[str]:
    return sorted(link["type"] for link in chain["links"])


@dataclass(frozen=True)
class Played:
    """What a demo by five processes on Kafka has left behind."""

    summary: dict[str, Any]
    proof: dict[str, Any]
    said: str
    kept: list[str]
    records: list[str]


@pytest.fixture(scope="module")
async def apart(tmp_path_factory: pytest.TempPathFactory, kafka: KafkaBroker) -> Played:
    place = tmp_path_factory.mktemp("apart")
    async with Apart(place / "data", kafka.url) as office:
        await office.ready()
        summary = played(office.data)
        there = running(office.data)
        assert there is not None
        return Played(
            summary,
            proved(office.data),
            office.said(),
            await dumped(there.dsn(DATABASE)),
            await on_the_wire(kafka),
        )


async def on_the_wire(kafka: KafkaBroker) -> list[str]:
    """Every record of every topic: key, headers and value as one text."""
    async with AIOKafkaConsumer(
        bootstrap_servers=kafka.url.removeprefix("kafka://"), auto_offset_reset="earliest"
    ) as reader:
        places = [TopicPartition(topic, n) for topic in ALL_TOPICS for n in range(PARTITIONS)]
        reader.assign(places)
        waiting = sum((await reader.end_offsets(places)).values())
        texts: list[str] = []
        while len(texts) < waiting:
            for some in (await reader.getmany(timeout_ms=POLL_MS)).values():
                texts += [f"{one.key} {one.headers} {(one.value or b'').decode()}" for one in some]
        return texts


async def test_five_processes_on_kafka_end_with_the_same_money_and_the_same_proof(
    tmp_path: Path, apart: Played
) -> None:
    together = tmp_path / "together"
    try:
        expected = played(together)
    finally:
        erase(together)
    found = apart.summary
    assert {name: found[name] for name in FIGURES} == {name: expected[name] for name in FIGURES}
    assert kinds(found["chain"]) == kinds(expected["chain"])
    assert kinds(found["voucher_chain"]) == kinds(expected["voucher_chain"])
    assert apart.proof["ok"], [one for one in apart.proof["checks"] if not one["ok"]]
    assert checks(apart.proof) == checks(expected["verify"])


async def test_nobodys_identity_is_on_the_wire_in_the_logs_or_in_the_tables(apart: Played) -> None:
    secrets = secrets_of(EXAMPLES / "chaoyang-roster.xlsx")
    assert leaks(sorted(secrets), secrets) == secrets, "the scan sees what it looks for"
    assert len(apart.records) > 10_000
    assert len(apart.kept) > 100_000
    assert leaks(apart.records, secrets) == set()
    assert leaks(apart.kept, secrets) == set()
    assert leaks([apart.said], secrets) == set()
