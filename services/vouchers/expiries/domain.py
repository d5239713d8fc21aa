"""What lapses with its validity, told to each holder's journey once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.vouchers.accounts.domain import account_id
from services.vouchers.ledger.domain import Emptied
from shared.contracts.vouchers import VouchersExpired


def expired(emptied: Sequence[Emptied], now: datetime) -> list[VouchersExpired]:
    """One letter for each account from which something lapsed."""
    return [
        VouchersExpired(
            aggregate_id=account_id(lapsed.person_id, lapsed.programme),
            occurred_at=now,
            person_id=lapsed.person_id,
            application_id=lapsed.application_id,
            area_code=lapsed.area_code,
            amount_fen=lapsed.amount_fen,
            expired_on=now.date(),
        )
        for lapsed in emptied
    ]
