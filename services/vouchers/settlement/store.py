"""Statements, approvals and payment orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.settlement.domain import (
    Approval,
    Part,
    Settlement,
    Spent,
    letters,
    settlement_lines,
)
from shared.contracts.ids import derived_id, new_id
from shared.contracts.months import last_day

# One batch at a time, so that no deduction is taken twice.
TURN = "SELECT pg_advisory_xact_lock(hashtext('vouchers.settlements'))"
# Paper is settled once it has come back from the provider. Deductions wait for a statement that
# covers them; who has left and has nothing more to come gets one below zero, and owes it.
MAKE = """
WITH spent AS (
    SELECT id, provider_id, amount_fen FROM redemptions
    WHERE settlement_id IS NULL AND redeemed_on <= :last_on
        AND (CAST(:provider_id AS text) IS NULL OR provider_id = :provider_id)
        AND NOT EXISTS (SELECT 1 FROM paper_serials n
            WHERE n.redemption_id = redemptions.id AND n.state = 'used')
    ORDER BY id FOR UPDATE
), given_back AS (
    SELECT p.agency AS provider_id, p.set_id AS source_id, p.act AS kind,
        min(p.occurred_on) AS occurred_on, CAST(-sum(p.amount_fen) AS bigint) AS amount_fen,
        CAST(min(CAST(p.cause AS text)) AS uuid) AS redemption_id
    FROM postings p
    WHERE p.account_kind = 'provider_payable' AND p.act IN ('refund', 'recover')
        AND (CAST(:provider_id AS text) IS NULL OR p.agency = :provider_id)
        AND p.occurred_on <= :last_on AND NOT EXISTS (
            SELECT 1 FROM settlement_deductions d
            WHERE d.source_id = p.set_id AND d.out_on IS NULL)
    GROUP BY p.agency, p.set_id, p.act
), gone AS (
    SELECT provider_id FROM (
        SELECT DISTINCT ON (provider_id) provider_id, standing FROM provider_standings
        WHERE from_on <= :today ORDER BY provider_id, from_on DESC, told_at DESC
    ) n WHERE standing = 'exited'
), sums AS (
    SELECT provider_id, coalesce(s.n, 0) AS redemptions, coalesce(s.total, 0) AS spent_fen,
        coalesce(g.n, 0) AS deductions, coalesce(g.total, 0) AS deducted_fen,
        provider_id IN (SELECT provider_id FROM gone) AS final
    FROM (SELECT provider_id, count(*) AS n, sum(amount_fen) AS total FROM spent
            GROUP BY provider_id) s
        FULL JOIN (SELECT provider_id, count(*) AS n, sum(amount_fen) AS total FROM given_back
            GROUP BY provider_id) g USING (provider_id)
), statements AS (
    INSERT INTO settlements (batch_id, provider_id, area_code, month_on, redemptions, amount_fen,
        deductions, deducted_fen, final, objections_until_on, made_on, made_by)
    SELECT :id, provider_id, :area_code, :month_on, redemptions, spent_fen - deducted_fen,
        deductions, deducted_fen, final, :until_on, :today, :sub
    FROM sums WHERE spent_fen > deducted_fen OR (final AND NOT EXISTS (
        SELECT 1 FROM redemptions r WHERE r.provider_id = sums.provider_id
            AND r.settlement_id IS NULL AND NOT EXISTS (SELECT 1 FROM spent WHERE id = r.id)))
    RETURNING id, provider_id, month_on, redemptions, amount_fen, deductions, deducted_fen, final,
        objections_until_on
), tied AS (
    UPDATE redemptions r SET settlement_id = s.id
    FROM spent u JOIN statements s USING (provider_id) WHERE r.id = u.id
), deducted AS (
    INSERT INTO settlement_deductions (settlement_id, source_id, kind, provider_id, area_code,
        redemption_id, amount_fen, occurred_on)
    SELECT s.id, g.source_id, g.kind, g.provider_id, :area_code, g.redemption_id, g.amount_fen,
        g.occurred_on
    FROM given_back g JOIN statements s USING (provider_id)
)
SELECT id AS settlement_id, provider_id, month_on, redemptions, amount_fen, deductions,
    deducted_fen, final, objections_until_on
FROM statements ORDER BY provider_id
"""
LOAD = """
SELECT id, provider_id, area_code, month_on, redemptions, amount_fen, first_by, first_body,
    second_by, confirmed_by, void_on, objections_until_on
FROM settlements WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE
"""
# Read after the lock is there: an objection that was waiting for it is seen.
OPEN = """
SELECT settlement_id, count(*) AS n FROM objections
WHERE settlement_id = ANY(CAST(:ids AS uuid[])) AND decision IS NULL GROUP BY settlement_id
"""
FIRST = """
UPDATE settlements SET first_on = :today, first_by = :sub, first_body = :body WHERE id = :id
"""
SECOND = """
UPDATE settlements SET second_on = :today, second_by = :sub, second_body = :body WHERE id = :id
"""
PARTS = """
WITH booked AS (
    SELECT p.fund, p.street_code, p.month_on, p.benefit_class, p.account_id, p.amount_fen
    FROM redemptions r JOIN postings p ON p.cause = r.id AND p.act = 'redeem'
        AND p.account_kind = 'provider_payable'
    WHERE r.settlement_id = :id
    UNION ALL
    SELECT p.fund, p.street_code, p.month_on, p.benefit_class, p.account_id, p.amount_fen
    FROM settlement_deductions d JOIN postings p ON p.set_id = d.source_id
        AND p.account_kind = 'provider_payable'
    WHERE d.settlement_id = :id AND d.out_on IS NULL
)
SELECT b.fund, b.street_code, b.month_on, b.benefit_class, b.account_id AS payable_id,
    t.id AS settled_id, CAST(sum(b.amount_fen) AS bigint) AS amount_fen
