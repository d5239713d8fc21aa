"""The reasons of a judgement as plain Chinese and English sentences, built from its findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from services.eligibility.policy.findings import Finding, Outcome
from services.eligibility.policy.model import Programme, Text
from services.eligibility.policy.wording import found_text

HEADLINES: dict[Outcome, Text] = {
    "eligible": Text("符合条件", "eligible"),
    "ineligible": Text("不符合条件", "not eligible"),
    "needs_evidence": Text(
        "需补充材料后再定，现在不作否定", "open until papers are shown, which is no refusal"
    ),
    "needs_review": Text(
        "需人工审查后再定，现在不作否定", "open until a person has looked, which is no refusal"
    ),
}
OPENINGS_KEPT = 4096
VERDICTS = {True: Text("符合", "met"), False: Text("不符合", "not met")}


class Point(NamedTuple):
    """A finding with its words and, while it is open, the papers or question that settle it."""

    finding: Finding
    test: str
    requires: Text
    documents: tuple[str, ...] = ()
    flag: str | None = None
    asked: Text | None = None
    parts: Mapping[str, str] | None = None


def reasons(
    programme: Programme,
    outcome: Outcome,
    class_id: str | None,
    points: Sequence[Point],
    refer_to: str | None,
) -> dict[str, str]:
    """`{"zh": …, "en": …}`: what is met for a yes, unmet for a no, open otherwise."""
    shown = {"eligible": True, "ineligible": False}.get(outcome)
    lines = [_line(point) for point in points if point.finding.met is shown]
    head = HEADLINES[outcome]
    group_zh, group_en = (f"（{class_id}类）", f", class {class_id}") if class_id else ("", "")
    number = programme.instrument.document_number
    zh = f"依据{number}，“{programme.name.zh}”：{head.zh}{group_zh}。"
    en = f"Under {number}, {programme.name.en}: {head.en}{group_en}."
    zh += "".join(line.zh for line in lines)
    en += "".join(f" {line.en}" for line in lines)
    if refer_to is not None:
        zh += f"请向居住地所在区（{refer_to}）申请。"
        en += f" Please apply in the district of residence ({refer_to})."
    return {"zh": zh, "en": en}


def _line(point: Point) -> Text:
    finding = point.finding
    if finding.met is None:
        return _open_line(point)
    zh, en = _opening(finding.article, point.requires, finding.met)
    found = found_text(point.test, finding.found, point.parts)
    return Text(f"{zh}{found.zh}）。", f"{en}{found.en}.")


@lru_cache(maxsize=OPENINGS_KEPT)
def _opening(article: str, requires: Text, met: bool) -> tuple[str, str]:
    """A sentence up to what was found: the same for everybody."""
    cited, verdict = _cited(article), VERDICTS[met]
    return (
        f"{cited.zh}要求“{requires.zh}”：{verdict.zh}（查明：",
        f"{cited.en} ({requires.en}): {verdict.en}, found: ",
    )


def _open_line(point: Point) -> Text:
    cited, requires, asked = _cited(point.finding.article), point.requires, point.asked
    if asked is None:
        raise AssertionError(f"open without paper or question: {point.finding.criterion}")
    if point.documents:
        return Text(
            f"{cited.zh}要求“{requires.zh}”：尚不明确，请提供{asked.zh}。",
            f"{cited.en} ({requires.en}): not known yet, please show: {asked.en}.",
        )
    return Text(
        f"{cited.zh}要求“{requires.zh}”：须由人工判断（{point.flag}）：{asked.zh}",
        f"{cited.en} ({requires.en}): a person has to judge ({point.flag}): {asked.en}",
    )


def _cited(article: str) -> Text:
    """An article of the document, or an entry of the register of what the document leaves open."""
    if article.isascii():
        return Text(f"未尽事项{article}", f"Register of silences {article}")
    return Text(f"文件{article}", f"Article {article}")
