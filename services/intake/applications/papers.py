"""Papers asked of an applicant: what is still missing, and the letter once all are in (C-59)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.intake.applications.domain import Applicant, Application
from shared.contracts.intake import EvidenceReceived
from shared.contracts.letter import Letter
from shared.errors import Conflict, NotFound, invalid_field


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that was asked for; `name` is what the office calls it in Chinese."""

    document: str
    name: str
    asked_on: date
    received_on: date | None = None


def hand_in(
    application: Application,
    papers: Sequence[Paper],
    brought: Collection[str],
    applicant: Applicant | None,
    at: datetime,
) -> tuple[list[Paper], list[Letter]]:
    """Take papers in: all papers as they stand now, and the letter if none is missing any more.

    Raises:
        Conflict: the application was withdrawn, or nothing is asked for.
        Invalid: a paper was brought that nobody asked for.
        NotFound: the person is not in the caller's area any more.
    """
    _check(application, papers, brought)
    if applicant is None:
        raise NotFound("no_such_person", "辖区内没有这份档案", "there is no such file in your area")
    after = [
        replace(one, received_on=at.date())
        if one.document in brought and one.received_on is None
        else one
        for one in papers
    ]
    missing = [one for one in after if one.received_on is None]
    if missing or after == list(papers):
        return after, []
    letter = EvidenceReceived(
        aggregate_id=application.application_id,
        application_id=application.application_id,
        person_id=application.person_id,
        occurred_at=at,
        area_code=application.area_code,
        agency=application.agency,
        documents=tuple(one.document for one in after),
        received_on=at.date(),
        person=applicant.facts,
    )
    return after, [letter]


def _check(application: Application, papers: Sequence[Paper], brought: Collection[str]) -> None:
    if application.state == "withdrawn":
        raise Conflict(
            "withdrawn",
            "申请已撤回，无需补交材料",
            "the application was withdrawn; no papers needed",
        )
    if not papers:
        raise Conflict(
            "nothing_asked", "此申请没有待补材料", "no papers are asked for on this application"
        )
    asked = {one.document: one.name for one in papers}
    if strange := sorted(set(brought) - set(asked)):
        zh = "、".join(f"{name}（{document}）" for document, name in asked.items())
        raise invalid_field(
            f"body.documents.{list(brought).index(strange[0])}",
            "not_asked",
            f"没有要求此材料；待补材料为：{zh}",
            f"this paper was not asked for; asked for are: {', '.join(asked)}",
        )
