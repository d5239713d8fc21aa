"""Faults of the broker: cut off, half open, and come back with nothing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import time
from contextlib import suppress
from functools import partial
from typing import Any

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.premises import address_of
from shared.bus.kafka_topics import PARTITIONS, ensure_topics
from shared.contracts.topics import ALL_TOPICS
from shared.migrate import SERVICES
from tests.bench.processes import run_juyang
from tests.faults.proxy import CUT, HALF_OPEN, PASS
from tests.faults.site import ALL, Site, Verdict
from tests.kafka.waiting import until

RATE = 50.0
GROWTH_MB = 50.0
TIMES_ARRIVAL = 5.0
MEBIBYTE = 1024 * 1024
LOOK_EVERY_S = 0.1
DRAINED_WITHIN_S = 300.0
CALM_S = 5.0
WARM_S = 15.0
"""Processes that were killed before are young, and grow by their first requests alone."""
DEAF = ("evaluation", "evaluation-2")
UNSENT = " + ".join(f"(SELECT count(*) FROM {name}.outbox WHERE NOT sent)" for name in SERVICES)
WRITTEN = " + ".join(f"(SELECT count(*) FROM {name}.outbox)" for name in SERVICES)


async def cut_off(site: Site) -> Verdict:
    """Every line to the broker cut and refused."""
    return await _away(site, CUT)


async def half_open(site: Site) -> Verdict:
    """Lines to the broker stay open, and nothing comes through."""
    return await _away(site, HALF_OPEN)


async def _away(site: Site, mode: str) -> Verdict:
    away_s = site.size.away_s
    verdict = Verdict(f"broker {mode}", f"{away_s:g} s at {RATE:g} writes/s")
    load = site.load(mode)
    database = await site.admin()
    try:
        async with load.running(RATE):
            await asyncio.sleep(WARM_S)
            before, written = _rss_mb(site), await database.fetchval(f"SELECT {WRITTEN}")
            site.proxy.set(mode)
            await asyncio.sleep(away_s)
            grown = _rss_mb(site) - before
            backlog = await database.fetchval(f"SELECT {UNSENT}")
            arrival = (await database.fetchval(f"SELECT {WRITTEN}") - written) / away_s
        site.proxy.set(PASS)
        back = time.monotonic()
        async with asyncio.timeout(DRAINED_WITHIN_S):
            await until(partial(_all_sent, database), LOOK_EVERY_S)
        took = time.monotonic() - back
    finally:
        site.proxy.set(PASS)
        await database.close()
    await site.check(verdict, load)
    verdict.figures += [
        f"{sum(load.errors.values())} API errors, slowest answer {load.slowest_s:.2f} s",
        f"memory {grown:+.0f} MB over {len(ALL) + 1} processes",
        f"backlog {backlog} letters sent {took:.1f} s after the return, "
        f"{backlog / took / max(arrival, 1):.1f} times the arrival of {arrival:.0f}/s",
    ]
    verdict.expect(not load.errors, f"API errors: {dict(load.errors)}")
    verdict.expect(grown <= GROWTH_MB, f"memory grew by {grown:.0f} MB")
    verdict.in_time(backlog / took >= TIMES_ARRIVAL * arrival, "the backlog drains slowly")
    return verdict


async def _all_sent(database: Any) -> bool:
    return await database.fetchval(f"SELECT {UNSENT}") == 0


def _rss_mb(site: Site) -> float:
    gateway = address_of(site.office.data)
    assert gateway is not None
    pids = [gateway.pid, *(site.office.pid(name) for name in ALL)]
    return sum(psutil.Process(pid).memory_info().rss for pid in pids) / MEBIBYTE


async def come_back_empty(site: Site) -> Verdict:
    """The broker loses every topic, record and offset, twice; the outboxes are sent again.

    The first time with letters on it that a stopped consumer has not read; the second time at rest,
    so that the state must stay as it is.
    """
    verdict = Verdict(
        "broker restarted empty", f"twice, {DEAF[0]} stopped before the first; `juyang republish`"
    )
    load = site.load("empty")
    pids = [site.kill(name, signal.SIGSTOP) for name in DEAF]
    try:
        async with load.running(RATE):
            await asyncio.sleep(CALM_S)
        await _at_rest(site)
        await asyncio.to_thread(site.broker.restart_empty)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    verdict.figures.append(f"{await _sent_again(site)} letters sent again")
    await site.check(verdict, load)
    before = await state_hash(site)
    await asyncio.to_thread(site.broker.restart_empty)
    written = await _sent_again(site)
    await site.desk.settle()
    after = await state_hash(site)
    held = await _records(site)
    verdict.figures.append(f"then {held} records on the new broker, state {after[:12]}")
    verdict.expect(after == before, "the state is another than before")
    verdict.expect(held >= written, f"only {held} of {written} letters are on the new broker")
    return verdict


async def _at_rest(site: Site) -> None:
    """Wait until every letter is on the broker."""
    database = await site.admin()
    try:
        await until(partial(_all_sent, database), LOOK_EVERY_S)
    finally:
        await database.close()


async def _sent_again(site: Site) -> int:
    """`juyang topics apply` and `juyang republish`; returns how many letters there are."""
    await ensure_topics(site.broker.url)
    data = str(site.office.data)
    await run_juyang("republish", "--sub", "campaign", "--why", "broker lost", "--data", data)
    database = await site.admin()
    try:
        count: int = await database.fetchval(f"SELECT {WRITTEN}")
        return count
    finally:
        await database.close()


async def _records(site: Site) -> int:
    """How many records the broker's topics hold."""
    brokers = site.broker.url.removeprefix("kafka://")
    reader = AIOKafkaConsumer(bootstrap_servers=brokers, group_id="campaign")
    await reader.start()
    try:
        places = [
            TopicPartition(topic, number) for topic in ALL_TOPICS for number in range(PARTITIONS)
        ]
        ends = await reader.end_offsets(places)
        return sum(ends.values())
    finally:
        await reader.stop()


TABLES = """
SELECT schemaname, tablename FROM pg_tables
WHERE schemaname = ANY($1) AND tablename NOT IN ('inbox', 'inbox_heads', 'outbox', 'audit',
    'audit_heads', 'audit_seals', 'parked', 'alembic_version', 'idempotency') ORDER BY 1, 2
"""


async def state_hash(site: Site) -> str:
    """A digest of every table but the machinery of letters and audit."""
    database = await site.admin()
    digest = hashlib.sha256()
    try:
        for schema, table in await database.fetch(TABLES, list(SERVICES)):
            rows = await database.fetchval(
                f"SELECT md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) "
                f"FROM {schema}.{table} t"
            )
            digest.update(f"{schema}.{table} {rows}\n".encode())
    finally:
        with suppress(OSError):
            await database.close()
    return digest.hexdigest()
