"""Card numbers and QR tokens: both derived from the card's id by the vault, kept nowhere."""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass
from uuid import UUID

from shared.errors import Conflict, NotFound, invalid_field
from shared.vault import Vault

NUMBER_DIGITS = 19
DOUBLED = str.maketrans("0123456789", "0246813579")
"""The sum of the digits of twice a digit."""
TEN = 10
NUMBER_KIND = "card-number"
DIGEST_KIND = "card"
QR_KIND = "card-token"
QR_DIGEST_KIND = "card-token-digest"
TOKEN_BYTES = 16
TOKEN = re.compile(r"JYQ[A-Z2-7]{26}")


@dataclass(frozen=True, slots=True)
class Applicant:
    """A person for whom a card is asked for, as far as the caller may see him."""

    person_id: UUID
    area_code: str
    died: bool
    has_card: bool


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card to be opened."""

    card_id: UUID
    person_id: UUID
    area_code: str


def check_digit(digits: str) -> str:
    """The Luhn digit that completes a number."""
    doubled, plain = digits[::-2].translate(DOUBLED), digits[-2::-2]
    return str(-sum(map(int, doubled + plain)) % TEN)


def is_card_number(number: str) -> bool:
    """Whether a text has the shape and the check digit of a card number."""
    if len(number) != NUMBER_DIGITS or not (number.isascii() and number.isdigit()):
        return False
    return check_digit(number[:-1]) == number[-1]


def check_number(number: str) -> None:
    """A till sends whole numbers.

    Raises:
        Invalid: it has not the shape or the check digit of a card number.
    """
    if not is_card_number(number):
        raise invalid_field(
            "body.card_no",
            "bad_card_number",
            f"卡号应为 {NUMBER_DIGITS} 位数字且校验位正确；请重新刷卡或核对",
            f"a card number has {NUMBER_DIGITS} digits, the last a check digit; read it again",
        )


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


def token_of(card_id: UUID, nth: int, vault: Vault) -> str:
    """What the card's nth QR code says: no personal data, and beyond guessing without the key."""
    secret = vault.blind(QR_KIND, f"{card_id}:{nth}")[:TOKEN_BYTES]
    return "JYQ" + b32encode(secret).decode().rstrip("=")


def check_token(token: str) -> None:
    """A till sends what the QR code says, whole.

    Raises:
        Invalid: it has not the shape of a token.
    """
    if not TOKEN.fullmatch(token):
        raise invalid_field(
            "body.holder.qr_token",
            "bad_qr_token",
            "二维码内容不完整或不是本系统的券码；请重新扫描，或改用卡号",
            "the QR code is damaged or not one of ours; scan it again, or use the card number",
        )


def token_digest_of(token: str, vault: Vault) -> bytes:
    """What a token is looked up by."""
    return vault.blind(QR_DIGEST_KIND, token)


def new_card(card_id: UUID, person_id: UUID, applicant: Applicant | None) -> NewCard:
    """The card that may be opened for a person.

    Raises:
        NotFound: the person holds no voucher award within the caller's area.
        Conflict: the person has died, or has an open card.
    """
    if applicant is None:
        raise NotFound(
            "no_such_holder",
            "本辖区没有此人的券待遇；请核对人员编号或先办理审批",
            "no voucher award of this person in your area; check the id or have the award approved",
        )
    if applicant.died:
        raise Conflict(
            "holder_died", "此人已去世，不再发卡", "the person has died; no card is issued"
        )
    if applicant.has_card:
        raise card_exists()
    return NewCard(card_id, person_id, applicant.area_code)


def card_exists() -> Conflict:
    """One person has one open card."""
    return Conflict(
        "card_exists", "此人已有有效卡，不再重复发卡", "the person has an open card already"
    )
