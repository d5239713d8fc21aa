"""What every bus promises, whichever it is: order by key, at least once, again after a crash."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared import telemetry
from shared.bus.port import BusUnavailable
from tests.shared.bus.parties import Ear, Receiver, Rig, carry, letter, offer, started

pytestmark = pytest.mark.anyio
TRACE = "0af7651916cd43dd8448eb211c80319c"
EVER = 10**6


async def test_letters_of_one_key_arrive_in_the_order_of_sending(rig: Rig) -> None:
    where, people, receiver = await rig.topic(), [uuid4() for _ in range(20)], Receiver()
    letters = [letter(where, person, seq) for seq in range(1, 11) for person in people]
    async with started(rig.bus(), Ear(receiver, frozenset({where}))) as bus:
        for start in range(0, len(letters), 50):
            await carry(bus, letters[start : start + 50])
        await receiver.has(letters)
    for person in people:
        assert [x.seq for x in receiver.effects if x.key == person] == list(range(1, 11))


async def test_a_letter_arrives_whole(rig: Rig) -> None:
    where, receiver = await rig.topic(), Receiver()
    sent = letter(where)
    async with started(rig.bus(), Ear(receiver, frozenset({where}))) as bus:
        await carry(bus, [sent])
        await receiver.has([sent])
    assert receiver.effects == [sent]


async def test_a_receiver_that_crashes_gets_the_same_letters_again_in_order(rig: Rig) -> None:
    where, person, receiver = await rig.topic(), uuid4(), Receiver(crashes=2)
    letters = [letter(where, person, seq) for seq in range(1, 6)]
    async with started(rig.bus(), Ear(receiver, frozenset({where}))) as bus:
        await carry(bus, letters)
        await receiver.has(letters)
    assert receiver.refused
    assert [x.seq for x in receiver.effects] == [1, 2, 3, 4, 5]


async def test_what_a_dying_process_did_not_commit_goes_to_the_next_one(rig: Rig) -> None:
    where, name, dying, heir = await rig.topic(), uuid4().hex, Receiver(crashes=EVER), Receiver()
    letters = [letter(where, seq=seq) for seq in range(1, 4)]
    async with started(rig.bus(), Ear(dying, frozenset({where}), name)) as bus:
        kept = await offer(bus, letters)
        await dying.until(lambda: len(dying.refused) > 0)
    async with started(rig.bus(), Ear(heir, frozenset({where}), name)) as bus:
        await carry(bus, kept)
        await heir.has(letters)
    assert not dying.taken


async def test_a_restart_goes_on_after_the_last_committed_batch(rig: Rig) -> None:
    where, name, before, after = await rig.topic(), uuid4().hex, Receiver(), Receiver()
    old, new = [letter(where) for _ in range(5)], [letter(where) for _ in range(5)]
    async with started(rig.bus(), Ear(before, frozenset({where}), name)) as bus:
        await carry(bus, old)
        await before.has(old)
    async with started(rig.bus(), Ear(after, frozenset({where}), name)) as bus:
        await carry(bus, new)
        await after.has(new)
    assert {x.id for x in after.taken} == {x.id for x in new}


async def test_two_consumers_each_get_every_letter(rig: Rig) -> None:
    where, one, other = await rig.topic(), Receiver(), Receiver()
    letters = [letter(where) for _ in range(10)]
    ears = Ear(one, frozenset({where})), Ear(other, frozenset({where, await rig.topic()}))
    async with started(rig.bus(), *ears) as bus:
        await carry(bus, letters)
        await one.has(letters)
        await other.has(letters)


async def test_a_consumer_gets_the_letters_of_its_topics_alone(rig: Rig) -> None:
    mine, receiver = await rig.topic(), Receiver()
    wanted, unwanted = letter(mine), letter(await rig.topic())
    async with started(rig.bus(), Ear(receiver, frozenset({mine}))) as bus:
        await carry(bus, [unwanted, wanted])
        await receiver.has([wanted])
    assert receiver.effects == [wanted]


async def test_the_letter_carries_the_trace_that_wrote_it(rig: Rig) -> None:
    where, receiver = await rig.topic(), Receiver()
    sent = letter(where, trace=f"00-{TRACE}-b7ad6b7169203331-01")
    async with started(rig.bus(), Ear(receiver, frozenset({where}))) as bus:
        await carry(bus, [sent])
        await receiver.has([sent])
    with telemetry.receiving(receiver.taken[0], "promise"):
        assert telemetry.trace_id() == TRACE


async def test_a_bus_that_is_not_started_says_so_and_takes_nothing(rig: Rig) -> None:
    bus = rig.bus()
    assert "not started" in (bus.trouble() or "")
    with pytest.raises(BusUnavailable):
        await bus.publish([letter(await rig.topic())])


async def test_a_bus_in_use_has_no_trouble(rig: Rig) -> None:
    where, receiver = await rig.topic(), Receiver()
    async with started(rig.bus(), Ear(receiver, frozenset({where}))) as bus:
        sent = [letter(where)]
        await carry(bus, sent)
        await receiver.has(sent)
        assert bus.trouble() is None
    assert bus.trouble()
