"""The vouchers service, put together."""

from __future__ import annotations

from shared.runtime import Service

SERVICE = Service(name="vouchers", title="居养·券与资金 vouchers", routers=(), hearings=())
