"""An office goes into one file while people work in it and comes back elsewhere, all of it."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from deploy.backup import back_up
from deploy.backup_cipher import Secret
from deploy.backup_parts import checked
from deploy.postgres import running
from tests.deploy.backup_story import (
    HOLDERS,
    PERSONS,
    PHRASE,
    TODAY,
    Story,
    open_office,
    told_in,
)
from tests.deploy.conftest import open_folder
from tests.desk import OfficeDesk
from tests.eligibility.stories import awards
from tests.intake.rosters import STREET, number
from tests.vouchers.town import MONTHLY_FEN, Town

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def story() -> AsyncIterator[Story]:
    with open_folder() as folder:
        yield await told_in(folder)


@pytest.fixture(scope="module")
async def restored(story: Story) -> AsyncIterator[OfficeDesk]:
    """The second office, as the command brought it back."""
    command = ["restore", str(story.file), "--data", str(story.second)]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "deploy.cli.main", *command],
        env={**os.environ, "JUYANG_BACKUP_PASSPHRASE": PHRASE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "restored and verified" in done.stdout
    async with open_office(story.second) as desk:
        yield desk


async def test_a_backup_is_private_and_shows_nothing_of_what_it_holds(story: Story) -> None:
    assert stat.S_IMODE(story.file.stat().st_mode) == 0o600
    content = story.file.read_bytes()
    master = (story.first / "secrets" / "master.key").read_bytes()
    for secret in (master, b"persons", b"person_id", "欧阳".encode()):
        assert secret not in content
    assert {one.name for one in story.folder.iterdir()} >= {"first", "office.backup"}
    assert not [one for one in story.folder.iterdir() if one.name.startswith(".")]


async def test_what_was_acknowledged_before_is_there_and_answers_the_same_again(
    story: Story, restored: OfficeDesk
) -> None:
    async with restored.as_("street_officer", sub="li", area=STREET) as li:
        for path, answer in story.answers.items():
            again = await li.post(path, json=story.bodies[path])
            assert (again.status_code, again.content) == (answer.status_code, answer.content)
        other = await li.post(PERSONS, json={**story.bodies[PERSONS], "name": "别人"})
    assert other.json()["code"] == "idempotency_key_reused"
    assert len(await awards(restored)) == HOLDERS
    money = await Town(restored).money()
    assert money["total"]["outstanding_fen"] == HOLDERS * MONTHLY_FEN


async def test_the_keys_travel_and_what_was_erased_stays_erased(
    story: Story, restored: OfficeDesk
) -> None:
    wanted = {"reason": "上门核对", "fields": ["name", "id_number"]}
    async with restored.as_("street_officer", sub="li", area=STREET) as li:
        shown = await li.post(f"{PERSONS}/{story.unsettled}/disclosures", json=wanted)
        erased = await li.post(f"{PERSONS}/{story.erased}/disclosures", json=wanted)
        found = await li.post(
            f"{PERSONS}/searches", json={"kind": "id_number", "value": number(12)}
        )
    assert shown.json() == {"name": "欧阳建国", "id_number": number(12)}
    assert erased.json()["code"] == "identity_erased"
    assert [hit["person_id"] for hit in found.json()] == [story.unsettled]


async def test_letters_that_waited_are_sent_once_after_the_restore(
    story: Story, restored: OfficeDesk
) -> None:
    assert story.manifest is not None
    assert story.manifest.schemas["intake"].outbox_unsent >= 2
    work = restored.work("eligibility")
    known = await work.value("SELECT count(*) FROM people WHERE person_id = :i", i=story.unsettled)
    await work.abandon()
    assert known == 1
    assert await restored.settle() == 0


async def test_the_backup_is_of_one_instant(story: Story, restored: OfficeDesk) -> None:
    """Those written meanwhile are there up to an instant, and none from after it."""
    async with restored.as_("street_officer", sub="li", area=STREET) as li:
        there = [(await li.get(f"{PERSONS}/{one}")).status_code for one in story.during]
    assert there == sorted(there)
    assert 404 in there
    assert restored.clock.today() == TODAY


async def test_an_office_at_rest_is_backed_up_with_a_key_and_no_server_is_left() -> None:
    key = Secret("hkdf", os.urandom(32))
    with open_folder() as folder:
        async with open_office(folder / "data"):
            pass
        manifest = await back_up(folder / "data", folder / "rest.backup", key)
        assert running(folder / "data") is None
        assert checked(folder / "rest.backup", key) == manifest
