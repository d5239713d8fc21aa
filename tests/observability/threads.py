"""Whether what a request caused is one trace: every letter in it, every span under the request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from uuid import UUID

from opentelemetry.trace import SpanKind

from deploy.spans import KeptTrace
from shared.runtime import Service


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as it stands in an outbox."""

    letter_id: UUID
    type: str
    topic: str
    aggregate_id: UUID
    causation_id: UUID | None
    trace_id: str


@dataclass(frozen=True, slots=True)
class Letters:
    """All letters, by what they are about and by the letter that led to them."""

    firsts: dict[UUID, list[Written]]
    following: dict[UUID, list[Written]]

    @classmethod
    def of(cls, written: Iterable[Written]) -> Letters:
        firsts: dict[UUID, list[Written]] = defaultdict(list)
        following: dict[UUID, list[Written]] = defaultdict(list)
        for letter in written:
            if letter.causation_id is None:
                firsts[letter.aggregate_id].append(letter)
            else:
                following[letter.causation_id].append(letter)
        return cls(firsts, following)

    def caused_by_asking_for(self, about: UUID) -> list[Written]:
        """The first letters about a thing and, by their causes, all that came of them."""
        found = list(self.firsts[about])
        for letter in found:
            found += self.following[letter.letter_id]
        return found


def hearers(services: Iterable[Service], letter: Written) -> set[str]:
    """The services that give this letter an effect."""
    return {
        one.name
        for one in services
        if letter.topic in one.topics
        and any(letter.type == kind.TYPE for ear in one.hearings for kind in ear.handlers)
    }


def heard(trace: KeptTrace) -> set[tuple[str, str]]:
    """Letters by id, and who handled them within this trace."""
    return {(s.letter_id, s.service) for s in trace.spans if s.kind is SpanKind.CONSUMER}


def hangs_together(trace: KeptTrace) -> bool:
    """Whether one request stands at the top and each other span under another one of the trace."""
    ids = {span.span_id for span in trace.spans}
    tops = [span for span in trace.spans if span.parent_id not in ids]
    return trace.left_out == 0 and [top.kind for top in tops] == [SpanKind.SERVER]


def is_one(
    trace: KeptTrace | None, letters: Iterable[Written], wanted: Set[tuple[str, str]]
) -> bool:
    """Whether a request's letters carry its trace, and those who hear them worked within it."""
    if trace is None or not hangs_together(trace) or not wanted <= heard(trace):
        return False
    return {letter.trace_id for letter in letters} == {trace.trace_id}
