"""A bulk act's lines: each is read and answered by itself, so that a bad one stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.errors import Refusal
from shared.problems import Flaw, flaw_of

MOST_LINES = 1000
MODEL = TypeVar("MODEL", bound=BaseModel)


class LineResult(BaseModel):
    """What became of one line: done, or why not and how to mend it."""

    line: int
    id: UUID | None = None
    done: bool
    code: str = ""
    zh: str = ""
    en: str = ""
    errors: list[Flaw] = []


class LineResults(BaseModel):
    """What became of all lines, in their order, counted from 1."""

    done: int
    refused: int
    results: list[LineResult]


def read_lines(
    lines: Sequence[Mapping[str, Any]], model: type[MODEL]
) -> tuple[dict[int, MODEL], dict[int, LineResult]]:
    """The lines that fit their model, and the answers to those that do not, by line number."""
    read: dict[int, MODEL] = {}
    refused: dict[int, LineResult] = {}
    for number, line in enumerate(lines, start=1):
        try:
            read[number] = model.model_validate(line)
        except ValidationError as flaws:
            refused[number] = _unfit(number, flaws)
    return read, refused


def refuse(number: int, line_id: UUID, why: Refusal) -> LineResult:
    """The answer to a line that the domain refuses."""
    flaws = [Flaw(field=f.field, code=f.code, zh=f.zh, en=f.en) for f in why.flaws]
    return LineResult(
        line=number, id=line_id, done=False, code=why.code, zh=why.zh, en=why.en, errors=flaws
    )


def answer(results: Mapping[int, LineResult]) -> LineResults:
    """All answers, in the order of the lines."""
    ordered = [results[number] for number in sorted(results)]
    done = sum(result.done for result in ordered)
    return LineResults(done=done, refused=len(ordered) - done, results=ordered)


def _unfit(number: int, flaws: ValidationError) -> LineResult:
    errors = [flaw_of(error) for error in flaws.errors()]
    return LineResult(
        line=number,
        done=False,
        code="invalid_fields",
        zh="本行有字段不符合要求，见 errors",
        en="some fields of this line are not acceptable, see errors",
        errors=[Flaw(field=f.field, code=f.code, zh=f.zh, en=f.en) for f in errors],
    )
