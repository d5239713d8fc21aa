"""Stories of the sheet on a community's notice board: masked names, days, and nothing more."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from shared.contracts.programmes import CHAOYANG
from tests.desk import OfficeDesk
from tests.eligibility.stories import COMMUNITY, STREET, Elder, awarded
from tests.eligibility.test_notices import fonts, words

pytestmark = pytest.mark.anyio
NEXT_DOOR = f"{STREET}999"
PATH = "/eligibility/v1/public-notices/prints"


async def sheet(
    desk: OfficeDesk,
    *names: tuple[Elder, str],
    area: str = STREET,
    code: str = COMMUNITY,
    **more: Any,
) -> httpx.Response:
    """The community's sheet, printed by an officer of the street."""
    shown = [{"person_id": str(elder.person_id), "shown": name} for elder, name in names]
    async with desk.as_("street_officer", sub="qian", area=area) as client:
        return await client.post(PATH, json={"area_code": code, "names": shown, **more})


async def test_a_sheet_shows_masked_names_class_days_and_the_way_to_object(
    desk: OfficeDesk,
) -> None:
    zhang, unnamed, elsewhere = Elder(), Elder(), Elder(area=NEXT_DOOR)
    for elder in (zhang, unnamed, elsewhere):
        await awarded(desk, elder)
    page = await sheet(desk, (zhang, "张*三"), (elsewhere, "王*"), place="望京社区")
    assert page.headers["content-type"] == "application/pdf"
    text = words(page)
    for said in (
        "资格审批公示",
        "望京社区下列人员",
        "已批准，2人",
        "张*三A2010年1月4日2010年1月11日",
        f"申请编号尾号{str(unnamed.application_id)[-8:]}",
        "朝政办发〔2010〕1号",
        "对公示内容有异议的",
        "二〇一〇年一月四日",
    ):
        assert said in text, said
    assert "王*" not in text, "the other community's sheet is another one"
    assert str(zhang.person_id) not in text
    assert all(fonts(page))


async def test_a_sheet_is_of_today_of_one_programme_and_of_the_officers_own_area(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await awarded(desk, elder)
    other = await sheet(desk, programme=f"{CHAOYANG}-none/voucher")
    assert (other.status_code, other.json()["code"]) == (404, "nothing_posted")
    theirs = await sheet(desk, area="110105002")
    assert (theirs.status_code, theirs.json()["code"]) == (404, "nothing_posted")
    desk.clock.set(date(2010, 1, 11))
    assert (await sheet(desk)).status_code == 200
    desk.clock.set(date(2010, 1, 12))
    assert (await sheet(desk)).json()["code"] == "nothing_posted"


async def test_a_whole_name_is_refused_and_no_name_is_kept(desk: OfficeDesk) -> None:
    elder = Elder()
    await awarded(desk, elder)
    refused = await sheet(desk, (elder, "张小三"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "body.names.0.shown"
    assert "张小三" not in refused.text
    assert (await sheet(desk, code=STREET)).status_code == 422, "a sheet is of one community"
    assert (await sheet(desk, (elder, "张*#三"), (Elder(), "（已删除）"))).status_code == 200
    work = desk.work("eligibility")
    kept = await work.value(
        "SELECT string_agg(t, ' ') FROM (SELECT CAST(a AS text) AS t FROM audit a "
        "UNION ALL SELECT CAST(i AS text) FROM idempotency i) s"
    )
    await work.abandon()
    assert "public_notice.printed" in kept
    assert "张*" not in kept
