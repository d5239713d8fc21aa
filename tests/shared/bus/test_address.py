"""The address of the bus: what is understood, what is refused, and that secrets stay secret."""

from __future__ import annotations

import pytest

from shared.bus.address import BadAddress, read_address
from shared.bus.choose import bus_of
from shared.bus.direct import DirectBus
from shared.bus.kafka import KafkaBus

pytestmark = pytest.mark.anyio


async def test_direct_is_the_bus_of_one_process() -> None:
    assert isinstance(bus_of("direct", "office"), DirectBus)


async def test_kafka_is_named_by_its_brokers() -> None:
    assert isinstance(bus_of("kafka://a:9092,b:9093", "office"), KafkaBus)
    assert read_address("kafka://a:9092,b:9093").brokers == ("a:9092", "b:9093")


def test_a_password_goes_over_tls_as_scram_and_is_never_shown() -> None:
    address = read_address("kafka+tls://juyang:p%40ss@a:9093")
    assert address.options()["security_protocol"] == "SASL_SSL"
    assert address.options()["sasl_mechanism"] == "SCRAM-SHA-512"
    assert address.options()["sasl_plain_password"] == "p@ss"
    assert "p@ss" not in f"{address} {address.shown}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "Direct",
        "kafka",
        "kafka://",
        "kafka://host",
        "kafka://host:",
        "kafka://host:0",
        "kafka://host:99999",
        "kafka://host:９０９２",
        "kafka://:9092",
        "kafka://a:9092,",
        "kafka://a:9092/topic",
        "kafka://user:secret@a:9092",
        "kafka+tls://:secret@a:9092",
        "amqp://a:9092",
    ],
)
def test_any_other_address_is_refused_in_a_sentence_that_mends_it(url: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        bus_of(url, "office")
    assert "kafka://host:port" in str(refusal.value)
    assert "总线地址有误" in str(refusal.value)
    assert "secret" not in str(refusal.value)
