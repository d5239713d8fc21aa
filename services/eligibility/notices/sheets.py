"""The words of a public notice's sheet: one community, masked names, class and days (C-55)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from services.eligibility.notices.wording import in_characters, in_figures
from services.eligibility.policy import Programme

KINDS = {"granted": "已批准", "proposed": "拟批准"}
WITHOUT_CLASS = "—"
NUMBER_SHOWN = 8
"""So many last characters of an application's number stand for a name that was not given."""


@dataclass(frozen=True, slots=True)
class PostedLine:
    """A case on public notice, with nothing of the person but its number."""

    application_id: UUID
    person_id: UUID
    programme: str
    benefit_class: str | None
    kind: str
    posted_on: date
    last_on: date


def sheet(
    lines: Sequence[PostedLine],
    programme_of: Callable[[str], Programme],
    names: Mapping[UUID, str],
    place: str,
    made_on: date,
) -> dict[str, Any]:
    """Everything that stands on the sheet, as text; `lines` are of one community and not none."""
    ordered = sorted(lines, key=_order)
    office = _office(programme_of(ordered[0].programme))
    return {
        "title": "资格审批公示",
        "office": office,
        "opening": (
            f"按照有关规定，现将{place}下列人员的资格审批情况予以公示，接受监督。"
            "为保护个人信息，姓名隐去一字，不公布证件号码、住址和家庭情况。"
        ),
        "parts": [
            _part(programme_of(name), kind, list(some), names)
            for (name, kind), some in groupby(ordered, key=lambda one: (one.programme, one.kind))
        ],
        "closing": [
            "对公示内容有异议的，请在各自的公示期内（含起止日）向本社区、街道或者"
            f"{office}反映，也可以拨打服务热线；反映人的姓名不予登记。"
            "异议由未经办此件的人员核查；核查期间，所涉待遇暂缓发放，查无此事的，如数恢复。"
        ],
        "made_on": in_characters(made_on),
        "footer": f"{place}　{len(ordered)}人　打印日期 {made_on.isoformat()}",
    }


def _order(line: PostedLine) -> tuple[Any, ...]:
    group = line.benefit_class or WITHOUT_CLASS
    return line.programme, line.kind, group, line.posted_on, line.application_id


def _office(programme: Programme) -> str:
    return programme.instrument.district.zh + programme.bodies.responsible[0].removeprefix("区")


def _part(
    programme: Programme, kind: str, lines: Sequence[PostedLine], names: Mapping[UUID, str]
) -> dict[str, Any]:
    instrument = programme.instrument
    return {
        "heading": f"{programme.name.zh}（{KINDS[kind]}，{len(lines)}人）",
        "basis": (
            f"依据：《{instrument.title.zh}》（{instrument.document_number}）{programme.article}。"
        ),
        "lines": [
            [
                str(number),
                names.get(line.person_id)
                or f"申请编号尾号{str(line.application_id)[-NUMBER_SHOWN:]}",
                line.benefit_class or WITHOUT_CLASS,
                in_figures(line.posted_on),
                in_figures(line.last_on),
            ]
            for number, line in enumerate(lines, start=1)
        ],
    }
