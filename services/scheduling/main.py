"""The scheduling service, put together."""

from __future__ import annotations

from shared.runtime import Service

SERVICE = Service(name="scheduling", title="居养·服务安排 scheduling", routers=(), hearings=())
