"""Why a line of a list is not carried out, in Chinese and English."""

from __future__ import annotations

from shared.errors import Conflict, Refusal

WORDS: dict[str, tuple[str, str]] = {
    "no_such_case": ("辖区内没有此件", "there is no such case in your area"),
    "tied": (
        "您已申报与申请人有利害关系，应当回避，请由他人办理",
        "you declared a tie with the applicant; somebody else must decide",
    ),
    "not_responsible": (
        "此项目由其他部门负责，请转交责任单位",
        "another body is responsible for this programme; pass it on",
    ),
    "closed": ("此件已办结", "this case is closed"),
    "street_not_activated": (
        "该街道尚未启动，启动后方可审批",
        "the street is not activated; decide after its activation",
    ),
    "person_died": ("申请人已去世", "the applicant has died"),
    "already_reviewed": (
        "街道已审核，待区级审批",
        "the street has reviewed it; it waits for the district",
    ),
    "not_reviewed": ("街道尚未审核，请先审核", "the street has to review it first"),
    "same_person": (
        "审核与审批须由两人分别办理，请由他人审批",
        "review and approval need two people; somebody else must approve",
    ),
    "not_eligible": (
        "不符合条件，不得批准；请核对事实后重新审核",
        "not eligible, so it cannot be approved; mend the facts if they are wrong",
    ),
    "evidence_missing": (
        "材料不全，补齐并重新审核后方可批准",
        "papers are missing; it can be approved once they are in",
    ),
    "note_missing": (
        "请写明理由（note）：与审核结果不同、或由人工判断的决定须有理由",
        "give a note: a decision by judgement, or against the finding, needs its reason",
    ),
}


def refusal(code: str) -> Refusal:
    """The refusal of a line, in words."""
    return Conflict(code, *WORDS[code])
