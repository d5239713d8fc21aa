"""An office with decisions, money, an erasure and letters that wait, for stories of its backup."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from deploy.backup import back_up
from deploy.backup_cipher import Secret
from deploy.backup_parts import Manifest
from deploy.office import Office
from deploy.postgres import running
from deploy.premises import Premises
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.desk import OfficeDesk
from tests.eligibility.stories import approve, cases, review
from tests.intake.rosters import COMMUNITY, STREET, enter, number, register
from tests.vouchers.town import MONTHLY_FEN, Town

PHRASE = "朝阳区备份口令 2010"
SECRET = Secret("scrypt", PHRASE.encode())
TODAY = date(2010, 1, 4)
HOLDERS = 3
BORN = "19250131"
FACTS = {"hukou_area": "110105", "residence_area": COMMUNITY}
PERSONS = "/intake/v1/persons"


@asynccontextmanager
async def open_office(data: Path) -> AsyncIterator[OfficeDesk]:
    """The office on a directory, whose letters move only on `settle`."""
    premises = Premises(data)
    try:
        settings = {
            name: one.model_copy(update={"run_relay": False})
            for name, one in (await premises.open()).items()
        }
        office = Office(settings)
        await office.start()
        try:
            yield OfficeDesk(office, data, TODAY)
        finally:
            await office.stop()
    finally:
        await premises.close()


@dataclass
class Story:
    """What was said yes to before the backup began, and the backup."""

    folder: Path
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    during: list[str] = field(default_factory=list)
    erased: str = ""
    unsettled: str = ""
    manifest: Manifest | None = None

    @property
    def file(self) -> Path:
        return self.folder / "office.backup"

    @property
    def first(self) -> Path:
        return self.folder / "first"

    @property
    def second(self) -> Path:
        return self.folder / "second"

    async def post(self, client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
        self.answers[path], self.bodies[path] = await client.post(path, json=body), body
        assert self.answers[path].is_success, self.answers[path].text


async def told_in(folder: Path) -> Story:
    """Everything that happens until the backup is there."""
    story = Story(folder)
    async with open_office(story.first) as desk:
        await enter(desk, COMMUNITY)
        await awards_and_money(desk, story)
        await some_that_wait(desk, story)
        await backed_up_under_writes(desk, story)
    return story


async def awards_and_money(desk: OfficeDesk, story: Story) -> None:
    """Holders, decided by two parties, with a month of vouchers."""
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        for order in range(1, HOLDERS + 1):
            who = await register(li, order, id_number=number(order, BORN), facts=FACTS)
            asked = {"id": str(new_id()), "person_id": who["person_id"], "programme": VOUCHER}
            asked["channel"] = "street_office"
            await story.post(li, "/intake/v1/applications", asked)
    await desk.settle()
    ids = [case["case_id"] for case in await cases(desk)]
    await review(desk, *ids, area=STREET)
    await approve(desk, *ids)
    await desk.settle()
    town = Town(desk)
    await town.allocate(HOLDERS * MONTHLY_FEN)
    await town.issue()
    await desk.settle()


async def some_that_wait(desk: OfficeDesk, story: Story) -> None:
    """Somebody erased; somebody whose letter nobody has carried yet."""
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        story.erased = (await register(li, 11))["person_id"]
        body = {"id": str(new_id()), "name": "欧阳建国", "id_number": number(12)}
        await story.post(li, PERSONS, {**body, "area_code": COMMUNITY})
        story.unsettled = body["id"]
    server = running(story.first)
    assert server is not None
    admin = await asyncpg.connect(server.dsn())
    await admin.execute(
        "UPDATE intake.persons SET wrapped_key = NULL WHERE person_id = $1", story.erased
    )
    await admin.close()


async def backed_up_under_writes(desk: OfficeDesk, story: Story) -> None:
    async def keep_writing(client: httpx.AsyncClient) -> None:
        for order in range(100, 900):
            story.during.append((await register(client, order))["person_id"])

    async with desk.as_("street_officer", sub="sun", area=STREET) as sun:
        writing = asyncio.create_task(keep_writing(sun))
        try:
            story.manifest = await back_up(story.first, story.file, SECRET)
            assert not writing.done()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
