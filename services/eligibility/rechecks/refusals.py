"""Why a line about a running award is not carried out, in Chinese and English."""

from __future__ import annotations

from services.eligibility.reviews import verdicts
from shared.errors import Conflict, Refusal

WORDS: dict[str, tuple[str, str]] = {
    "no_such_award": ("辖区内没有此件", "there is no such award or re-check in your area"),
    "award_ended": ("该项待遇已终止", "this award has ended"),
    "recheck_open": (
        "此项待遇已有待办复核，请在该复核中提出意见",
        "a re-check of this award is open; give your finding there",
    ),
    "already_proposed": (
        "街道已提出意见，待区级决定",
        "the street has given its finding; it waits for the district",
    ),
    "not_proposed": ("街道尚未提出意见", "the street has not given its finding yet"),
    "proposal_lapsed": (
        "街道意见超过十日未决，已失效；请街道重新核实",
        "the finding was not decided within ten days; the street has to look again",
    ),
    "already_suspended": ("该项待遇已暂停", "this award is suspended already"),
    "not_suspended": ("该项待遇未暂停", "this award is not suspended"),
    "reason_missing": (
        "暂停须写明原因（reason）",
        "a suspension needs its reason",
    ),
    "day_out_of_range": (
        "日期不得早于待遇（或暂停）起始日，也不得晚于今日",
        "the day must not be before the award (or suspension) began, nor after today",
    ),
}


def refusal(code: str) -> Refusal:
    """The refusal of a line, in words."""
    return Conflict(code, *WORDS[code]) if code in WORDS else verdicts.refusal(code)
