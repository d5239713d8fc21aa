"""Chooses the bus that an address names, for the command line and for tests."""

from __future__ import annotations

from shared.bus.direct import DirectBus
from shared.bus.kafka import KafkaBus
from shared.bus.port import Bus

DIRECT = "direct"


def bus_of(url: str, client: str, member: str = "") -> Bus:
    """`direct`, or `kafka://host:port[,host:port]`; `client` names the process in broker logs.

    `member` is a name that a process keeps over restarts, for a quick return; none needs none.

    Raises:
        BadAddress: neither of the two; its text says how to write it.
    """
    if url == DIRECT:
        return DirectBus()
    return KafkaBus(url, client, member=member)
