"""The whole demo by five processes on Kafka comes out as it does in one process without."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.kafka.broker import KafkaBroker
from deploy.postgres import erase
from tests.kafka.apart import COMMAND, Apart

pytestmark = pytest.mark.anyio
PATIENCE_S = 400
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


async def test_five_processes_on_kafka_end_with_the_same_money_and_the_same_proof(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    together = tmp_path / "together"
    try:
        expected = played(together)
    finally:
        erase(together)
    async with Apart(tmp_path / "apart", kafka.url) as office:
        await office.ready()
        found = played(office.data)
        proof = proved(office.data)
    assert {name: found[name] for name in FIGURES} == {name: expected[name] for name in FIGURES}
    assert kinds(found["chain"]) == kinds(expected["chain"])
    assert kinds(found["voucher_chain"]) == kinds(expected["voucher_chain"])
    assert proof["ok"], [one for one in proof["checks"] if not one["ok"]]
    assert checks(proof) == checks(expected["verify"])
