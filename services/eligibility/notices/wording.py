"""The words of a notice: what was decided, why, article by article, and how to appeal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.eligibility.awards.domain import parameter
from services.eligibility.policy import Programme

APPEAL_LIMIT = "appeal_limit"
FEN_PER_YUAN = 100
DIGITS = "〇一二三四五六七八九"
TEN = 10
SENTENCE = re.compile(r"(?<=。)")
VERDICTS = {"approved": "予以批准", "refused": "不予批准"}
HEARD = {"upheld": "维持原决定", "changed": "撤销原决定，予以批准", "remitted": "发回重新办理"}


@dataclass(frozen=True, slots=True)
class DecidedCase:
    """A decided case with what the journal and an appeal say of it."""

    application_id: UUID
    programme: str
    area_code: str
    stage: str
    benefit_class: str | None
    as_of_on: date
    reasons: str
    digest: str
    decided_on: date
    position: int
    note: str | None
    body: str
    starts_on: date
    monthly_amount_fen: int | None
    appealed_on: date | None
    heard_on: date | None
    heard: str | None
    heard_note: str | None


def notice(case: DecidedCase, programme: Programme, addressee: str | None) -> dict[str, Any]:
    """Everything that stands on the page, as text."""
    office = _office(case, programme)
    application = f"申请编号 {case.application_id}"
    return {
        "title": f"“{programme.name.zh}”资格审批决定书",
        "office": office,
        "number": f"居养决〔{case.decided_on.year}〕第{case.position}号",
        "addressee": addressee or f"申请人（{application}）",
        "opening": _opening(case, programme, application),
        "reasons": _reasons(case),
        "closing": [*_heard(case), *_remedy(case, programme)],
        "signed_by": office,
        "signed_on": in_characters(case.heard_on or case.decided_on),
        "footer": f"{application}　认定摘要 {case.digest[: 2 * TEN]}",
    }


def in_characters(day: date) -> str:
    """A day as documents write it: 二〇一〇年一月四日."""
    year = "".join(DIGITS[int(figure)] for figure in str(day.year))
    return f"{year}年{_number(day.month)}月{_number(day.day)}日"


def in_figures(day: date) -> str:
    """A day in figures: 2010年1月4日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _number(value: int) -> str:
    tens, ones = divmod(value, TEN)
    head = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return head + (DIGITS[ones] if ones else "")


def _office(case: DecidedCase, programme: Programme) -> str:
    """The body that decided, by the name of its district."""
    bodies = programme.bodies.responsible
    named = next((one for one in bodies if case.body and case.body in one), bodies[0])
    return programme.instrument.district.zh + named.removeprefix("区")


def _opening(case: DecidedCase, programme: Programme, application: str) -> list[str]:
    instrument = programme.instrument
    decided = (
        f"您（{application}）申请的“{programme.name.zh}”，依据"
        f"《{instrument.title.zh}》（{instrument.document_number}）{programme.article}，"
        f"按{in_figures(case.as_of_on)}的情况认定，经街道审核、{_office(case, programme)}审批，"
        f"于{in_figures(case.decided_on)}决定：{VERDICTS[case.stage]}。"
    )
    return [decided, _benefit(case)] if case.stage == "approved" else [decided]


def _benefit(case: DecidedCase) -> str:
    group = f"类别为{case.benefit_class}类，" if case.benefit_class else ""
    amount = ""
    if case.monthly_amount_fen is not None:
        yuan, fen = divmod(case.monthly_amount_fen, FEN_PER_YUAN)
        amount = f"，每月{yuan}.{fen:02d}元"
    return f"{group}自{case.starts_on.year}年{case.starts_on.month}月起享受{amount}。"


def _reasons(case: DecidedCase) -> list[str]:
    """One article a line; what an officer gave as his reason comes last."""
    articles = [sentence for sentence in SENTENCE.split(case.reasons) if sentence.strip()]
    return [*articles, f"审批意见：{case.note}"] if case.note else articles


def _heard(case: DecidedCase) -> list[str]:
    if case.heard is None or case.heard_on is None or case.appealed_on is None:
        return []
    return [
        f"您于{in_figures(case.appealed_on)}提出申诉，经未参与本案审核、审批的人员复查，"
        f"于{in_figures(case.heard_on)}决定：{HEARD[case.heard]}。复查理由：{case.heard_note}"
    ]


def _remedy(case: DecidedCase, programme: Programme) -> list[str]:
    days = parameter(programme, APPEAL_LIMIT, case.decided_on)
    if case.stage != "refused" or case.heard is not None or days is None:
        return ["情况发生变化的，请及时告知社区；对待遇的变动，可以随时申请复核。"]
    last_on = case.decided_on + timedelta(days=days)
    return [
        f"如不服本决定，可以自决定之日起{days}日内（{in_figures(last_on)}当日及以前）向"
        f"{_office(case, programme)}提出申诉，由未参与本案审核、审批的人员复查；"
        "可以通过社区、街道、服务热线或者代办机构提出。情况发生变化的，也可以重新申请。"
    ]
