"""Files as they should not be: each gets a sentence, and none stands in the way of the next."""

from __future__ import annotations

import asyncio
import io

import asyncpg
import httpx
import pytest
from python_calamine import CalamineWorkbook

from deploy.office import service_of
from services.intake.persons.identity import check_character
from shared.contracts.ids import new_id
from shared.runtime import Runtime
from tests.desk import OfficeDesk
from tests.intake.roster_files import HEADINGS, workbook
from tests.intake.rosters import (
    EXAMPLES,
    STREET,
    bring,
    ended,
    enter_areas,
    number,
    send,
)

pytestmark = pytest.mark.anyio
STREET_NAME, COMMUNITY_NAME = "八里庄街道", "红庙社区"


def wrong(digits: str) -> str:
    """The number with another check character."""
    return digits[:-1] + ("0" if digits[-1] != "0" else "1")


def row(name: str, id_number: str) -> list[object]:
    return [name, id_number, STREET_NAME, COMMUNITY_NAME]


async def test_a_file_that_is_no_roster_fails_with_a_sentence_and_the_next_is_taken(
    desk: OfficeDesk,
) -> None:
    await enter_areas(desk)
    good = workbook(HEADINGS, row("王芳", number(1)))
    files = {
        "not_a_workbook": b"name,id\nx,1\n",
        "workbook_damaged": good[:200],
        "columns_missing": workbook(["姓名", "街道", "社区"], ["王芳", "x", "y"]),
        "headings_not_found": workbook(["x", "y"], [1, 2]),
    }
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        empty = await send(li, b"", "empty")
        missing = await li.post("/intake/v1/imports", headers={"Idempotency-Key": "none"})
        keyless = await li.post("/intake/v1/imports", files={"file": ("r.xlsx", good)})
        views = {code: await bring(li, content, code) for code, content in files.items()}
        headings_only = await bring(li, workbook(HEADINGS), "headings")
        done = await bring(li, good, "good")
    assert (empty.status_code, empty.json()["code"]) == (422, "file_size")
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "body.file")
    assert keyless.json()["code"] == "idempotency_key_missing"
    for code, view in views.items():
        assert (view["state"], view["trouble_code"]) == ("failed", code)
        assert view["trouble_zh"]
        assert view["trouble_en"]
    assert (headings_only["state"], headings_only["rows_total"]) == ("done", 0)
    assert (done["state"], done["persons_new"]) == ("done", 1)


async def test_rejects_corrected_and_brought_again_add_the_mended_people_alone(
    desk: OfficeDesk,
) -> None:
    await enter_areas(desk)
    bad = [row("李强", wrong(number(2))), ["", number(3), STREET_NAME, COMMUNITY_NAME]]
    rows = [row("王芳", number(1)), *bad, row("王芳", number(1)), row("赵敏", number(4))]
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        first = await bring(li, workbook(HEADINGS, *rows), "first")
        rejects = await li.get(f"/intake/v1/imports/{first['import_id']}/rejects.xlsx")
        book = CalamineWorkbook.from_filelike(io.BytesIO(rejects.content))
        head, *given_back = list(book.get_sheet_by_index(0).iter_rows())
        reasons = [str(line[0]) for line in given_back]
        for line in given_back:
            line[1] = line[1] or "钱进"
            line[2] = str(line[2])[:-1] + check_character(str(line[2])[:-1])
        second = await bring(li, workbook(head, *given_back), "second")
        people = (await li.get("/intake/v1/persons")).json()["items"]
    assert (first["persons_new"], first["rejected"]) == (2, 3)
    assert ["原第3行" in reasons[0], "原第4行" in reasons[1], "第2行" in reasons[2]] == [True] * 3
    assert all(number(order) not in " ".join(reasons) for order in (1, 2, 3))
    assert (second["persons_new"], second["persons_unchanged"], second["rejected"]) == (2, 1, 0)
    assert sorted(one["identity"]["name"] for one in people) == ["李*", "王*", "赵*", "钱*"]


async def test_two_officers_who_bring_one_roster_at_once_double_nobody(desk: OfficeDesk) -> None:
    """Two processes work them off, and get into each other's way."""
    await enter_areas(desk)
    second = Runtime(service_of("intake"), desk.office.runtimes["intake"].settings, desk.office.bus)
    await second.start()
    content = (EXAMPLES / "chaoyang-roster.xlsx").read_bytes()
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("street_officer", sub="wang", area=STREET) as wang,
    ):
        views = await asyncio.gather(bring(li, content, "one"), bring(wang, content, "one"))
    await second.stop()
    assert {view["state"] for view in views} == {"done"}
    assert sum(view["persons_new"] for view in views) == 1966
    assert sum(view["persons_unchanged"] for view in views) == 1966
    assert [view["rejected"] for view in views] == [34, 34]
    work = desk.work("intake")
    kept = await work.row(
        "SELECT (SELECT count(*) FROM persons) AS persons, (SELECT count(*) FROM outbox) AS letters"
    )
    await work.abandon()
    assert kept == {"persons": 1966, "letters": 1966}


async def test_a_file_that_cannot_be_worked_off_does_not_hold_up_the_others(
    desk: OfficeDesk, database: str
) -> None:
    await enter_areas(desk)
    broken, late = str(new_id()), workbook(HEADINGS, row("王芳", number(1)))
    admin = await asyncpg.connect(database)
    await admin.execute(
        "INSERT INTO intake.imports (import_id, area_code, state, submitted_by, role, "
        "submitted_on, wrapped_key, sealed_file) "
        "VALUES ($1, $2, 'received', 'li', 'street_officer', '2010-01-04', 'x', 'y')",
        broken,
        STREET,
    )
    await admin.close()
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        done = await bring(li, late, "late")
        failed = await ended(li, broken)
        rejects: httpx.Response = await li.get(f"/intake/v1/imports/{new_id()}/rejects.xlsx")
    assert (done["state"], done["persons_new"]) == ("done", 1)
    assert (failed["state"], failed["trouble_code"]) == ("failed", "import_failed")
    assert rejects.status_code == 404
