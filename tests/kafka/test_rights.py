"""`juyang topics apply` on a broker that asks everybody for his rights, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.bus.choose import bus_of
from shared.bus.kafka_cluster import administering
from shared.bus.kafka_plan import plan_for
from shared.bus.kafka_rights import READ, TOPIC, Right
from shared.bus.port import BusUnavailable
from shared.contracts.topics import ALL_TOPICS, INTAKE_PERSONS
from shared.metrics_kafka import Lag
from shared.migrate import SERVICES
from tests.kafka.secured import (
    NO_JAVA,
    PARTITIONS,
    PATTERN,
    Secured,
    apply,
    ready,
    safe_broker,
    says,
    wish,
)
from tests.shared.bus.parties import Ear, Receiver, carry, letter, started

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(NO_JAVA is not None, reason=NO_JAVA or ""),
]
HEARD = frozenset({INTAKE_PERSONS})


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Secured]:
    """A broker without topics, for the story alone."""
    with safe_broker(tmp_path) as broker:
        yield broker


async def test_topics_settings_and_rights_are_made_once_and_shown_before(fresh: Secured) -> None:
    async with administering(fresh.url()) as cluster:
        shown = await plan_for(cluster, wish())
        assert await cluster.topics(ALL_TOPICS) == {}
    made = await apply(fresh.url(), wish())
    assert list(shown.lines()) == list(made.lines())
    async with administering(fresh.url()) as cluster:
        found = await cluster.topics(ALL_TOPICS)
        again = await plan_for(cluster, wish())
    assert set(found) == set(ALL_TOPICS)
    assert found[INTAKE_PERSONS].partitions == PARTITIONS
    assert found[INTAKE_PERSONS].settings["retention.ms"] == str(14 * 24 * 3600 * 1000)
    assert (again.changes, list(again.lines())) == (0, [])


async def test_a_setting_that_was_changed_by_hand_is_put_right_and_others_stay(
    secured: Secured,
) -> None:
    await apply(secured.url(), wish())
    async with administering(secured.url()) as cluster:
        now = (await cluster.topics(HEARD))[INTAKE_PERSONS].settings
        strange = {**now, "retention.ms": "1000", "segment.ms": "600000"}
        await cluster.alter(INTAKE_PERSONS, strange)
    plan = await apply(secured.url(), wish())
    assert list(plan.lines()) == ["~ topic intake.persons retention.ms 1000 -> 1209600000"]
    async with administering(secured.url()) as cluster:
        after = (await cluster.topics(HEARD))[INTAKE_PERSONS].settings
        assert after == {**now, "segment.ms": "600000"}
        await cluster.alter(INTAKE_PERSONS, now)


async def test_partitions_grow_only_when_told_and_never_shrink(fresh: Secured) -> None:
    await apply(fresh.url(), wish())
    told = list((await apply(fresh.url(), wish(partitions=PARTITIONS + 1))).lines())
    assert len(told) == len(ALL_TOPICS)
    assert all(line.startswith("! ") and "--grow" in line for line in told)
    grown = await apply(fresh.url(), wish(partitions=PARTITIONS + 1, grow=True))
    assert f"~ topic intake.persons partitions {PARTITIONS} -> {PARTITIONS + 1}" in grown.lines()
    kept = list((await apply(fresh.url(), wish(grow=True))).lines())
    assert all("never taken away" in line for line in kept)
    async with administering(fresh.url()) as cluster:
        found = await cluster.topics(ALL_TOPICS)
    assert {one.partitions for one in found.values()} == {PARTITIONS + 1}


async def test_a_service_writes_its_own_topics_and_nobody_elses(secured: Secured) -> None:
    await apply(secured.url(), wish())
    mine, theirs = letter("eligibility.awards"), letter(INTAKE_PERSONS)
    receiver = Receiver()
    intake, eligibility = (bus_of(secured.of(name), name) for name in SERVICES[:2])
    async with started(intake), started(eligibility, Ear(receiver, HEARD, "eligibility")):
        await carry(intake, [theirs])
        await carry(eligibility, [mine])
        await receiver.has([theirs])
        forged = letter(INTAKE_PERSONS)
        with pytest.raises(BusUnavailable, match="user juyang-eligibility has no right"):
            await eligibility.publish([forged])
        await says(eligibility, "user juyang-eligibility has no right")
        await carry(eligibility, [letter("eligibility.awards")])
        assert eligibility.trouble() is None
        await carry(intake, [last := letter(INTAKE_PERSONS, theirs.key)])
        await receiver.has([last])
    assert forged.id not in {one.id for one in receiver.taken}


async def test_a_service_can_neither_see_nor_read_what_it_does_not_hear(secured: Secured) -> None:
    await apply(secured.url(), wish())
    receiver = Receiver()
    bus = bus_of(secured.of("vouchers"), "vouchers")
    async with started(bus, Ear(receiver, frozenset({"evaluation.feedback"}), "vouchers")):
        await says(bus, "hidden from this user: evaluation.feedback")
    assert receiver.taken == []


async def test_each_service_may_do_all_that_it_does(secured: Secured) -> None:
    await apply(secured.url(), wish())
    for name, heard in wish().hears.items():
        bus = bus_of(secured.of(name), name)
        own = [letter(topic) for topic in ALL_TOPICS if topic.startswith(f"{name}.")]
        ears = [Ear(Receiver(), heard, name)] if heard else []
        async with started(bus, *ears):
            await carry(bus, own)
            await ready(bus)
        if heard:
            lag = Lag(secured.of(name), name, heard)
            assert set(await lag.read()) == heard
            await lag.close()


async def test_rights_that_are_not_ours_are_told_and_left(secured: Secured) -> None:
    await apply(secured.url(), wish())
    spare = Right("juyang-intake", READ, TOPIC, f"other-{uuid4().hex}")
    stranger = Right("somebody", READ, TOPIC, INTAKE_PERSONS)
    async with administering(secured.url()) as cluster:
        await cluster.grant([spare, stranger])
    told = "".join((await apply(secured.url(), wish())).lines())
    assert str(spare) in told
    assert "somebody" not in told
    async with administering(secured.url()) as cluster:
        assert {spare, stranger} <= (await cluster.rights() or set())


async def test_a_service_may_not_make_topics_or_grant_rights(secured: Secured) -> None:
    user = PATTERN.format(service="intake")
    with pytest.raises(BusUnavailable, match=f"user {user} has no right"):
        await apply(secured.of("intake"), wish())
