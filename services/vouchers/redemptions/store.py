"""Redemptions in the database: one statement reads, one books what was decided on that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.vouchers.ledger.store import Books
from services.vouchers.redemptions.crowd import Look, Sale, looking, selling
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
from shared.swift import Bidding
from shared.together import Afresh
from shared.vault import Vault
from shared.work import Work

TILL = """
SELECT facts
FROM till_locked(:id, :digest, :outlet_id, :item_code, :provider_id, :day, :today) AS facts
"""
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

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self._seen: tuple[Look, str] | None = None

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
        return till_of(orjson.loads(row["facts"]))

    async def glance(self, purchase: Purchase, digest: bytes) -> Till:
        """The same without a lock, if the work may: the booking looks again.

        Raises:
            Afresh: this was asked before.
        """
        if not self._work.swift:
            return await self.till(purchase, digest)
        look = Look(purchase, digest, self.today)
        row = await self._work.glance(looking, look)
        self._seen = (look, row["facts"])
        return till_of(orjson.loads(row["facts"]))

    async def accept(self, purchase: Purchase, accepted: Accepted) -> None:
        """Book the redemption and tell it."""
        self._work.send(redeemed(purchase, accepted, self.policy.programmes, self.now))
        payer, sub = accepted.payer, self._work.caller.sub
        if self._seen is not None:
            sale = Sale(*self._seen, accepted, sub)
            alike = (purchase.provider_id, self.today, sub)
            self._work.bid(Bidding(selling, alike, payer.person_id, sale))
            return
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

    async def refuse(self, purchase: Purchase, code: RefusalCode, till: Till) -> None:
        """Keep the refusal and tell it; nothing is booked.

        Raises:
            Afresh: it was decided upon a glance.
        """
        if self._seen is not None:
            raise Afresh
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


def till_of(facts: Mapping[str, Any]) -> Till:
    """What the tills' functions tell, for the domain."""
    payer = None
    if facts["holder"] is not None:
        payer = Payer(
            UUID(facts["card"]),
            _day(facts["card_closed_on"]),
            UUID(facts["holder"]),
            facts["holder_area"],
            _day(facts["holder_died_on"]),
            _day(facts["card_lost_on"]),
            _day(facts["token_until_on"]),
        )
    return Till(
        taken=facts["taken"],
        payer=payer,
        outlet_provider=facts["outlet_provider"],
        outlet_area=facts["outlet_area"],
        standing=facts["standing"],
        category=facts["category"],
        voucher_allowed=bool(facts["voucher_allowed"]),
        published_on=_day(facts["item_published_on"]),
        months=tuple(month_left(month) for month in facts["months"] or ()),
        held_fen=facts["held_fen"],
        lapsed_on=_day(facts["lapsed_on"]),
    )


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None


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
