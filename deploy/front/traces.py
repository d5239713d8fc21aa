"""Where the operations page finds recent traces: in this process, or in those of the services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import orjson

from deploy.front.visitors import Visitor
from deploy.spans import MOST_ERRORS, KeptSpan, KeptTrace, SpanStore
from deploy.spans_door import span_of, trace_of

PATIENCE = httpx.Timeout(5.0, connect=1.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """Recent traces, the one that was last active first, and failures, newest first."""

    traces: list[KeptTrace] = field(default_factory=list)
    errors: list[KeptSpan] = field(default_factory=list)
    kept_spans: int = 0


class Traces(Protocol):
    """Answers a visitor's questions about recent traces."""

    async def seen(self, visitor: Visitor) -> Seen:
        """What was last active."""
        ...

    async def trace(self, trace_id: str, visitor: Visitor) -> KeptTrace | None:
        """One trace, with everything that anybody keeps of it."""
        ...

    async def ids(self, visitor: Visitor) -> set[str]:
        """Which traces are kept."""
        ...


class OwnTraces:
    """Those of this process, in which all services live."""

    def __init__(self, store: SpanStore) -> None:
        self._store = store

    async def seen(self, visitor: Visitor) -> Seen:
        return Seen(self._store.traces(), self._store.errors(), self._store.count)

    async def trace(self, trace_id: str, visitor: Visitor) -> KeptTrace | None:
        return self._store.trace(trace_id)

    async def ids(self, visitor: Visitor) -> set[str]:
        return set(self._store.ids())


class GatheredTraces:
    """Those of many processes: each keeps its own, and all are asked with each page.

    `places` are their addresses with the service's prefix. A process that is away is left out:
    the page shows elsewhere that its service does not answer.
    """

    def __init__(self, places: Sequence[str]) -> None:
        self._places = places

    async def seen(self, visitor: Visitor) -> Seen:
        told = await self._asked("traces", visitor)
        errors = [span_of(one) for said in told for one in said["errors"]]
        errors.sort(key=lambda span: span.ended_ns, reverse=True)
        traces = joined(trace_of(one) for said in told for one in said["traces"])
        traces.sort(key=last_active_ns, reverse=True)
        return Seen(traces, errors[:MOST_ERRORS], sum(said["kept_spans"] for said in told))

    async def trace(self, trace_id: str, visitor: Visitor) -> KeptTrace | None:
        told = await self._asked(f"traces/{trace_id}", visitor)
        (whole,) = joined(map(trace_of, told)) or (KeptTrace(trace_id),)
        return whole if whole.spans else None

    async def ids(self, visitor: Visitor) -> set[str]:
        return {one for said in await self._asked("traces/ids", visitor) for one in said["ids"]}

    async def _asked(self, path: str, visitor: Visitor) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {visitor.token}"}
        async with httpx.AsyncClient(headers=headers, timeout=PATIENCE, trust_env=False) as client:
            answers = await asyncio.gather(
                *(_told(client, f"{place}/{path}") for place in self._places)
            )
        return [answer for answer in answers if answer is not None]


async def _told(client: httpx.AsyncClient, url: str) -> dict[str, Any] | None:
    try:
        answer = await client.get(url)
    except httpx.TransportError:
        return None
    if answer.status_code != httpx.codes.OK:
        return None
    said: dict[str, Any] = orjson.loads(answer.content)
    return said


def joined(parts: Iterable[KeptTrace]) -> list[KeptTrace]:
    """One trace of the parts that several processes have of it."""
    whole: dict[str, KeptTrace] = {}
    for part in parts:
        trace = whole.setdefault(part.trace_id, KeptTrace(part.trace_id))
        trace.spans += part.spans
        trace.left_out += part.left_out
    for trace in whole.values():
        trace.spans.sort(key=lambda span: span.started_ns)
    return list(whole.values())


def last_active_ns(trace: KeptTrace) -> int:
    """When the last of its spans ended."""
    return max((span.ended_ns for span in trace.spans), default=0)
