"""Payment batches: each waiting order once, to the account in force on the day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.payments.orders import PaymentLine, digest_of, purpose_of
from services.vouchers.payments.payees_store import Account, Payees
from shared.contracts.ids import new_id
from shared.work import Row

TURN = "SELECT pg_advisory_xact_lock(hashtext('vouchers.payments'))"
# Claims, devices, rewards and training become orders on the day they are due, once.
PLACE = """
INSERT INTO payment_orders (id, payout_id, provider_id, person_id, area_code, amount_fen,
    ordered_on)
SELECT uuidv7(), p.id, p.agency, p.person_id, p.area_code, p.amount_fen, :today
FROM (
    SELECT * FROM payouts WHERE paid_on IS NULL AND void_on IS NULL AND due_from_on <= :today
    ORDER BY id FOR UPDATE
) p
WHERE NOT EXISTS (SELECT 1 FROM payment_orders o WHERE o.payout_id = p.id)
"""
OWN = "p.provider_id = o.provider_id AND p.person_id IS NOT DISTINCT FROM o.person_id"
PAYEE = f"""
SELECT p.id FROM payees p
WHERE {OWN} AND p.decision = 'approved' AND p.valid_from_on <= :today
ORDER BY p.valid_from_on DESC, p.id DESC LIMIT 1
"""
WAITING = f"""
SELECT o.id, nullif(o.provider_id, '') AS provider_id, o.person_id, o.amount_fen,
    ({PAYEE}) AS payee_id,
    EXISTS (SELECT 1 FROM payees p WHERE {OWN} AND p.decision = 'approved') AS cooling
FROM payment_orders o WHERE NOT EXISTS (SELECT 1 FROM payments y WHERE y.order_id = o.id)
ORDER BY o.provider_id, o.id
"""
MAKE = """
INSERT INTO payment_batches (id, area_code, orders, total_fen, made_on, made_by, digest)
VALUES (:id, :area_code, :orders, :total_fen, :today, :sub, :digest)
"""
PUT = """
INSERT INTO payments (order_id, batch_id, payee_id, provider_id, person_id, area_code, amount_fen)
SELECT o.id, :batch_id, l.payee_id, o.provider_id, o.person_id, o.area_code, o.amount_fen
FROM unnest(CAST(:orders AS uuid[]), CAST(:payees AS uuid[])) AS l(order_id, payee_id)
    JOIN payment_orders o ON o.id = l.order_id
"""
BATCH = "SELECT id AS batch_id, orders, total_fen, made_on, made_by, digest FROM payment_batches"
ONE = BATCH + " WHERE id = :id"
PAGE = BATCH + " WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most"
LINES = """
SELECT y.order_id, y.payee_id, y.amount_fen, p.account_name, p.bank_name,
    coalesce(u.kind, 'settlement') AS kind, coalesce(s.month_on, u.ordered_on) AS since_on
FROM payments y JOIN payment_orders o ON o.id = y.order_id JOIN payees p ON p.id = y.payee_id
    LEFT JOIN settlements s ON s.id = o.settlement_id LEFT JOIN payouts u ON u.id = o.payout_id
WHERE y.batch_id = :id ORDER BY y.provider_id, y.order_id
"""
SEALED = """
SELECT id AS payee_id, wrapped_key, sealed FROM payees
WHERE id IN (SELECT payee_id FROM payments WHERE batch_id = :id)
"""
ORDER = f"""
SELECT o.id, o.settlement_id, o.payout_id, o.provider_id, o.person_id, o.area_code, o.amount_fen,
    o.nth, y.payee_id, y.returned_on, ({PAYEE}) AS payee_now, EXISTS (
        SELECT 1 FROM payment_orders n WHERE n.nth > o.nth
            AND (n.settlement_id = o.settlement_id OR n.payout_id = o.payout_id)
    ) AS renewed
FROM payment_orders o LEFT JOIN payments y ON y.order_id = o.id WHERE o.id = :id
"""
# The same lines as the approved statement's own set, which carries the statement's id; a payout
# has been charged to its book once and for all when it was approved.
SETTLE_AGAIN = """
INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
    month_on, benefit_class, agency, occurred_on, cause)
