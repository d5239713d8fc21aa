"""The eligibility service, put together."""

from __future__ import annotations

from shared.runtime import Service

SERVICE = Service(name="eligibility", title="居养·资格 eligibility", routers=(), hearings=())
