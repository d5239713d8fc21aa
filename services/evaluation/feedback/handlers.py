"""Hears of visits that were done, so that they can be rated."""

from __future__ import annotations

from services.evaluation.feedback.domain import Visit
from services.evaluation.feedback.store import FeedbackBook
from shared.clock import SHANGHAI
from shared.contracts.letter import Letter
from shared.contracts.scheduling import VisitCompleted
from shared.inbox import NOWHERE, Handler


async def remember(letter: VisitCompleted, book: FeedbackBook) -> None:
    """Remember the visit with the journey it belongs to."""
    await book.mirror(
        Visit(
            letter.visit_id,
            str(letter.provider_id),
            letter.person_id,
            letter.application_id,
            letter.area_code or NOWHERE,
            letter.checked_in_at.astimezone(SHANGHAI).date(),
        )
    )


HANDLERS: dict[type[Letter], Handler] = {VisitCompleted: remember}
