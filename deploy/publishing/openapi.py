"""The OpenAPI documents of the five services, taken from their running routes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from deploy.office import RolePasswords, service_of, settings_for
from shared.app import create_app
from shared.bus.direct import DirectBus
from shared.migrate import SERVICES
from shared.runtime import Runtime

NOWHERE = "postgresql://nobody@localhost/nowhere"
NOBODY = RolePasswords("", "")


def openapi() -> dict[str, dict[str, Any]]:
    """Each service's document; nothing is started and no database is asked."""
    with tempfile.TemporaryDirectory() as place:
        return {name: _document(name, Path(place)) for name in SERVICES}


def _document(name: str, place: Path) -> dict[str, Any]:
    settings = settings_for(name, NOWHERE, NOBODY, place)
    app = create_app(Runtime(service_of(name), settings, DirectBus()))
    document: dict[str, Any] = app.openapi()
    return document
