"""Refusals: what the domain says no with, in Chinese and English, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFlaw:
    """One wrong field: where it is, what is wrong and how to mend it."""

    field: str
    code: str
    zh: str
    en: str


class Refusal(Exception):
    """A refusal with a stable code; `http_status` is used by the doors alone."""

    http_status = 400

    def __init__(self, code: str, zh: str, en: str, *flaws: FieldFlaw) -> None:
        super().__init__(code)
        self.code = code
        self.zh = zh
        self.en = en
        self.flaws = flaws


class Invalid(Refusal):
    """What was sent cannot be accepted as it is."""

    http_status = 422


class NotFound(Refusal):
    """There is no such thing, or the caller may not know of it."""

    http_status = 404


class Conflict(Refusal):
    """The thing is in a state that does not allow the act."""

    http_status = 409


class Forbidden(Refusal):
    """The caller is known but may not do this."""

    http_status = 403


class Unauthorised(Refusal):
    """No token, or none that can be trusted."""

    http_status = 401


class Unavailable(Refusal):
    """Something that this service rests on is away; try again later."""

    http_status = 503


def invalid_field(field: str, code: str, zh: str, en: str) -> Invalid:
    """An `Invalid` about one field."""
    return Invalid(code, zh, en, FieldFlaw(field, code, zh, en))
