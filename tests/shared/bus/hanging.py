"""A consumer process whose handler hangs: `python -m tests.shared.bus.hanging URL TOPIC HOW`."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Sequence

from deploy.logs import configure_logs
from shared.bus.address import read_address
from shared.bus.kafka_listener import Listener, Member
from shared.contracts.letter import Envelope

PATIENCE_S = 2.0


async def hang(letters: Sequence[Envelope]) -> None:
    """Never comes back, but lets the loop go on."""
    await asyncio.Event().wait()


async def block(letters: Sequence[Envelope]) -> None:
    """Never comes back, and the loop stands still with it."""
    threading.Event().wait()


async def main(url: str, topic: str, how: str) -> None:
    who = Member(read_address(url), "hanging", f"hanging-{topic}", f"copy-1-{topic}")
    receive = {"hang": hang, "block": block}[how]
    Listener(who, frozenset({topic}), receive, patience_s=PATIENCE_S).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    configure_logs()
    asyncio.run(main(*sys.argv[1:]))
