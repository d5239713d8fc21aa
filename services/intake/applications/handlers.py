"""What other services ask of an applicant: papers, which wait on the application."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.applications.papers_store import Papers
from shared.contracts.eligibility import EvidenceRequested
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def asked(letter: EvidenceRequested, papers: Papers) -> None:
    application_id = letter.application_id or letter.aggregate_id
    named = list(zip(letter.documents, letter.names, strict=True))
    await papers.ask(application_id, named, letter.requested_on)


HANDLERS: Mapping[type[Letter], Handler] = {EvidenceRequested: asked}
