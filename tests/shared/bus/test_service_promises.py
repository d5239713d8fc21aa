"""What a service makes of the bus's promises, on real PostgreSQL: effects once, poison parked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from deploy.office import RolePasswords
from shared import outbox
from shared.bus.choose import DIRECT
from shared.bus.port import BusUnavailable
from shared.bus.wire import UNREADABLE
from shared.relay import Relay
from tests.shared.bus.line import BATCH, EFFECTS, PARKED, line
from tests.shared.bus.parties import Rig, letter, topic

pytestmark = pytest.mark.anyio


async def test_a_letter_has_its_effect_once_however_often_it_arrives(
    rig: Rig, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    where = await rig.topic()
    letters = [letter(where) for _ in range(10)]
    async with line(rig, where, database, passwords, tmp_path, crashes=3) as office:
        await office.write(*letters)
        await office.receiver.has(letters)
        effects = [cause for (cause,) in await office.rows(EFFECTS)]
    assert {x.id for x in office.receiver.refused} & {x.id for x in letters}
    assert sorted(map(str, effects)) == sorted(str(x.id) for x in letters)


async def test_poison_is_parked_with_its_cause_and_holds_back_its_own_key_alone(
    rig: Rig, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    where, person = await rig.topic(), uuid4()
    poison = replace(letter(where, person), facts=b'{"died_on":"soon"}')
    behind, other = letter(where, person), letter(where)
    later = letter(where, person)
    async with line(rig, where, database, passwords, tmp_path) as office:
        await office.write(poison, behind, other)
        await office.receiver.has([poison, behind, other])
        await office.write(later)
        await office.receiver.has([later])
        parked = await office.rows(PARKED)
        effects = await office.rows(EFFECTS)
    waits = "waits behind a parked letter of the same key"
    flaw = "its facts are not those of its type: died_on date_from_datetime_parsing"
    assert parked == [(poison.id, flaw), (behind.id, waits), (later.id, waits)]
    assert effects == [(other.id,)]


async def test_an_unreadable_record_is_parked_and_holds_back_its_key_in_the_same_batch(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    where, person = topic(), uuid4()
    strange = replace(letter(where, person), type=UNREADABLE, facts=b'{"missing":"ce_id"}')
    behind, other = letter(where, person), letter(where)
    async with line(Rig(DIRECT), where, database, passwords, tmp_path) as office:
        await office.receiver.receive([strange, behind, other])
        parked = await office.rows(PARKED)
        effects = await office.rows(EFFECTS)
    assert [one for one, _ in parked] == [strange.id, behind.id]
    assert effects == [(other.id,)]


async def test_the_relay_marks_a_letter_as_sent_only_when_the_bus_has_taken_it(
    rig: Rig, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    where = await rig.topic()
    unsent = text("SELECT count(*) FROM outbox WHERE NOT sent")
    async with line(rig, where, database, passwords, tmp_path) as office:
        await office.bus.stop()
        async with office.intake.jobs.begin() as connection:
            await outbox.post(connection, [letter(where)])
        relay = Relay("intake", office.intake.jobs, office.bus, part=0, parts=1, batch=BATCH)
        with pytest.raises(BusUnavailable):
            await relay.once()
        async with office.intake.jobs.connect() as connection:
            assert await connection.scalar(unsent) == 1
