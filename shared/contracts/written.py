"""Facts as people write them in requests: read strictly, unlike letters, and refused by name."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from shared.contracts.facts import Child, Disability, PersonFacts

UNKNOWN = "extra_forbidden"


class WrittenChild(Child):
    """A child as a request tells of it; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WrittenDisability(Disability):
    """A disability as a request tells of it; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WrittenFacts(PersonFacts):
    """Facts as a request gives them; unknown ones are refused with those there are."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    children: tuple[WrittenChild, ...] | None = None
    disability: Literal["none"] | WrittenDisability | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _named(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Add the names of the facts there are to what is said of one there is not."""
        try:
            return read(data)
        except ValidationError as bad:
            flaws = bad.errors(include_url=False)
            if not any(flaw["type"] == UNKNOWN for flaw in flaws):
                raise
            allowed = ", ".join(sorted(cls.model_fields))
            lines = [_line(flaw, allowed) for flaw in flaws]
            raise ValidationError.from_exception_data(cls.__name__, lines) from None

    def known(self) -> dict[str, Any]:
        """What was given, as a person's file keeps it."""
        return self.model_dump(mode="json", exclude_unset=True)


def _line(flaw: ErrorDetails, allowed: str) -> InitErrorDetails:
    line = InitErrorDetails(type=flaw["type"], loc=flaw["loc"], input=flaw["input"])
    if flaw["type"] == UNKNOWN and len(flaw["loc"]) == 1:
        line["type"] = PydanticCustomError(UNKNOWN, "unknown", {"allowed": allowed})
    elif "ctx" in flaw:
        line["ctx"] = flaw["ctx"]
    return line
