"""What a person's papers say, read from a request: normalised, or refused field by field."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from services.intake.persons.domain import Identifiers, refuse_flaws
from services.intake.persons.identity import (
    Flaw,
    Identity,
    plain,
    read_certificate,
    read_name,
    read_number,
    read_phone,
)

T = TypeVar("T")


def read_papers(
    name: str, id_number: str, phone: str | None, certificate: str | None, today: date
) -> tuple[Identifiers, dict[str, Any]]:
    """Who it is, and the facts that the papers tell.

    Raises:
        Invalid: something is not well written, named field by field.
    """
    flaws: list[Flaw] = []
    number = _kept(read_number(id_number, today), flaws)
    read = _kept(read_name(name), flaws)
    reached = _kept(read_phone(phone), flaws) if phone else None
    held = None
    if certificate and number is not None:
        held = _kept(read_certificate(certificate, number.number), flaws)
    refuse_flaws(flaws)
    assert number is not None
    assert read is not None
    facts: dict[str, Any] = {"birth_on": number.birth_on, "sex": number.sex}
    if held:
        facts["disability"] = held[1]
    return Identifiers(read, number.number, reached, held[0] if held else None), facts


def read_wanted(kind: str, value: str, today: date) -> str:
    """A number, phone or certificate to search for, in normal form.

    Raises:
        Invalid: it is not well written.
    """
    if kind == "id_number":
        number = read_number(value, today)
        return number.number if isinstance(number, Identity) else _refuse(number)
    if kind == "phone":
        phone = read_phone(value)
        return phone if isinstance(phone, str) else _refuse(phone)
    return plain(value).upper()


def _refuse(flaw: Flaw) -> str:
    refuse_flaws([Flaw(flaw.code, "value", flaw.zh, flaw.en)])
    raise AssertionError


def _kept(value: T | Flaw, flaws: list[Flaw]) -> T | None:
    if isinstance(value, Flaw):
        flaws.append(value)
        return None
    return value
