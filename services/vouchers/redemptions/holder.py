"""How a holder is named at a till: by card number, QR code or paper; only digests are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.vouchers.cards.domain import (
    check_number,
    check_token,
    digest_of,
    token_digest_of,
)
from services.vouchers.paper.serials import digests_shown
from shared.errors import Invalid, invalid_field
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class Shown:
    """What a holder shows: one card or code, or the serials of paper, by their digests."""

    digests: tuple[bytes, ...]
    on_paper: bool = False

    @property
    def card(self) -> bytes:
        """The digest of a card or code.

        Raises:
            Invalid: paper was shown where only cards and codes are taken.
        """
        if self.on_paper:
            raise invalid_field(
                "body.holder.paper_serials",
                "paper_not_here",
                "纸质券须逐笔在线核销，不能预留或批量上传；请改用单笔收券接口",
                "paper is taken one purchase at a time: neither held nor sent in batches",
            )
        return self.digests[0]


def shown_by(
    card_nos: Iterable[str | None],
    qr_token: str | None,
    paper_serials: Sequence[str] | None,
    vault: Vault,
) -> Shown:
    """What the holder is looked up by; a number may stand in two places.

    Raises:
        Invalid: not exactly one of the three was sent, or it is damaged.
    """
    numbers = [number for number in card_nos if number is not None]
    if len(numbers) + (qr_token is not None) + (paper_serials is not None) != 1:
        raise _not_one()
    if paper_serials is not None:
        return Shown(digests_shown(paper_serials, vault), on_paper=True)
    if qr_token is not None:
        check_token(qr_token)
        return Shown((token_digest_of(qr_token, vault),))
    check_number(numbers[0])
    return Shown((digest_of(numbers[0], vault),))


def _not_one() -> Invalid:
    return invalid_field(
        "body.holder",
        "name_one_holder",
        "请给出卡号（card_no）、二维码（holder.qr_token）或纸券号（holder.paper_serials）之一",
        "send one of: card number (card_no), QR code (holder.qr_token), paper_serials",
    )
