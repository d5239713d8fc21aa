"""Card numbers: nineteen digits with a check digit, derived from the card's id by the vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.vault import Vault

NUMBER_DIGITS = 19
TEN = 10
NUMBER_KIND = "card-number"
DIGEST_KIND = "card"
CardOutcome = Literal["opened", "unknown_holder", "holder_died", "card_exists"]


@dataclass(frozen=True, slots=True)
class Applicant:
    """A person for whom a card is asked for, as far as the caller may see him."""

    person_id: UUID
    area_code: str
    died: bool
    has_card: bool


def check_digit(digits: str) -> str:
    """The Luhn digit that completes a number."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += sum(divmod(doubled, TEN))
    return str(-total % TEN)


def is_card_number(number: str) -> bool:
    """Whether a text has the shape and the check digit of a card number."""
    if len(number) != NUMBER_DIGITS or not (number.isascii() and number.isdigit()):
        return False
    return check_digit(number[:-1]) == number[-1]


def number_of(card_id: UUID, vault: Vault) -> str:
    """A card's number: the same for the same card, and beyond guessing without the vault's key.

    So it needs to be kept nowhere: neither in a table nor in a stored answer.
    """
    secret = int.from_bytes(vault.blind(NUMBER_KIND, str(card_id)))
    digits = str(secret % TEN ** (NUMBER_DIGITS - 1)).zfill(NUMBER_DIGITS - 1)
    return digits + check_digit(digits)


def digest_of(number: str, vault: Vault) -> bytes:
    """What a number is looked up by."""
    return vault.blind(DIGEST_KIND, number)


def decide(applicant: Applicant | None) -> CardOutcome:
    """Whether a card may be opened."""
    if applicant is None:
        return "unknown_holder"
    if applicant.died:
        return "holder_died"
    return "card_exists" if applicant.has_card else "opened"