SELECT :set_id, 'settle', p.account_id, p.account_kind, p.amount_fen, p.fund, p.street_code,
    p.month_on, p.benefit_class, p.agency, :today, :settlement_id
FROM postings p WHERE p.set_id = :settlement_id
"""
RENEW = """
INSERT INTO payment_orders (id, settlement_id, payout_id, provider_id, person_id, area_code,
    amount_fen, ordered_on, nth)
VALUES (:id, :settlement_id, :payout_id, :provider_id, :person_id, :area_code, :amount_fen, :today,
    :nth)
"""
ORDERS = """
SELECT o.id AS order_id, o.settlement_id, o.payout_id, nullif(o.provider_id, '') AS provider_id,
    o.person_id, o.amount_fen, o.nth, o.ordered_on, y.batch_id, y.paid_on, y.returned_on,
    y.return_reason
FROM payment_orders o LEFT JOIN payments y ON y.order_id = o.id
WHERE (CAST(:after AS uuid) IS NULL OR o.id > :after)
    AND (NOT :returned OR y.returned_on IS NOT NULL)
ORDER BY o.id LIMIT :most
"""


class Batches(Books):
    """What goes to the bank."""

    async def waiting(self) -> Sequence[Row]:
        """Orders in no batch yet; `payee_id` is absent where none is in force."""
        await self._work.run(TURN)
        await self._work.run(PLACE, today=self.today)
        return await self._work.rows(WAITING, today=self.today)

    async def make(self, batch_id: UUID, orders: Sequence[Row]) -> Row:
        """Put orders into a batch, each with its payee."""
        made = [(row["id"], row["payee_id"], row["amount_fen"]) for row in orders]
        await self._work.run(
            MAKE,
            id=batch_id,
            area_code=self.policy.district,
            orders=len(made),
            total_fen=sum(amount for _, _, amount in made),
            today=self.today,
            sub=self._work.caller.sub,
            digest=digest_of(made),
        )
        await self._work.run(
            PUT,
            batch_id=batch_id,
            orders=[order for order, _, _ in made],
            payees=[payee for _, payee, _ in made],
        )
        row = await self.one(batch_id)
        assert row is not None
        return row

    async def one(self, batch_id: UUID) -> Row | None:
        return await self._work.row(ONE, id=batch_id)

    async def page(self, after: UUID | None, most: int) -> Sequence[Row]:
        return await self._work.rows(PAGE, after=after, most=most)

    async def lines(self, batch_id: UUID) -> list[PaymentLine]:
        """The batch as the bank reads it, with account numbers: written down as disclosed."""
        sealed = Payees(self._work).opened(await self._work.rows(SEALED, id=batch_id))
        rows = await self._work.rows(LINES, id=batch_id)
        self._work.audit("payment_file.disclosed", str(batch_id), count=len(rows))
        return [_line(row, sealed[row["payee_id"]]) for row in rows]

    async def order(self, order_id: UUID) -> Row | None:
        """One order, with the account that would be paid into now; others wait."""
        await self._work.run(TURN)
        return await self._work.row(ORDER, id=order_id, today=self.today)

    async def renew(self, order: Row) -> UUID:
        """Order a returned payment again, and book it as settled again."""
        made = new_id()
        settlement = {"settlement_id": order["settlement_id"], "today": self.today}
        await self._work.run(SETTLE_AGAIN, set_id=made, **settlement)
        fields: dict[str, Any] = {
            name: order[name]
            for name in ("payout_id", "provider_id", "person_id", "area_code", "amount_fen")
        }
        await self._work.run(RENEW, id=made, nth=order["nth"] + 1, **settlement, **fields)
        return made

    async def orders(self, after: UUID | None, most: int, *, returned: bool) -> Sequence[Row]:
        return await self._work.rows(ORDERS, after=after, most=most, returned=returned)


def _line(row: Row, account: Account) -> PaymentLine:
    return PaymentLine(
        row["order_id"],
        account.name or row["account_name"],
        account.number,
        row["bank_name"],
        row["amount_fen"],
        purpose_of(row["kind"], row["since_on"]),
    )
