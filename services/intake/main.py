"""The intake service, put together."""

from __future__ import annotations

from typing import Any

from services.intake.applications import api as applications
from services.intake.applications import handlers as applications_handlers
from services.intake.applications import papers_api as papers
from services.intake.applications.papers_store import Papers
from services.intake.areas import api as areas
from services.intake.figures import figures
from services.intake.imports import api as imports
from services.intake.imports.job import Bell, work_off
from services.intake.persons import api as persons
from services.intake.persons import notice_names_api as notice_names
from shared.contracts import topics
from shared.inbox import Hearing
from shared.runtime import Service
from shared.settings import Settings
from shared.vault import Vault
from shared.verification import verification_router


def _state(settings: Settings) -> dict[str, Any]:
    return {"vault": Vault.at(settings.directory / "secrets"), "bell": Bell()}


SERVICE = Service(
    name="intake",
    title="居养·受理 intake",
    routers=(
        applications.router,
        papers.router,
        papers.asked,
        imports.router,
        persons.router,
        notice_names.router,
        areas.router,
        areas.public,
        verification_router(),
    ),
    hearings=(Hearing(applications_handlers.HANDLERS, Papers),),
    topics=frozenset({topics.ELIGIBILITY_DETERMINATIONS}),
    jobs=(work_off,),
    state=_state,
    figures=figures,
)
