"""Letters that no bus takes: refused when they are written, or held with their key alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import asyncpg
import httpx
import pytest
from aiokafka.errors import MessageSizeTooLargeError
from fastapi import Request

from shared import outbox
from shared.bus.direct import DirectBus
from shared.bus.port import BusUnavailable
from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.intake import ApplicationSubmitted, PersonDied
from shared.contracts.letter import Envelope
from shared.doors import doors, permit
from shared.keeping import LARGEST_LETTER
from shared.relay import Relay
from tests.desk import OfficeDesk
from tests.shared.annex import annex

pytestmark = pytest.mark.anyio
AREA = "110105015001"
BATCH = 100
SOON_S = 10.0


@dataclass
class Narrow(DirectBus):
    """A bus that refuses records about some people as a broker refuses what is too large."""

    refused: set[UUID] = field(default_factory=set)
    taken: list[Envelope] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def publish(self, letters: Sequence[Envelope]) -> None:
        for letter in letters:
            if letter.id in self.refused:
                raise BusUnavailable("Kafka refused") from MessageSizeTooLargeError()
        self.taken += letters


def died(desk: OfficeDesk, who: UUID) -> Envelope:
    letter = PersonDied(
        aggregate_id=who,
        person_id=who,
        occurred_at=desk.clock.now(),
        area_code=AREA,
        died_on=date(2010, 1, 1),
    )
    return Envelope.around(letter, causation_id=None, traceparent=None)


async def post(desk: OfficeDesk, *letters: Envelope) -> None:
    async with desk.office.runtimes["intake"].database.jobs.begin() as connection:
        await outbox.post(connection, letters)


async def emptied(relay: Relay) -> None:
    """Carry until nothing is left that may go."""
    async with asyncio.timeout(SOON_S):
        while await relay.once():
            pass


async def decide(client: httpx.AsyncClient, letter: Envelope, act: str) -> dict[str, object]:
    body = {"id": str(new_id()), "reason": "主题上限已调高 · the topic takes more now"}
    answer = await client.post(f"/intake/v1/letters/parked/{letter.id}/{act}", json=body)
    found: dict[str, object] = answer.json()
    assert answer.is_success, found
    return found


async def test_a_letter_that_no_broker_would_take_is_refused_with_its_size_and_undone(
    desk: OfficeDesk,
) -> None:
    router = doors("/v1/large", "large")

    @router.post("", dependencies=[permit("operator")])
    async def write(request: Request) -> None:
        made = new_id()
        request.state.work.send(
            ApplicationSubmitted(
                aggregate_id=made,
                person_id=made,
                application_id=made,
                occurred_at=desk.clock.now(),
                programme="x" * LARGEST_LETTER,
                channel="street_office",
                applied_on=desk.clock.today(),
                person=PersonFacts(),
            )
        )

    async with annex(desk, router) as client:
        answer = await client.post("/v1/large", json={"id": str(new_id())})
    assert (answer.status_code, answer.json()["code"]) == (422, "letter_too_large")
    assert "intake.application.submitted.v1" in answer.json()["en"]
    assert "1,000,000" in answer.json()["en"]
    assert "字节" in answer.json()["zh"]
    work = desk.work("intake")
    assert await work.value("SELECT count(*) FROM outbox") == 0
    assert await work.value("SELECT count(*) FROM audit WHERE act LIKE '%large%'") == 0
    await work.abandon()


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("facts", f"jsonb_build_object('x', repeat('x', {2 * LARGEST_LETTER}))", "outbox_fits"),
        ("key", "gen_random_uuid()", "outbox_key"),
    ],
)
async def test_the_table_itself_takes_no_huge_letter_and_no_key_of_somebody_else(
    desk: OfficeDesk, database: str, column: str, value: str, rule: str
) -> None:
    await post(desk, died(desk, new_id()))
    admin = await asyncpg.connect(database)
    try:
        with pytest.raises(asyncpg.CheckViolationError, match=rule):
            await admin.execute(f"UPDATE intake.outbox SET {column} = {value}")
    finally:
        await admin.close()


async def test_a_letter_that_the_broker_refuses_holds_back_its_own_key_alone(
    desk: OfficeDesk,
) -> None:
    who, other = new_id(), new_id()
    before, large, behind = died(desk, who), died(desk, who), died(desk, who)
    others = [died(desk, other) for _ in range(3)]
    bus = Narrow(refused={large.id})
    await post(desk, others[0], before, large, others[1], behind, others[2])
    jobs = desk.office.runtimes["intake"].database.jobs
    relay = Relay("intake", jobs, bus, part=0, parts=1, batch=BATCH)
    await emptied(relay)
    assert [x.id for x in bus.taken if x.key == other] == [x.id for x in others]
    assert [x.id for x in bus.taken if x.key == who] == [before.id]
    async with desk.as_("operator") as operator:
        counts = (await operator.get("/intake/v1/letters")).json()
        assert counts == {"unsent": 0, "behind": 0, "parked": 1, "held": 2, "last": 6}
        (listed,) = (await operator.get("/intake/v1/letters/parked")).json()["items"]
        assert (listed["letter_id"], listed["consumer"]) == (str(large.id), "relay")
        assert "too large" in listed["cause"]
        await decide(operator, large, "replays")
        assert await relay.once(), "it is tried again, and refused again"
        (again,) = (await operator.get("/intake/v1/letters/parked")).json()["items"]
        assert again["attempts"] == 2
        bus.refused.clear()
        await decide(operator, large, "replays")
        await emptied(relay)
    assert [x.seq for x in bus.taken if x.key == who] == [1, 2, 3]


async def test_a_refused_letter_that_is_given_up_lets_the_next_one_go(desk: OfficeDesk) -> None:
    who = new_id()
    large, behind = died(desk, who), died(desk, who)
    bus = Narrow(refused={large.id})
    await post(desk, large, behind)
    jobs = desk.office.runtimes["intake"].database.jobs
    relay = Relay("intake", jobs, bus, part=0, parts=1, batch=BATCH)
    await emptied(relay)
    async with desk.as_("operator") as operator:
        assert (await decide(operator, large, "discards"))["state"] == "discarded"
        await emptied(relay)
        counts = (await operator.get("/intake/v1/letters")).json()
    assert [x.id for x in bus.taken] == [behind.id]
    assert (counts["unsent"], counts["held"], counts["parked"]) == (0, 0, 0)


async def test_the_application_cannot_mark_a_letter_as_sent_that_nobody_gave_up(
    desk: OfficeDesk,
) -> None:
    letter = died(desk, new_id())
    await post(desk, letter)
    async with desk.office.runtimes["intake"].database.app.begin() as connection:
        await connection.exec_driver_sql(f"SELECT give_up_letter('{letter.id}')")
    work = desk.work("intake")
    assert await work.value("SELECT count(*) FROM outbox WHERE NOT sent") == 1
    await work.abandon()
