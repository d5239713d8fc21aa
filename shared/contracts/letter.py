"""A letter: one past fact that a service tells the others, and the envelope that carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict

from shared.contracts.ids import new_id

ENVELOPE_FIELDS = frozenset(
    {"aggregate_id", "person_id", "application_id", "area_code", "agency", "occurred_at"}
)

ENVELOPE_SET = set(ENVELOPE_FIELDS)


class Letter(BaseModel):
    """Base of every letter: flat, frozen, own-typed, in the past tense.

    The fields here belong to the envelope; a subclass adds the facts that receivers decide on.
    Readers ignore facts that they do not know, so within `.v1` facts may only be added.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    TYPE: ClassVar[str] = ""
    TOPIC: ClassVar[str] = ""

    aggregate_id: UUID
    occurred_at: datetime
    person_id: UUID | None = None
    application_id: UUID | None = None
    area_code: str | None = None
    agency: str | None = None

    def areas(self) -> tuple[str, ...]:
        """The areas whose rows the letter may concern; a letter about a move names both."""
        return (self.area_code,) if self.area_code else ()

    def facts(self) -> bytes:
        """The letter's own facts as JSON, without the envelope's fields."""
        return self.__pydantic_serializer__.to_json(self, exclude=ENVELOPE_SET)


PARKED_FIELDS = (
    "id", "type", "topic", "aggregate_id", "occurred_at", "recorded_at", "seq", "person_id",
    "application_id", "causation_id", "area_code", "agency", "traceparent",
)  # fmt: skip
UUID_FIELDS = ("id", "aggregate_id", "person_id", "application_id", "causation_id")
L = TypeVar("L", bound=Letter)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A letter on its way, as it lies in the outbox and on the wire.

    `seq` counts the letters of one aggregate from 1; it is 0 until the outbox has given it.
    `key` decides order: the person where there is one, else the aggregate.
    """

    id: UUID
    type: str
    topic: str
    aggregate_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    facts: bytes
    seq: int = 0
    person_id: UUID | None = None
    application_id: UUID | None = None
    causation_id: UUID | None = None
    area_code: str | None = None
    agency: str | None = None
    traceparent: str | None = None
    position: int = field(default=0, compare=False)

    @property
    def key(self) -> UUID:
        return self.person_id or self.aggregate_id

    @property
    def source(self) -> str:
        return self.type.split(".", 1)[0]

    def to_json(self) -> str:
        """The whole letter as JSON text, for the table of parked letters."""
        values = {name: getattr(self, name) for name in PARKED_FIELDS}
        facts = self.facts.decode(errors="replace")
        return orjson.dumps({**values, "facts": facts}, default=str).decode()

    @classmethod
    def from_json(cls, parked: Mapping[str, Any]) -> Self:
        """Read a letter back from what `to_json` wrote."""
        values = {name: parked[name] for name in PARKED_FIELDS}
        for name in UUID_FIELDS:
            values[name] = UUID(values[name]) if values[name] else None
        for name in ("occurred_at", "recorded_at"):
            values[name] = datetime.fromisoformat(values[name])
        return cls(**values, facts=parked["facts"].encode())

    @classmethod
    def around(cls, letter: Letter, *, causation_id: UUID | None, traceparent: str | None) -> Self:
        """Wrap a letter; `recorded_at` is machine time, in UTC."""
        return cls(
            id=new_id(),
            type=letter.TYPE,
            topic=letter.TOPIC,
            aggregate_id=letter.aggregate_id,
            occurred_at=letter.occurred_at,
            recorded_at=datetime.now(UTC),
            facts=letter.facts(),
            person_id=letter.person_id,
            application_id=letter.application_id,
            causation_id=causation_id,
            area_code=letter.area_code,
            agency=letter.agency,
            traceparent=traceparent,
        )

    def open(self, kind: type[L]) -> L:
        """Read the letter inside.

        Raises:
            pydantic.ValidationError: the facts do not fit the contract (a poison letter).
            ValueError: the facts are no JSON object.
        """
        facts: Any = orjson.loads(self.facts)
        if not isinstance(facts, dict):
            raise ValueError("letter facts must be a JSON object")
        return kind.model_validate(
            {
                **facts,
                "aggregate_id": self.aggregate_id,
                "occurred_at": self.occurred_at,
                "person_id": self.person_id,
                "application_id": self.application_id,
                "area_code": self.area_code,
                "agency": self.agency,
            }
        )
