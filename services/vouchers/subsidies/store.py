"""Tenders and sales of devices; a counter reaches money through narrow functions alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson

from services.vouchers.approvals.domain import Outcome, Proposal
from services.vouchers.funds.domain import Source
from services.vouchers.ledger.store import Books
from services.vouchers.subsidies.domain import Accepted, Buyer, Counter, Tender
from shared.contracts.ids import derived_id
from shared.errors import Conflict, NotFound
from shared.work import Row

TENDER = """
INSERT INTO device_tenders (id, tender_no, model, area_code, provider_id, list_price_fen,
    user_price_fen, from_on, to_on, quota, made_on, made_by, made_body)
VALUES (:id, :tender_no, :model, :area_code, :provider_id, :list_price_fen, :user_price_fen,
    :from_on, :to_on, :quota, :today, :sub, :body)
ON CONFLICT DO NOTHING
"""
LOCK = "SELECT made_by, made_body, outcome FROM device_tenders WHERE id = :id FOR UPDATE"
DECIDE = """
UPDATE device_tenders SET outcome = :outcome, decided_on = :today, decided_by = :sub,
    decided_body = :body, decided_reason = :reason
WHERE id = :id
"""
TENDERS = """
SELECT id AS tender_id, tender_no, model, provider_id, list_price_fen, user_price_fen,
    subsidy_fen, from_on, to_on, quota, sold, outcome, made_by, made_body, decided_by, decided_body
FROM device_tenders WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most
"""
COUNTER = """
SELECT * FROM device_counter(:id, :tender_id, :award_id, :serial_no, :programme, :provider_id,
    :today)
"""
BOOK = """
SELECT book_device(:id, :tender_id, :award_id, :serial_no, :provider_id, :today, :sub, :until_on,
    CAST(:accounts AS uuid[]), CAST(:amounts AS bigint[]))
"""
RETURN = "SELECT return_device(:id, :set_id, :provider_id, :today, :sub, :reason)"
SALES = """
SELECT id AS sale_id, tender_id, person_id, provider_id, area_code, serial_no, list_price_fen,
    user_price_fen, subsidy_fen, sold_on, returnable_until_on, returned_on, return_reason
FROM device_sales WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most
"""


class Devices(Books):
    """The counter's side of the books."""

    async def tender(self, tender: Mapping[str, Any]) -> None:
        """Keep a tender that waits for its second signature.

        Raises:
            Conflict: its id or number is taken.
        """
        caller = self._work.caller
        stamp = {"today": self.today, "sub": caller.sub, "body": caller.body}
        where = {"area_code": self.policy.district}
        if not await self._work.run(TENDER, **tender, **stamp, **where):
            raise Conflict(
                "tender_taken",
                "该编号或招标文号已登记",
                "a tender with this id or number is recorded already",
            )

    async def proposal(self, tender_id: UUID) -> Proposal:
        """A tender's first signature, locked until the end of the work.

        Raises:
            NotFound: there is none.
        """
        row = await self._work.row(LOCK, id=tender_id)
        if row is None:
            raise NotFound("no_such_tender", "没有此招标登记", "there is no such tender")
        return Proposal(**row)

    async def decide(self, tender_id: UUID, outcome: Outcome, reason: str) -> None:
        """Keep the second signature; from now on the tender's devices can be sold."""
        caller = self._work.caller
        stamp = {"today": self.today, "sub": caller.sub, "body": caller.body}
        await self._work.run(DECIDE, id=tender_id, outcome=outcome, reason=reason, **stamp)

    async def tenders(self, after: UUID | None, most: int) -> Sequence[Row]:
        """Tenders; a provider sees its own."""
        return await self._work.rows(TENDERS, after=after, most=most)

    async def counter(self, sale: Mapping[str, Any], provider_id: str) -> Counter:
        """All facts of a sale; tender, holder and money are locked until the end of the work."""
        row = await self._work.row(
            COUNTER,
            **sale,
            programme=self.policy.device_programme,
            provider_id=provider_id,
            today=self.today,
        )
        assert row is not None
        return _counter(row)

    async def sell(self, sale: Mapping[str, Any], provider_id: str, accepted: Accepted) -> date:
        """Book a sale and order its payment; returns the last day on which it can be returned."""
        until = self.today + timedelta(days=self.policy.device_return_days.on(self.today))
        await self._work.row(
            BOOK,
            **sale,
            provider_id=provider_id,
            today=self.today,
            sub=self._work.caller.sub,
            until_on=until,
            accounts=[draw.source.account_id for draw in accepted.draws],
            amounts=[draw.amount_fen for draw in accepted.draws],
        )
        return until

    async def give_back(self, sale_id: UUID, provider_id: str, reason: str) -> str:
        """Reverse a sale; tells why not where it cannot be."""
        said = await self._work.value(
            RETURN,
            id=sale_id,
            set_id=derived_id("device-return", sale_id),
            provider_id=provider_id,
            today=self.today,
            sub=self._work.caller.sub,
            reason=reason,
        )
        return str(said)

    async def sales(self, after: UUID | None, most: int) -> Sequence[Row]:
        """Sales; a provider sees its own."""
        return await self._work.rows(SALES, after=after, most=most)


def _counter(row: Row) -> Counter:
    tender = buyer = None
    if row["tender_provider"] is not None:
        names = ("from_on", "to_on", "list_price_fen", "user_price_fen", "quota", "sold")
        fixed = {name: row[name] for name in names}
        tender = Tender(row["tender_provider"], row["tender_outcome"], **fixed)
    if row["person"] is not None:
        days = (row["starts_on"], row["ended_on"], row["died_on"])
        buyer = Buyer(row["person"], *days, row["has_one"])
    sources = tuple(_source(one) for one in orjson.loads(row["sources"] or "[]"))
    return Counter(row["taken"], row["standing"], tender, buyer, row["serial_sold"], sources)


def _source(one: dict[str, Any]) -> Source:
    ids = (UUID(one["allocation_id"]), UUID(one["account_id"]))
    return Source(*ids, one["fund"], one["balance_fen"])
