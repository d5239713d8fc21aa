"""One record in a hundred is poison of eight kinds: parked, and the others as fast as clean."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaProducer

from deploy.kafka.broker import KafkaBroker
from shared.bus import wire
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_topics import ensure_topics
from shared.contracts import topics
from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.intake import ApplicationSubmitted
from shared.contracts.letter import Envelope
from shared.contracts.programmes import VOUCHER
from tests.faults.kills import percentile
from tests.faults.replay import Press
from tests.faults.site import Site, Verdict
from tests.kafka.waiting import until

RATE = 100
ONE_IN = 100
TIMES_CLEAN = 2.0
LARGE = 900_000
HEARER = "eligibility"
AREA = "110105015033"
FACTS = PersonFacts(hukou_area="110105", residence_area=AREA)
ARRIVED_WITHIN_S = 120.0
LOOK_EVERY_S = 0.05
Record = tuple[bytes, bytes, list[tuple[str, bytes]]]
Spoil = Callable[[wire.Outgoing], Record]


def _value(value: bytes) -> Spoil:
    return lambda out: (out.key, value, out.headers)


def _header(name: str, value: bytes) -> Spoil:
    def spoil(out: wire.Outgoing) -> Record:
        return out.key, out.value, [(k, value if k == name else v) for k, v in out.headers]

    return spoil


KINDS: dict[str, Spoil] = {
    "bad JSON": _value(b'{"programme": '),
    "not an object": _value(b"[1, 2]"),
    "missing facts": _value(b"{}"),
    "large": _value(b'{"programme": "' + b"x" * LARGE + b'"}'),
    "unknown type": _header("ce_type", b"intake.application.dreamt.v1"),
    "unknown version": _header("ce_type", b"intake.application.submitted.v9"),
    "bad id": _header("ce_id", b"seven"),
    "no headers": lambda out: (out.key, out.value, []),
}


async def among_good(site: Site) -> Verdict:
    """The same stream twice through a consumer on Kafka: clean, then with poison in it."""
    seconds = site.size.poison_s
    verdict = Verdict(
        "poison", f"1 in {ONE_IN}, {len(KINDS)} kinds, {RATE} letters/s for {seconds} s, twice"
    )
    chance = site.chance("poison")
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        press = await Press.of(site, place / "press")
        broker = KafkaBroker(place / "kafka")
        await asyncio.to_thread(broker.start)
        try:
            await ensure_topics(broker.url)
            clean, _, _ = await _stream(press, broker.url, seconds, chance, poisoned=False)
            with_it, bad, parked = await _stream(press, broker.url, seconds, chance, poisoned=True)
        finally:
            await asyncio.to_thread(broker.stop)
    first, second = percentile(clean, 0.99), percentile(with_it, 0.99)
    verdict.figures += [
        f"p99 to effect {first * 1000:.0f} ms clean, {second * 1000:.0f} ms with poison",
        f"{parked} of {bad} parked",
    ]
    verdict.expect(parked == bad, f"{bad - parked} poison records are not parked")
    verdict.in_time(second <= TIMES_CLEAN * first, "other keys are slower than twice clean")
    return verdict


async def _stream(
    press: Press, url: str, seconds: int, chance: random.Random, *, poisoned: bool
) -> tuple[list[float], int, int]:
    """Seconds from sending to effect of the good letters; poison sent; poison parked."""
    bus = KafkaBus(url, HEARER)
    producer = AIOKafkaProducer(bootstrap_servers=url.removeprefix("kafka://"))
    async with press.fresh() as name, press.ears(name, (HEARER,), bus):
        database = await asyncpg.connect(press.dsn(name))
        await bus.start()
        await producer.start()
        try:
            async with asyncio.timeout(ARRIVED_WITHIN_S):
                await until(partial(_usable, bus), LOOK_EVERY_S)
            sent, bad = await _send(bus, producer, seconds, chance if poisoned else None)
            taken = await _arrived(database, list(sent), bad)
            parked = await database.fetchval(f"SELECT count(*) FROM {HEARER}.parked")
        finally:
            await producer.stop()
            await bus.stop()
            await database.close()
    return [taken[one] - moment for one, moment in sent.items()], bad, parked


async def _send(
    bus: KafkaBus, producer: AIOKafkaProducer, seconds: int, chance: random.Random | None
) -> tuple[dict[UUID, float], int]:
    sent: dict[UUID, float] = {}
    bad, began = 0, time.time()
    kinds = list(KINDS.values())
    for nth in range(RATE * seconds):
        letter = application()
        if chance is not None and chance.randrange(ONE_IN) == 0:
            key, value, headers = kinds[bad % len(kinds)](wire.write(letter, None))
            await producer.send(letter.topic, value, key=key, headers=headers)
            bad += 1
        else:
            sent[letter.id] = time.time()
            await bus.publish([letter])
        await asyncio.sleep(max(0.0, began + nth / RATE - time.time()))
    return sent, bad


async def _arrived(database: Any, ids: Sequence[UUID], bad: int) -> dict[UUID, float]:
    """When each good letter had its effect, once all of them and the poison have been taken."""
    async with asyncio.timeout(ARRIVED_WITHIN_S):
        await until(partial(_taken, database, len(ids) + bad), LOOK_EVERY_S)
    rows = await database.fetch(f"SELECT letter_id, handled_at FROM {HEARER}.inbox")
    return {row["letter_id"]: row["handled_at"].timestamp() for row in rows}


async def _usable(bus: KafkaBus) -> bool:
    return bus.trouble() is None


async def _taken(database: Any, count: int) -> bool:
    held: int = await database.fetchval(f"SELECT count(*) FROM {HEARER}.inbox")
    return held >= count


def application() -> Envelope:
    """A letter about a person of its own."""
    made, person = new_id(), new_id()
    letter = ApplicationSubmitted(
        aggregate_id=made,
        application_id=made,
        person_id=person,
        occurred_at=datetime.now(UTC),
        area_code=AREA,
        programme=VOUCHER,
        channel="street_office",
        applied_on=datetime.now(UTC).date(),
        person=FACTS,
    )
    assert letter.TOPIC == topics.INTAKE_APPLICATIONS
    return replace(Envelope.around(letter, causation_id=None, traceparent=None), seq=1)
