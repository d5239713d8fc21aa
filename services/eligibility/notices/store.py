"""The newest decision on an application, with its reasons and its appeal, in the database."""

from __future__ import annotations

from uuid import UUID

from services.eligibility.notices.wording import DecidedCase
from services.eligibility.policy import PolicyBook, Programme
from shared.errors import Conflict, NotFound
from shared.work import Work

# The class and amount are those of the award as it was granted, whatever became of it since.
DECIDED = """
SELECT c.application_id, c.programme, c.area_code, c.stage, c.benefit_class, d.as_of_on,
    d.reasons ->> 'zh' AS reasons, d.digest, c.decided_on, x.position, x.note, x.body, c.starts_on,
    w.monthly_amount_fen, a.filed_on AS appealed_on, a.decided_on AS heard_on, a.outcome AS heard,
    a.note AS heard_note
FROM cases c JOIN determinations d USING (determination_id)
LEFT JOIN LATERAL (SELECT e.position, e.note, e.body FROM decisions e
    WHERE e.case_id = c.case_id AND e.party = 'district'
    ORDER BY e.position DESC LIMIT 1) x ON true
LEFT JOIN awards w ON w.case_id = c.case_id
LEFT JOIN LATERAL (SELECT * FROM appeals e WHERE e.case_id = c.case_id AND e.outcome IS NOT NULL
    ORDER BY e.against DESC LIMIT 1) a ON true
WHERE c.application_id = :application_id AND c.decided_on IS NOT NULL
    AND c.stage IN ('approved', 'refused')
ORDER BY c.decided_on DESC, c.case_id DESC LIMIT 1
"""
KNOWN = "SELECT EXISTS (SELECT 1 FROM cases WHERE application_id = :application_id)"


class DecidedCases:
    """Decisions to be told, within the caller's scope."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def programme(self, programme_id: str) -> Programme:
        """A programme of this office's policy book."""
        book: PolicyBook = self._work.state["policies"]
        return book.programme(programme_id)

    async def newest(self, application_id: UUID) -> DecidedCase:
        """The newest decision on an application.

        Raises:
            NotFound: no such application in the caller's scope.
            Conflict: it is not decided, or was decided where the caller cannot see it.
        """
        row = await self._work.row(DECIDED, application_id=application_id)
        if row is not None and row["position"] is not None:
            return DecidedCase(**row)
        if not await self._work.value(KNOWN, application_id=application_id):
            raise NotFound(
                "no_such_application",
                "辖区内没有这份申请",
                "there is no such application in your area",
            )
        raise Conflict(
            "not_decided",
            "此申请尚无审批决定，决定后方可打印通知",
            "nothing has been decided on this application yet; a notice follows the decision",
        )

    async def printed(self, application_id: UUID) -> None:
        """Write down that a notice was printed."""
        self._work.audit("notice.printed", str(application_id))
        await self._work.flush()
