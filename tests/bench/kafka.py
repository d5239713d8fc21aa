"""`python -m tests.bench.kafka`: letters through Kafka against bare clients, and latencies."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from rich.console import Console

from deploy.kafka.broker import KafkaBroker
from shared.bus import wire
from shared.bus.kafka import KafkaBus, ensure_topics
from shared.caller import job
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonRegistered
from shared.contracts.letter import Envelope
from shared.runtime import Runtime
from tests.bench.figures import AT_LEAST, AT_MOST, Figure, Goal, Round, kept, middle, spread
from tests.bench.ground import Ground, ground
from tests.bench.latency import P99, RATE, Timing, latencies, people, percentile, services
from tests.bench.letters import EFFECTS, FIRST_REVISION, PLAIN_EFFECT, SOURCE, TARGET

RATIO = Goal("letters_kafka_vs_raw", "ratio", AT_LEAST, 0.35)
KAFKA_P50 = Goal("latency_kafka_p50_ms", "ms", AT_MOST, 15)
KAFKA_P99 = Goal("latency_kafka_p99_ms", "ms", AT_MOST, 100)
ROUNDS, LETTERS, WARM_UP = 5, 5_000, 1_000
PARTITIONS = 12
READ_AT_ONCE = 500
RAW_TOPIC = "bench.raw"


async def through(sender: Runtime, hear: Timing, letters: Sequence[PersonRegistered]) -> float:
    """Seconds from the first letter written to the last one's effect."""
    hear.taken.clear()
    size = sender.settings.relay_batch
    began = time.perf_counter()
    for start in range(0, len(letters), size):
        work = sender.work(job("bench"))
        work.send(*letters[start : start + size])
        await work.commit()
    await sender.carry()
    await hear.has(len(letters))
    return time.perf_counter() - began


class Raw:
    """A bare producer and a bare consumer that writes the effect row, and nothing else."""

    def __init__(self, brokers: str, database: Any) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all")
        self._consumer = AIOKafkaConsumer(
            RAW_TOPIC,
            bootstrap_servers=brokers,
            group_id=new_id().hex,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        self._database = database

    async def __aenter__(self) -> Raw:
        await self._producer.start()
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._producer.stop()

    async def through(self, letters: Sequence[PersonRegistered]) -> float:
        """Seconds from the first record sent to the last effect row's commit."""
        envelopes = [Envelope.around(x, causation_id=None, traceparent=None) for x in letters]
        rows = {
            str(e.id).encode(): (x.person_id, x.area_code, x.person.birth_on, e.id)
            for x, e in zip(letters, envelopes, strict=True)
        }
        began = time.perf_counter()
        sending = asyncio.create_task(self._send(envelopes))
        left = len(letters)
        while left:
            fetched = await self._consumer.getmany(timeout_ms=1000, max_records=READ_AT_ONCE)
            records = [record for some in fetched.values() for record in some]
            async with self._database.transaction():
                for record in records:
                    await self._database.execute(PLAIN_EFFECT, *rows[dict(record.headers)["ce_id"]])
            await self._consumer.commit()
            left -= len(records)
        await sending
        return time.perf_counter() - began

    async def _send(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            out = wire.write(envelope, None)
            await self._producer.send(RAW_TOPIC, out.value, key=out.key, headers=out.headers)
        await self._producer.flush()


async def ratio(at: Ground, url: str, database: Any) -> list[Figure]:
    """Letters and bare records by turns, on one broker and one database."""
    hear = Timing(KafkaBus(url, "bench-hears"))
    async with (
        services(at, KafkaBus(url, "bench-sends"), hear, False) as sender,
        Raw(url.removeprefix("kafka://"), database) as raw,
    ):

        async def turn(count: int) -> Round:
            ours = count / await through(sender, hear, people(count))
            return Round(ours, count / await raw.through(people(count)))

        await turn(WARM_UP)
        rounds = [await turn(LETTERS) for _ in range(ROUNDS)]
    words = (
        f"a bare aiokafka producer and consumer that writes the same effect row of {LETTERS:,} "
        f"letters by asyncpg, a statement a row; {spread(rounds, 'letters/s')}"
    )
    return [RATIO.figure(middle(rounds).ratio, words)]


async def measure() -> list[Figure]:
    """Everything on one broker and one database."""
    with tempfile.TemporaryDirectory() as place:
        broker = KafkaBroker(Path(place))
        await asyncio.to_thread(broker.start)
        try:
            await ensure_topics(broker.url, PARTITIONS)
            await ensure_topics(broker.url, PARTITIONS, topics=[RAW_TOPIC])
            async with ground((SOURCE, TARGET), FIRST_REVISION) as at:
                database = await asyncpg.connect(at.dsn)
                try:
                    await database.execute(EFFECTS)
                    return [*await _latency(at, broker.url), *await ratio(at, broker.url, database)]
                finally:
                    await database.close()
        finally:
            await asyncio.to_thread(broker.stop)


async def _latency(at: Ground, url: str) -> list[Figure]:
    hear = Timing(KafkaBus(url, "bench-hears"))
    kafka = await latencies(at, KafkaBus(url, "bench-sends"), hear)
    words = (
        f"the clock: commit to effect of {len(kafka):,} letters at {RATE}/s, "
        f"sender and receiver in one process"
    )
    return [
        KAFKA_P50.figure(percentile(kafka, 1 / 2), words),
        KAFKA_P99.figure(percentile(kafka, P99), words),
    ]


def main() -> None:
    """Measure, keep and show."""
    figures = asyncio.run(measure())
    kept(figures)
    console = Console()
    for one in figures:
        console.print(
            f"{'✔' if one.met else '✘'} {one.name} {one.value} {one.goal}  {one.yardstick}"
        )


if __name__ == "__main__":
    main()
