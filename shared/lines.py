"""Bulk acts, alike in all services: each line of a list is read, decided and answered by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Annotated, Any, Generic, ParamSpec, TypeAlias, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field, SkipValidation, TypeAdapter, ValidationError

from shared.errors import Conflict, FieldFlaw, Invalid, Refusal
from shared.problems import Flaw, flaw_of

P = ParamSpec("P")
T = TypeVar("T")
MOST_LINES = 1000
"""The largest list of any bulk act."""
Listed = Annotated[list[SkipValidation[T]], Field(min_length=1, max_length=MOST_LINES)]
"""A list in a request: published with its lines' model, but read line by line by `Lines`."""
Outcome: TypeAlias = str | Refusal
"""What a line came to: its new state, or why it was refused."""


class LineResult(BaseModel):
    """What became of one line: its new state, or why it was refused and how to mend it."""

    id: UUID | None = Field(description="what the line named; null where that cannot be read")
    line: int = Field(description="its place in the list, counted from 0 as in `errors`")
    ok: bool
    state: str = Field(default="", description="what it came to; empty when refused")
    code: str = Field(default="", description="why it was refused; empty when it was not")
    zh: str = ""
    en: str = ""
    errors: list[Flaw] = Field(default_factory=list)


L = TypeVar("L", bound=LineResult)


class BulkAnswer(BaseModel, Generic[L]):
    """The answers to all lines, in the order in which they were sent."""

    accepted: int
    refused: int
    results: list[L]


class Lines(Generic[T]):
    """The lines of a list as they were sent: those that can be read, and an answer to each."""

    def __init__(
        self,
        place: str,
        kind: type[T],
        sent: Sequence[Any],
        named: str = "id",
        *,
        once: bool = False,
    ) -> None:
        """Read `sent`, which stood in the body's field `place`.

        `named` is the field by which a line names what it is about (a line that is no object names
        it itself); with `once`, a second line about the same is refused.
        """
        self._place = place
        self._ids = [_named(line, named) for line in sent]
        adapter = TypeAdapter(kind)
        self._read: list[T | Refusal] = [_read(adapter, line) for line in sent]
        if once:
            self._refuse_repeated()

    @property
    def sound(self) -> list[T]:
        """The lines that can be read, to be decided in this order."""
        return [line for line in self._read if not isinstance(line, Refusal)]

    @property
    def places(self) -> list[int]:
        """Where the lines that can be read stand in the list, in the same order."""
        return [nth for nth, line in enumerate(self._read) if not isinstance(line, Refusal)]

    def results(self, outcomes: Sequence[Outcome]) -> list[LineResult]:
        """The answer to every line, from the outcomes of the sound ones in their order."""
        return self.told(LineResult, outcomes, repeat({}))

    def told(
        self, kind: type[L], outcomes: Sequence[Outcome], more: Iterable[Mapping[str, Any]]
    ) -> list[L]:
        """As `results`, in answers of another kind that say `more` of the sound lines."""
        decided = zip(outcomes, more, strict=False)
        return [
            self._result(kind, nth, *((line, {}) if isinstance(line, Refusal) else next(decided)))
            for nth, line in enumerate(self._read)
        ]

    def answer(self, outcomes: Sequence[Outcome], response: Response) -> BulkAnswer[LineResult]:
        """The whole answer."""
        return answer(self.results(outcomes), response)

    def _refuse_repeated(self) -> None:
        seen: set[UUID | None] = set()
        for nth, (line, about) in enumerate(zip(self._read, self._ids, strict=True)):
            if isinstance(line, Refusal):
                continue
            if about in seen:
                self._read[nth] = Conflict(
                    "repeated",
                    "同一清单中此件重复，以首次为准",
                    "this stands in the list twice; the first line counted",
                )
            seen.add(about)

    def _result(self, kind: type[L], nth: int, outcome: Outcome, more: Mapping[str, Any]) -> L:
        about = self._ids[nth]
        if isinstance(outcome, str):
            return kind(id=about, line=nth, ok=True, state=outcome, **more)
        return kind(
            id=about,
            line=nth,
            ok=False,
            code=outcome.code,
            zh=outcome.zh,
            en=outcome.en,
            errors=[self._flaw(nth, flaw) for flaw in outcome.flaws],
            **more,
        )

    def _flaw(self, nth: int, flaw: FieldFlaw) -> Flaw:
        field = flaw.field.removeprefix("body.")
        place = f"{self._place}.{nth}.{field}" if field else f"{self._place}.{nth}"
        return Flaw(field=place, code=flaw.code, zh=flaw.zh, en=flaw.en)


def answer(results: list[L], response: Response) -> BulkAnswer[L]:
    """All results in one answer; the audit row counts the lines that had an effect."""
    accepted = sum(one.ok for one in results)
    response.headers["x-count"] = str(accepted)
    return BulkAnswer(accepted=accepted, refused=len(results) - accepted, results=results)


def tried(decide: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Refusal:
    """One line's decision, or the refusal that it raised."""
    try:
        return decide(*args, **kwargs)
    except Refusal as refusal:
        return refusal


def stood(decisions: Sequence[T | Refusal]) -> list[T]:
    """The decisions that are no refusals."""
    return [one for one in decisions if not isinstance(one, Refusal)]


def added(
    ids: Sequence[UUID],
    decisions: Sequence[Any],
    fresh: Collection[UUID],
    state: str,
    taken: Callable[[], Refusal],
) -> list[Outcome]:
    """Outcomes of lines that add something: what was saved as new, once for each id."""
    left = set(fresh)
    outcomes: list[Outcome] = []
    for one, decision in zip(ids, decisions, strict=True):
        if isinstance(decision, Refusal):
            outcomes.append(decision)
        elif one in left:
            left.remove(one)
            outcomes.append(state)
        else:
            outcomes.append(taken())
    return outcomes


def _named(line: Any, name: str) -> UUID | None:
    said = line.get(name) if isinstance(line, dict) else line
    try:
        return UUID(said) if isinstance(said, str) else None
    except ValueError:
        return None


def _read(adapter: TypeAdapter[T], line: Any) -> T | Refusal:
    try:
        return adapter.validate_python(line)
    except ValidationError as bad:
        return Invalid(
            "invalid_fields",
            "本行有字段不符合要求，见 errors",
            "some fields of this line are not acceptable, see errors",
            *(flaw_of(error) for error in bad.errors()),
        )
