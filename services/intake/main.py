"""The intake service, put together."""

from __future__ import annotations

from typing import Any

from services.intake.applications import api as applications
from services.intake.areas import api as areas
from services.intake.figures import figures
from services.intake.imports import api as imports
from services.intake.imports.job import Bell, work_off
from services.intake.persons import api as persons
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
        imports.router,
        persons.router,
        areas.router,
        areas.public,
        verification_router(),
    ),
    jobs=(work_off,),
    state=_state,
    figures=figures,
)