FROM booked b JOIN ledger_accounts t ON t.kind = 'settled' AND t.fund = b.fund
GROUP BY b.fund, b.street_code, b.month_on, b.benefit_class, b.account_id, t.id
HAVING sum(b.amount_fen) <> 0
ORDER BY b.month_on, b.street_code, b.fund, b.benefit_class
"""
SPENT = """
SELECT id, person_id, application_id, area_code, amount_fen FROM redemptions
WHERE settlement_id = :id ORDER BY id
"""
PAY = """
INSERT INTO payment_orders (id, settlement_id, provider_id, area_code, amount_fen, ordered_on)
VALUES (:id, :settlement_id, :provider_id, :area_code, :amount_fen, :today)
"""
CLAIM = """
INSERT INTO provider_debts (id, settlement_id, provider_id, area_code, amount_fen, claimed_on)
VALUES (:id, :settlement_id, :provider_id, :area_code, :amount_fen, :today)
"""
PAGE = """
SELECT s.id AS settlement_id, s.provider_id, s.month_on, s.redemptions, s.amount_fen,
    s.deductions, s.deducted_fen, s.final, s.objections_until_on, s.confirmed_on, s.void_on,
    s.made_on, s.made_by, s.first_on, s.first_by, s.first_body, s.second_on, s.second_by,
    s.second_body, o.id AS payment_order_id, o.ordered_on, y.paid_on, y.returned_on
FROM settlements s LEFT JOIN LATERAL (
    SELECT * FROM payment_orders p WHERE p.settlement_id = s.id ORDER BY p.nth DESC LIMIT 1
) o ON true LEFT JOIN payments y ON y.order_id = o.id
WHERE CAST(:after AS uuid) IS NULL OR s.id > :after
ORDER BY s.id LIMIT :most
"""


class Settlements(Books):
    """The providers' side of the books."""

    async def make(
        self, batch_id: UUID, month_on: date, provider_id: UUID | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """One statement a provider, over all that is not in a statement yet."""
        days = self.policy.objection_days.on(self.today)
        await self._work.run(TURN)
        return await self._work.rows(
            MAKE,
            id=batch_id,
            month_on=month_on,
            last_on=last_day(month_on),
            provider_id=str(provider_id) if provider_id else None,
            until_on=self.today + timedelta(days=days),
            area_code=self.policy.district,
            today=self.today,
            sub=self._work.caller.sub,
        )

    async def load(self, ids: Sequence[UUID]) -> dict[UUID, Settlement]:
        """Statements, locked until the end of the work."""
        found = await self._work.rows(LOAD, ids=list(ids))
        counted = await self._work.rows(OPEN, ids=list(ids))
        objected = {row["settlement_id"]: row["n"] for row in counted}
        return {
            row["id"]: Settlement(**row, open_objections=objected.get(row["id"], 0))
            for row in found
        }

    async def approve(self, approvals: Sequence[Approval]) -> dict[UUID, UUID]:
        """Keep approvals; each second one books its settlement and orders the payment.

        Returns the payment orders by their settlements.
        """
        caller, ordered = self._work.caller, dict[UUID, UUID]()
        for one in approvals:
            await self._work.run(
                FIRST if one.step == "first" else SECOND,
                id=one.settlement.id,
                today=self.today,
                sub=caller.sub,
                body=caller.body,
            )
            order_id = await self._order(one.settlement) if one.step == "second" else None
            if order_id is not None:
                ordered[one.settlement.id] = order_id
        return ordered

    async def _order(self, settlement: Settlement) -> UUID | None:
        """Book a statement and order its payment, or claim what the provider owes."""
        parts = [Part(**row) for row in await self._work.rows(PARTS, id=settlement.id)]
        lines = settlement_lines(settlement, parts)
        if lines:
            about = {"on": self.today, "cause": settlement.id}
            await self._ledger.book(settlement.id, "settle", lines, **about)
        order_id = new_id() if settlement.amount_fen > 0 else None
        if settlement.amount_fen != 0:
            await self._work.run(
                PAY if order_id else CLAIM,
                id=order_id or derived_id("provider-debt", settlement.id),
                settlement_id=settlement.id,
                provider_id=settlement.provider_id,
                area_code=settlement.area_code,
                amount_fen=abs(settlement.amount_fen),
                today=self.today,
            )
        spent = [Spent(**row) for row in await self._work.rows(SPENT, id=settlement.id)]
        programmes = self.policy.programmes
        self._work.send(*letters(settlement, spent, order_id, programmes, self._work.now))
        return order_id

    async def page(self, after: UUID | None, most: int) -> Sequence[Mapping[str, Any]]:
        """Statements within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most)
