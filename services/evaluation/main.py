"""The evaluation service, put together."""

from __future__ import annotations

from shared.runtime import Service

SERVICE = Service(name="evaluation", title="居养·评估 evaluation", routers=(), hearings=())
