"""Redemptions in the database: one statement reads and locks, one books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.vouchers.ledger.store import Books
from services.vouchers.redemptions.domain import (
    Accepted,
    MonthLeft,
    Payer,
    Purchase,
    RefusalCode,
    Till,
    redeemed,
    refused,
)
from shared.vault import Vault

TILL = "SELECT * FROM till(:id, :digest, :outlet_id, :item_code, :provider_id, :day, :today)"
BOOK = """
SELECT book_redemption(:id, :card_id, :person_id, :application_id, :area_code, :provider_id,
    :outlet_id, :item_code, CAST(:amount_fen AS bigint), :day, :today, :sub,
    CAST(:accounts AS uuid[]), CAST(:amounts AS bigint[]))
"""
REFUSE = """
SELECT book_refusal(:id, :person_id, :area_code, :provider_id, :outlet_id, :item_code,
    CAST(:amount_fen AS bigint), :code, :today, :sub)
"""
PAGE = """
SELECT r.id AS redemption_id, r.person_id, r.area_code, r.provider_id, r.outlet_id, r.item_code,
    r.amount_fen, r.redeemed_on, r.booked_on, r.settlement_id
FROM redemptions r
WHERE CAST(:after AS uuid) IS NULL OR r.id > :after
ORDER BY r.id LIMIT :most
"""


class Redemptions(Books):
    """The tills' side of the books."""

    @property
    def vault(self) -> Vault:
        vault: Vault = self._work.state["vault"]
        return vault

    async def till(self, purchase: Purchase, digest: bytes) -> Till:
        """All facts of a redemption; the holder is locked until the end of the work."""
        row = await self._work.first(
            TILL,
            digest=digest,
            **_place(purchase),
            day=purchase.redeemed_on,
            today=self.today,
        )
        assert row is not None
        return till_of(row)

    async def accept(self, purchase: Purchase, accepted: Accepted) -> None:
        """Book the redemption and tell it."""
        payer = accepted.payer
        await self._work.run_last(
            BOOK,
            **self._stamp(purchase),
            day=purchase.redeemed_on,
            card_id=payer.card_id,
            person_id=payer.person_id,
            application_id=accepted.charges[0].month.application_id,
            area_code=payer.area_code,
            accounts=[charge.month.account_id for charge in accepted.charges],
            amounts=[charge.amount_fen for charge in accepted.charges],
        )
        self._work.send(redeemed(purchase, accepted, self.policy.programmes, self.now))

    async def refuse(self, purchase: Purchase, code: RefusalCode, till: Till) -> None:
        """Keep the refusal and tell it; nothing is booked."""
        payer = till.payer
        await self._work.run_last(
            REFUSE,
            **self._stamp(purchase),
            person_id=payer.person_id if payer else None,
            area_code=(payer.area_code if payer else till.outlet_area) or self.policy.district,
            code=code,
        )
        self._work.send(refused(purchase, code, till, self.policy.programmes, self.now))

    async def page(self, after: UUID | None, most: int) -> Sequence[Mapping[str, Any]]:
        """Redemptions within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most)

    def _stamp(self, purchase: Purchase) -> dict[str, Any]:
        return {
            **_place(purchase),
            "amount_fen": purchase.amount_fen,
            "today": self.today,
            "sub": self._work.caller.sub,
        }


def _place(purchase: Purchase) -> dict[str, Any]:
    return {
        "id": purchase.id,
        "provider_id": str(purchase.provider_id),
        "outlet_id": purchase.outlet_id,
        "item_code": purchase.item_code,
    }


def till_of(row: Mapping[str, Any]) -> Till:
    payer = None
    if row["holder"] is not None:
        payer = Payer(
            row["card"],
            row["card_closed_on"],
            row["holder"],
            row["holder_area"],
            row["holder_died_on"],
            row["card_lost_on"],
            row["token_until_on"],
        )
    return Till(
        taken=row["taken"],
        payer=payer,
        outlet_provider=row["outlet_provider"],
        outlet_area=row["outlet_area"],
        standing=row["standing"],
        category=row["category"],
        voucher_allowed=bool(row["voucher_allowed"]),
        published_on=row["item_published_on"],
        months=tuple(month_left(month) for month in orjson.loads(row["months"] or "[]")),
        held_fen=row["held_fen"],
        lapsed_on=row["lapsed_on"],
    )


def month_left(month: Mapping[str, Any]) -> MonthLeft:
    """One month as the tills' functions tell it."""
    journey = month["application_id"]
    return MonthLeft(
        UUID(month["account_id"]),
        date.fromisoformat(month["month_on"]),
        date.fromisoformat(month["valid_until_on"]),
        month["balance_fen"],
        UUID(journey) if journey else None,
    )
