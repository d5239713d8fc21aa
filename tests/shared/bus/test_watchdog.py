"""A consumer that makes no progress while letters wait ends its process and says why."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from shared.bus.kafka import KafkaBus
from shared.bus.watchdog import EXIT
from tests.shared.bus.conftest import AnyBroker
from tests.shared.bus.parties import Ear, Receiver, Rig, carry, letter, started

pytestmark = pytest.mark.anyio
ENDS_WITHIN_S = 60.0


@pytest.mark.parametrize("how", ["hang", "block"])
async def test_a_consumer_whose_handler_hangs_ends_its_process_and_its_heir_gets_the_letter(
    broker: AnyBroker, how: str
) -> None:
    where, heir = await Rig(broker.url).topic(), Receiver()
    sent = [letter(where)]
    async with started(KafkaBus(broker.url, "sender")) as bus:
        await carry(bus, sent)
        ended = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "tests.shared.bus.hanging", broker.url, where, how],
            capture_output=True,
            text=True,
            timeout=ENDS_WITHIN_S,
            check=False,
        )
        assert ended.returncode == EXIT, ended.stderr[-2000:]
        said = ended.stdout + ended.stderr
        assert "ends its process: a batch of letters has been in hand" in said
    ear = Ear(heir, frozenset({where}), f"hanging-{where}")
    async with started(KafkaBus(broker.url, "heir", member=f"copy-1-{where}"), ear):
        await heir.has(sent)
