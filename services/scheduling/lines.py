"""Bulk acts of scheduling: each line is read, decided and answered by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import BaseModel, ValidationError

from shared.errors import FieldFlaw, Invalid, Refusal
from shared.problems import Flaw, flaw_of

M = TypeVar("M", bound=BaseModel)
LARGEST_BATCH = 1000


class LineResult(BaseModel):
    """What became of one line: its new state, or why it was refused and how to mend it."""

    line: int
    id: UUID | None = None
    ok: bool
    state: str | None = None
    code: str | None = None
    zh: str | None = None
    en: str | None = None
    errors: list[Flaw] = []


class LineResults(BaseModel):
    """The answers to all lines, in the order in which they were sent."""

    accepted: int
    refused: int
    results: list[LineResult]


def read_lines(model: type[M], raw: Sequence[Any]) -> list[M | Invalid]:
    """Read every line; one that does not fit the model becomes its own refusal."""
    return [_read(model, line) for line in raw]


def _read(model: type[M], line: Any) -> M | Invalid:
    try:
        return model.model_validate(line)
    except ValidationError as bad:
        flaws: list[FieldFlaw] = [flaw_of(error) for error in bad.errors()]
        return Invalid(
            "invalid_fields",
            "本行有字段不符合要求，见 errors",
            "some fields of this line are not acceptable, see errors",
            *flaws,
        )


def line_of(line: int, id: UUID | None, outcome: str | Refusal) -> LineResult:
    """One line's answer: the state it came to, or the refusal."""
    if isinstance(outcome, str):
        return LineResult(line=line, id=id, ok=True, state=outcome)
    flaws = [Flaw(field=f.field, code=f.code, zh=f.zh, en=f.en) for f in outcome.flaws]
    return LineResult(
        line=line,
        id=id,
        ok=False,
        code=outcome.code,
        zh=outcome.zh,
        en=outcome.en,
        errors=flaws,
    )


def answer_lines(results: list[LineResult], response: Response) -> LineResults:
    """The whole answer; the audit row counts the lines that had an effect."""
    accepted = sum(one.ok for one in results)
    response.headers["x-count"] = str(accepted)
    return LineResults(accepted=accepted, refused=len(results) - accepted, results=results)


def lines_json(lines: Sequence[Any]) -> str:
    """Lines as one statement's JSON parameter; the driver's own UUIDs are written as text."""
    return orjson.dumps(lines, default=str).decode()
