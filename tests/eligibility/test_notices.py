"""Stories of the printed notice: what it says in Chinese, its fonts, its dates, and the name."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import httpx
import pypdf
import pytest

from services.eligibility.notices.wording import in_characters
from tests.desk import OfficeDesk
from tests.eligibility.offices import appealed, district, heard, refused
from tests.eligibility.stories import (
    DISTRICT,
    OTHER_COMMUNITY,
    Elder,
    awarded,
    tell,
)

pytestmark = pytest.mark.anyio
PATH = "/eligibility/v1/notices"


async def printed(desk: OfficeDesk, elder: Elder) -> httpx.Response:
    return await district(desk, "GET", f"notices/{elder.application_id}.pdf")


def words(page: httpx.Response) -> str:
    """The text of a page as a reader copies it, without the spaces of typesetting."""
    assert page.status_code == 200, page.text
    reader = pypdf.PdfReader(io.BytesIO(page.content))
    return "".join("".join(sheet.extract_text().split()) for sheet in reader.pages)


def fonts(page: httpx.Response) -> list[bool]:
    """Whether each font of the page lies inside it."""
    reader = pypdf.PdfReader(io.BytesIO(page.content))
    found: list[bool] = []
    for sheet in reader.pages:
        resources: Any = sheet["/Resources"]
        for font in resources["/Font"].values():
            (inner,) = font.get_object()["/DescendantFonts"]
            told = inner.get_object()["/FontDescriptor"].get_object()
            found.append(bool({"/FontFile", "/FontFile2", "/FontFile3"} & set(told)))
    return found


async def test_an_approval_says_class_month_amount_and_every_article_in_chinese(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await awarded(desk, elder)
    page = await printed(desk, elder)
    assert page.headers["content-type"] == "application/pdf"
    text = words(page)
    for said in (
        "“居家养老（助残）券”资格审批决定书",
        "朝政办发〔2010〕1号",
        "予以批准",
        "类别为A类",
        "自2010年1月起享受，每月100.00元",
        "年满80周岁",
        "查明：84周岁",
        "文件三(二)",
        "北京市朝阳区民政局",
        "二〇一〇年一月四日",
        str(elder.application_id),
    ):
        assert said in text, said
    assert fonts(page)
    assert all(fonts(page))


async def test_a_refusal_says_which_article_is_not_met_and_until_when_to_appeal(
    desk: OfficeDesk,
) -> None:
    elder = Elder(birth_on=date(1960, 1, 1))
    await refused(desk, elder, note=None)
    text = words(await printed(desk, elder))
    for said in ("不予批准", "不符合", "查明：无残疾", "60日内（2010年3月5日当日及以前）", "申诉"):
        assert said in text, said
    assert "每月" not in text


async def test_a_refusal_by_judgement_gives_the_officers_reason(desk: OfficeDesk) -> None:
    elder = Elder()
    await refused(desk, elder, note="入户核查，未在本区居住")
    assert "审批意见：入户核查，未在本区居住" in words(await printed(desk, elder))


async def test_the_addressees_name_is_on_the_page_and_nowhere_else(desk: OfficeDesk) -> None:
    elder = Elder()
    await awarded(desk, elder)
    name = "张#三 *x*"  # nothing in it is read as a command
    async with desk.as_("street_officer", sub="li", area=elder.area[:9]) as client:
        said = {"addressee": name}
        page = await client.post(f"{PATH}/{elder.application_id}/prints", json=said)
    assert "张#三*x*：" in words(page)
    work = desk.work("eligibility")
    kept = await work.value(
        "SELECT string_agg(t, ' ') FROM (SELECT CAST(a AS text) AS t FROM audit a "
        "UNION ALL SELECT CAST(i AS text) FROM idempotency i) s"
    )
    await work.abandon()
    assert "notice.printed" in kept
    assert "张#三" not in kept
    assert name.encode().hex() not in kept


async def test_the_same_decision_makes_the_same_bytes(desk: OfficeDesk) -> None:
    elder = Elder()
    await awarded(desk, elder)
    first = await printed(desk, elder)
    desk.clock.set(date(2010, 2, 1))
    assert (await printed(desk, elder)).content == first.content


async def test_what_came_of_an_appeal_stands_on_the_notice(desk: OfficeDesk) -> None:
    upheld, changed = Elder(), Elder()
    await heard(desk, await appealed(desk, await refused(desk, upheld)), "upheld")
    await heard(desk, await appealed(desk, await refused(desk, changed)), "changed")
    text = words(await printed(desk, upheld))
    assert "不予批准" in text
    assert "维持原决定。复查理由：已核对原件" in text
    assert "如不服本决定" not in text
    text = words(await printed(desk, changed))
    assert "自2010年1月起享受" in text
    assert "撤销原决定，予以批准" in text


async def test_there_is_no_notice_before_a_decision_or_for_another_street(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await tell(desk, elder.registers(), elder.applies())
    early = await printed(desk, elder)
    assert (early.status_code, early.json()["code"]) == (409, "not_decided")
    decided = Elder()
    await awarded(desk, decided)
    path = f"notices/{decided.application_id}.pdf"
    area = OTHER_COMMUNITY[:9]
    hidden = await district(desk, "GET", path, role="street_officer", area=area)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "no_such_application")
    partner = await district(desk, "GET", path, role="finance", area=DISTRICT)
    assert partner.status_code == 403


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2010, 1, 4), "二〇一〇年一月四日"),
        (date(2010, 10, 10), "二〇一〇年十月十日"),
        (date(2009, 11, 20), "二〇〇九年十一月二十日"),
        (date(2012, 12, 31), "二〇一二年十二月三十一日"),
    ],
)
def test_a_day_is_written_as_documents_write_it(day: date, said: str) -> None:
    assert in_characters(day) == said
