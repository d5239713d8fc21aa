"""Logs: one JSON object a line with the trace id; nothing personal ever goes in."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from shared import telemetry


def _trace(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if trace_id := telemetry.trace_id():
        event["trace_id"] = trace_id
    return event


def _line(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def configure_logs(level: int = logging.INFO) -> None:
    """Send every log line of the process to standard error as JSON."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_line),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "uvicorn", "alembic", "aiokafka", "kafka"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
