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
    "documents_missing": (
        "请写明要求补充哪些材料（documents），名称见政策的材料清单",
        "say which papers are wanted (documents), by the names of the policy's list",
    ),
    "documents_not_asked": (
        "只有要求补充材料时才填写 documents",
        "documents go only with the decision needs_evidence",
    ),
    "unknown_document": (
        "政策的材料清单中没有此材料，请按清单填写 documents",
        "the policy's list has no such paper; name documents as the list does",
    ),
    "notice_running": (
        "公示期未满，期满无异议后方可批准",
        "the public notice still runs; approve once it is over without objection",
    ),
    "objection_open": (
        "公示期间有异议尚未处理，处理后方可批准",
        "an objection made during the public notice is still open; judge it first",
    ),
    "changed_since_shown": (
        "此件在您查看之后已重新认定，请重新查看后再签批",
        "this case was determined again after you saw it; look at it again before signing",
    ),
    "not_clear": (
        "此件不是清晰件（须街道建议批准、条件全部符合、无待判断事项），请单独审批",
        "not a clear case (recommended, eligible, no open question); decide it by itself",
    ),
    "took_part": (
        "您参与过此件的审核、审批或代为提出，应由未参与者办理",
        "you took part in this decision or filed for the applicant; somebody else must hear it",
    ),
    "objection_judged": ("此异议已处理", "this objection has been judged"),
    "appeal_heard": ("此申诉已复查完毕", "this appeal has been heard"),
    "already_awarded": (
        "此人已享受同类待遇，一人一份，不能再次批准",
        "the person has this benefit already, one each; it cannot be granted again",
    ),
    "another_open": (
        "此人另有同一项目的件在办，请在该件中处理",
        "another case of this person under the programme is open; settle it there",
    ),
    "note_missing": (
        "请写明理由（note）：与审核结果不同、或由人工判断的决定须有理由",
        "give a note: a decision by judgement, or against the finding, needs its reason",
    ),
}


def refusal(code: str) -> Refusal:
    """The refusal of a line, in words."""
    return Conflict(code, *WORDS[code])
