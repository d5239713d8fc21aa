"""The intake service, put together."""

from __future__ import annotations

from shared.runtime import Service

SERVICE = Service(name="intake", title="居养·受理 intake", routers=(), hearings=())
