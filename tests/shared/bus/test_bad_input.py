"""What is no proper letter is parked with its cause, on both buses, and stops nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from deploy.office import RolePasswords
from shared.bus import wire
from shared.bus.address import read_address
from shared.bus.arrival import Arrived, arrived
from shared.bus.choose import DIRECT
from shared.bus.port import LARGEST_RECORD
from shared.contracts.ids import new_id
from shared.contracts.letter import Envelope
from shared.errors import Invalid
from tests.shared.bus.conftest import AnyBroker
from tests.shared.bus.line import EFFECTS, NOBODY, PARKED, Line, line
from tests.shared.bus.parties import Rig, letter

pytestmark = pytest.mark.anyio
HUGE = 5 * 1024 * 1024
BY_HAND = text("""
INSERT INTO outbox (id, type, topic, key, aggregate_id, seq, occurred_at, recorded_at, facts)
VALUES (:one, 'intake.person.died.v1', 'intake.persons', :two, :one, 1, now(), now(), '{}')
""")
BEHIND = "waits behind a parked letter of the same key"
MAKE_BAD: dict[str, tuple[Callable[[Envelope], Envelope], str]] = {
    "unknown type": (
        lambda x: replace(x, type="intake.person.dreamt.v1"),
        "no such letter type or version",
    ),
    "unknown version": (
        lambda x: replace(x, type="intake.person.died.v9"),
        "no such letter type or version",
    ),
    "facts of another type": (
        lambda x: replace(x, facts=b'{"died_on": "soon"}'),
        "its facts are not those of its type: died_on date_from_datetime_parsing",
    ),
    "no facts": (
        lambda x: replace(x, facts=b"{}"),
        "its facts are not those of its type: died_on missing",
    ),
    "not an object": (lambda x: replace(x, facts=b"[1, 2]"), "its facts are no JSON object"),
    "missing reference": (lambda x: replace(x, person_id=NOBODY), "LookupError"),
    "wrong source": (
        lambda x: replace(x, type="vouchers.account.opened.v1"),
        "not from who writes it",
    ),
}
"""What an outbox could hold, and the cause that is told."""

Raw = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]


def header(name: str, value: bytes | None) -> Callable[[wire.Outgoing], Raw]:
    def spoil(out: wire.Outgoing) -> Raw:
        kept = [pair for pair in out.headers if pair[0] != name]
        return out.key, out.value, kept if value is None else [*kept, (name, value)]

    return spoil


def value(spoilt: bytes) -> Callable[[wire.Outgoing], Raw]:
    return lambda out: (out.key, spoilt, out.headers)


RECORDS: dict[str, tuple[Callable[[wire.Outgoing], Raw], str]] = {
    "bad JSON": (value(b'{"died_on": '), "its facts are no JSON object"),
    "bytes that no text may hold": (value(b"\x00\xff\x00"), "its facts are no JSON object"),
    "no headers": (lambda out: (out.key, out.value, []), "no letter: 'ce_specversion'"),
    "an id that is none": (header("ce_id", b"seven"), "no letter: ValueError"),
    "source left out": (header("ce_source", None), "its source is not the service"),
    "wrong source": (header("ce_source", b"/vouchers"), "its source is not the service"),
    "a number that is none": (header("ce_seq", b"9" * 30), "its number is not one"),
    "a zero byte in a header": (header("ce_agency", b"\x00"), "a character that no text"),
    "another one's partition key": (
        header("ce_partitionkey", str(uuid4()).encode()),
        "its key is not that of whom",
    ),
}
"""What only a stranger could put on a topic."""


async def foreign(
    broker: AnyBroker, where: str, key: bytes | None, value: bytes | None, headers: object
) -> None:
    """A record that no relay of ours has sent."""
    producer = AIOKafkaProducer(max_request_size=2 * HUGE, **read_address(broker.url).options())
    await producer.start()
    try:
        await producer.send_and_wait(where, value, key=key, headers=headers)
    finally:
        await producer.stop()


async def causes(office: Line) -> dict[UUID, str]:
    return {UUID(str(one)): str(cause) for one, cause in await office.rows(PARKED)}


@pytest.mark.parametrize("kind", MAKE_BAD)
async def test_a_letter_that_makes_no_sense_is_parked_and_its_key_waits(
    rig: Rig, database: str, passwords: RolePasswords, tmp_path: Path, kind: str
) -> None:
    make, cause = MAKE_BAD[kind]
    where = await rig.topic()
    bad = make(letter(where, uuid4()))
    behind, other = letter(where, bad.key), letter(where)
    async with line(rig, where, database, passwords, tmp_path) as office:
        await office.write(bad, behind, other)
        await office.receiver.has([bad, behind, other])
        parked = await causes(office)
        effects = await office.rows(EFFECTS)
    assert cause in parked[bad.id]
    assert parked[behind.id] == BEHIND
    assert effects == [(other.id,)]


@pytest.mark.parametrize("kind", RECORDS)
async def test_a_record_of_a_stranger_is_parked_and_its_key_waits(
    broker: AnyBroker, database: str, passwords: RolePasswords, tmp_path: Path, kind: str
) -> None:
    spoil, cause = RECORDS[kind]
    rig, who = Rig(broker.url), uuid4()
    where = await rig.topic()
    behind, other = letter(where, who), letter(where)
    async with line(rig, where, database, passwords, tmp_path) as office:
        strange = replace(letter(where, who), aggregate_id=uuid4())
        await foreign(broker, where, *spoil(wire.write(strange, None)))
        await office.receiver.until(lambda: len(office.receiver.taken) > 0)
        await office.write(behind, other)
        await office.receiver.has([behind, other])
        parked = await causes(office)
        effects = await office.rows(EFFECTS)
    assert cause in next(iter(parked.values()))
    assert list(parked.values())[1:] == [BEHIND]
    assert effects == [(other.id,)]


async def test_a_record_under_a_key_of_somebody_else_is_parked_under_that_key(
    broker: AnyBroker, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    rig, who, stranger = Rig(broker.url), uuid4(), uuid4()
    where = await rig.topic()
    good = letter(where, who)
    out = wire.write(letter(where, who), None)
    async with line(rig, where, database, passwords, tmp_path) as office:
        await foreign(broker, where, str(stranger).encode(), out.value, out.headers)
        await office.receiver.until(lambda: len(office.receiver.taken) > 0)
        await office.write(good)
        await office.receiver.has([good])
        parked = await office.rows("SELECT key, cause FROM eligibility.parked")
        effects = await office.rows(EFFECTS)
    ((key, cause),) = parked
    assert (key, "its key is not" in str(cause)) == (stranger, True)
    assert effects == [(good.id,)]


async def test_five_megabytes_are_parked_with_their_beginning_and_can_never_be_replayed(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    rig = Rig(DIRECT)
    where, who = await rig.topic(), uuid4()
    huge = replace(letter(where, who), facts=b'{"died_on": "2010-01-04", "x": "' + b"x" * HUGE)
    async with line(rig, where, database, passwords, tmp_path) as office:
        await office.receiver.receive([huge])
        parked = await causes(office)
        ((kept,),) = await office.rows("SELECT CAST(envelope AS text) FROM eligibility.parked")
        done, why = await office.replay(who)
    assert "its facts have 5,242,912 bytes" in parked[huge.id]
    assert len(str(kept)) < LARGEST_RECORD
    assert '"truncated' in str(kept)
    assert (done, "5,242,912" in str(why)) == (0, True)


async def test_five_megabytes_on_a_topic_are_parked_or_refused_by_the_broker(
    broker: AnyBroker, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    rig, who = Rig(broker.url), uuid4()
    where = await rig.topic()
    out = wire.write(letter(where, who), None)
    other = letter(where)
    refused = False
    async with line(rig, where, database, passwords, tmp_path) as office:
        try:
            await foreign(broker, where, out.key, b'{"x": "' + b"x" * HUGE, out.headers)
        except MessageSizeTooLargeError:
            refused = True
        await office.write(other)
        await office.receiver.has([other])
        parked = await causes(office)
        effects = await office.rows(EFFECTS)
    assert effects == [(other.id,)]
    assert refused or any("bytes, more than 2,097,152" in one for one in parked.values())


async def test_our_own_outbox_takes_neither_five_megabytes_nor_a_key_that_does_not_match(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    rig = Rig(DIRECT)
    where = await rig.topic()
    huge = replace(letter(where), facts=b'{"x": "' + b"x" * HUGE + b'"}')
    async with line(rig, where, database, passwords, tmp_path) as office:
        with pytest.raises(Invalid, match="letter_too_large"):
            await office.write(huge)
        with pytest.raises(IntegrityError, match="outbox_key_is_whose_it_is"):
            async with office.intake.jobs.begin() as connection:
                await connection.execute(BY_HAND, {"one": new_id(), "two": new_id()})


@pytest.mark.parametrize(("name", "facts"), [("ce_agency", b"{}"), ("ce_areacode", b"x" * HUGE)])
def test_a_huge_record_that_a_broker_let_through_is_no_letter_and_only_its_beginning_is_kept(
    name: str, facts: bytes
) -> None:
    who = uuid4()
    out = wire.write(replace(letter("intake.persons", who), facts=facts), None)
    headers = [*out.headers, (name, b"x" * HUGE)]
    far_off = 10**17
    record = Arrived("intake.persons", 0, 7, far_off, out.key, out.value, headers)
    found = arrived(record)
    assert (found.type, found.key) == (wire.UNREADABLE, who)
    assert b"more than 2,097,152" in found.facts
    assert len(found.facts) < LARGEST_RECORD // 10
    assert arrived(record).id == found.id
