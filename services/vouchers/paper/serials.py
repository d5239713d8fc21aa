"""Serial numbers of paper vouchers: beyond guessing, with a check character, kept nowhere.

A serial is 16 characters (80 bits) of the alphabet without I, L, O and U, and one check character
by ISO 7064 MOD 37-2, which finds every single wrong character and every swap of neighbours. It is
derived from the voucher's id by the vault's key; the database has its keyed digest alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from uuid import UUID

from services.vouchers.policy.model import PaperRule
from shared.errors import Invalid, invalid_field
from shared.vault import Vault

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECKS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
MODULUS = 37
SECRET_LETTERS = 16
LENGTH = SECRET_LETTERS + 1
GROUP = 4
MASKED = 5
SERIAL_KIND = "paper-serial"
DIGEST_KIND = "paper"
LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def check_character(secret: str) -> str:
    """The character that completes a serial (ISO 7064 MOD 37-2)."""
    held = 0
    for letter in secret:
        held = (held + CHECKS.index(letter)) * 2 % MODULUS
    return CHECKS[(1 - held) % MODULUS]


def is_serial(text: str) -> bool:
    """Whether a tidied text has the length, the letters and the check character of a serial."""
    secret = text[:-1]
    if len(text) != LENGTH or any(letter not in LETTERS for letter in secret):
        return False
    return check_character(secret) == text[-1]


def tidied(text: str) -> str:
    """What was scanned or typed, without dashes and spaces, in capitals, look-alikes mended."""
    return text.upper().translate(LOOKALIKES)


def serial_of(serial_id: UUID, vault: Vault) -> str:
    """A voucher's serial: the same for the same voucher, and beyond guessing without the key.

    A serial whose check character nobody could type safely is passed over for the next one.
    """
    for nth in count():
        secret = _letters(vault.blind(SERIAL_KIND, f"{serial_id}:{nth}"))
        check = check_character(secret)
        if check in LETTERS:
            return secret + check
    raise AssertionError("count never ends")


def shown(serial: str) -> str:
    """A serial as it is printed, in groups."""
    return "-".join(serial[at : at + GROUP] for at in range(0, len(serial), GROUP))


def masked(serial: str) -> str:
    """The end of a serial, enough to tell a spent voucher in a list from its neighbours."""
    return f"····-{serial[-MASKED:-1]}-{serial[-1]}"


def digest_of(serial: str, vault: Vault) -> bytes:
    """What a serial is looked up by."""
    return vault.blind(DIGEST_KIND, serial)


def digest_read(text: str, vault: Vault) -> bytes | None:
    """What a scanned text is looked up by; none when it is damaged."""
    serial = tidied(text)
    return digest_of(serial, vault) if is_serial(serial) else None


def digests_shown(serials: Sequence[str], vault: Vault) -> tuple[bytes, ...]:
    """What the serials at a till are looked up by.

    Raises:
        Invalid: one is damaged, or stands there twice.
    """
    digests: list[bytes] = []
    for nth, text in enumerate(serials):
        digest = digest_read(text, vault)
        field = f"body.holder.paper_serials.{nth}"
        if digest is None:
            raise bad_serial(field)
        if digest in digests:
            raise invalid_field(
                field,
                "repeated_paper_serial",
                "同一张券在本次交易中出现两次；每张只列一次",
                "one voucher stands in this purchase twice; list each one once",
            )
        digests.append(digest)
    return tuple(digests)


def bad_serial(field: str) -> Invalid:
    """A serial that was read wrongly or is not one of ours."""
    return invalid_field(
        field,
        "bad_paper_serial",
        f"券号应为 {LENGTH} 位且校验位正确；请重新扫描或核对",
        f"a serial has {LENGTH} characters, the last a check character; read it again",
    )


def check_made_of(amount_fen: int, split: dict[int, int], rule: PaperRule) -> None:
    """A wished split makes the amount in denominations that are printed (C-40).

    Raises:
        Invalid: another denomination, a count below zero, or another sum.
    """
    if makes(amount_fen, split, rule):
        return
    printed = "、".join(str(fen) for fen in rule.denominations_fen)
    raise invalid_field(
        "body.split",
        "split_does_not_make_the_amount",
        f"面额组合须等于 {amount_fen} 分，面额（分）只能是：{printed}",
        f"the split must make {amount_fen} fen out of these denominations in fen: {printed}",
    )


def makes(amount_fen: int, split: dict[int, int], rule: PaperRule) -> bool:
    """Whether so many of each denomination make an amount."""
    known = set(split) <= set(rule.denominations_fen) and min(split.values(), default=0) >= 0
    return known and sum(fen * many for fen, many in split.items()) == amount_fen


def split_of(amount_fen: int, wish: dict[int, int] | None, rule: PaperRule) -> list[int]:
    """The denominations in which an amount is printed: the wish, the usual split, or the fewest.

    Raises:
        Invalid: the denominations cannot make the amount.
    """
    for split in (wish or {}, rule.split):
        if makes(amount_fen, split, rule):
            return sorted((fen for fen, many in split.items() for _ in range(many)), reverse=True)
    pieces: list[int] = []
    left = amount_fen
    for fen in sorted(rule.denominations_fen, reverse=True):
        pieces += [fen] * (left // fen)
        left %= fen
    if left:
        check_made_of(amount_fen, {}, rule)
    return pieces


def _letters(secret: bytes) -> str:
    value = int.from_bytes(secret)
    letters: list[str] = []
    for _ in range(SECRET_LETTERS):
        value, place = divmod(value, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)
