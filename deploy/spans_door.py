"""A service's own recent traces behind its door, for the front page that stands before many."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from opentelemetry.trace import SpanKind

from deploy.spans import MOST_SPANS, KeptSpan, KeptTrace, SpanStore
from shared.doors import doors, permit

READERS = ("operator", "auditor")
SHOWN_SPANS = 2_000


def traces_router(store: SpanStore) -> APIRouter:
    """`/traces…` outside of `/v1/`: what is asked there is not recorded itself."""
    router = doors("/traces", "traces")

    @router.get("", response_class=Response, dependencies=[permit(*READERS)])
    def recent(most: Annotated[int, Query(ge=1, le=MOST_SPANS)] = SHOWN_SPANS) -> Response:
        """The traces that were last active, whole, until so many spans are told; and failures."""
        told: list[KeptTrace] = []
        left = most
        for trace in store.traces():
            left -= len(trace.spans)
            if left < 0:
                break
            told.append(trace)
        return _json({"traces": told, "errors": store.errors(), "kept_spans": store.count})

    @router.get("/ids", response_class=Response, dependencies=[permit(*READERS)])
    def ids() -> Response:
        """Which traces are kept."""
        return _json({"ids": store.ids()})

    @router.get("/{trace_id}", response_class=Response, dependencies=[permit(*READERS)])
    def one(trace_id: str) -> Response:
        """What this process did in one trace: nothing, perhaps, or nothing that it still knows."""
        return _json(store.trace(trace_id) or KeptTrace(trace_id))

    return router


def trace_of(said: dict[str, Any]) -> KeptTrace:
    """A trace as a door of another process told it."""
    spans = [span_of(one) for one in said["spans"]]
    return KeptTrace(said["trace_id"], spans, said["left_out"])


def span_of(said: dict[str, Any]) -> KeptSpan:
    """A span as a door of another process told it."""
    known: dict[str, Any] = {**said, "kind": SpanKind(said["kind"])}
    return KeptSpan(**known)


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")
