"""The page that Prometheus scrapes: `GET /<service>/metrics`, for operators and auditors."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from shared.doors import doors, permit
from shared.errors import NotFound


def metrics_router() -> APIRouter:
    """One page; no transaction, no table."""
    router = doors("/metrics", "metrics")

    @router.get("", response_class=Response, dependencies=[permit("operator", "auditor")])
    def metrics(request: Request) -> Response:
        """The metrics of this process, in the text format of Prometheus."""
        metering = request.app.state.runtime.metering
        if not metering.on:
            raise NotFound("metrics_off", "本进程未开启指标", "metrics are off in this process")
        return Response(metering.text(), media_type=CONTENT_TYPE_LATEST)

    return router
