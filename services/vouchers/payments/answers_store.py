"""The bank's answers: kept whole, compared with the orders in one statement, booked once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.payments.answers import Answered
from services.vouchers.payments.payees_store import Payees
from services.vouchers.payments.payouts_store import PaidOut
from services.vouchers.payments.returns_store import Returns
from shared.contracts.ids import new_id
from shared.work import Row

TURN = "SELECT pg_advisory_xact_lock(hashtext('vouchers.answers'), hashtext(:batch))"
BATCH = "SELECT 1 FROM payment_batches WHERE id = :id"
KNOWN = """
SELECT id FROM bank_answers WHERE batch_id = :batch_id AND file_digest = :file_digest
"""
KEEP = """
INSERT INTO bank_answers (id, batch_id, area_code, file_digest, lines, received_on, received_by)
VALUES (:id, :batch_id, :area_code, :file_digest, :lines, :today, :sub)
"""
# A first word on an order counts; the same again is a double. What came back after it had been
# paid is a return.
COMPARE = """
INSERT INTO bank_answer_lines (answer_id, line, area_code, order_ref, order_id, amount_fen, state,
    answered_on, bank_ref, reason, result)
SELECT :answer_id, g.line, :area_code, g.order_ref, o.order_id, g.amount_fen, g.state,
    g.answered_on, g.bank_ref, g.reason, CASE
        WHEN o.order_id IS NULL THEN 'unknown'
        WHEN o.returned_on IS NOT NULL OR (o.paid_on IS NOT NULL AND g.state = 'paid')
            OR row_number() OVER (PARTITION BY o.order_id ORDER BY g.line) > 1 THEN 'double'
        WHEN g.digest <> p.digest THEN 'wrong_provider'
        WHEN g.amount_fen <> o.amount_fen THEN 'amount_differs'
        WHEN g.state = 'returned' THEN 'returned'
        WHEN g.answered_on > b.made_on + CAST(:late_days AS integer) THEN 'late'
        ELSE 'matched'
    END
FROM unnest(CAST(:lines AS integer[]), CAST(:refs AS text[]), CAST(:orders AS uuid[]),
        CAST(:amounts AS bigint[]), CAST(:states AS text[]), CAST(:days AS date[]),
        CAST(:digests AS bytea[]), CAST(:bank_refs AS text[]), CAST(:reasons AS text[]))
        AS g(line, order_ref, order_id, amount_fen, state, answered_on, digest, bank_ref, reason)
    JOIN payment_batches b ON b.id = :batch_id
    LEFT JOIN payments o ON o.order_id = g.order_id AND o.batch_id = b.id
    LEFT JOIN payees p ON p.id = o.payee_id
"""
PAID = """
UPDATE payments o SET paid_on = l.answered_on, bank_ref = l.bank_ref
FROM bank_answer_lines l
WHERE l.answer_id = :answer_id AND l.result IN ('matched', 'late') AND o.order_id = l.order_id
"""
RETURNED = """
SELECT l.order_id, l.answered_on, l.reason FROM bank_answer_lines l
WHERE l.answer_id = :answer_id AND l.result = 'returned'
"""
DIFFER = """
INSERT INTO discrepancies (batch_id, answer_id, line, order_id, area_code, code)
SELECT :batch_id, l.answer_id, l.line, l.order_id, l.area_code, l.result FROM bank_answer_lines l
WHERE l.answer_id = :answer_id AND l.result NOT IN ('matched', 'returned') ORDER BY l.line
"""
MISSING = """
INSERT INTO discrepancies (batch_id, answer_id, order_id, area_code, code)
SELECT o.batch_id, :answer_id, o.order_id, o.area_code, 'missing'
FROM payments o
WHERE o.batch_id = :batch_id AND o.paid_on IS NULL AND o.returned_on IS NULL
    AND NOT EXISTS (SELECT 1 FROM bank_answer_lines l WHERE l.order_id = o.order_id)
    AND NOT EXISTS (SELECT 1 FROM discrepancies d
        WHERE d.order_id = o.order_id AND d.code = 'missing' AND d.second_on IS NULL
            AND d.answered_by IS NULL)
ORDER BY o.order_id
"""
MENDED = """
UPDATE discrepancies d SET answered_by = :answer_id
FROM bank_answer_lines l
WHERE l.answer_id = :answer_id AND d.order_id = l.order_id AND d.code = 'missing'
    AND d.second_on IS NULL AND d.answered_by IS NULL
"""
ANSWER = """
SELECT a.id AS answer_id, a.batch_id, a.lines, a.file_digest, a.received_on, a.received_by
FROM bank_answers a WHERE a.id = :id
"""
COUNTS = """
SELECT result, count(*) AS n, CAST(sum(amount_fen) AS bigint) AS total_fen
FROM bank_answer_lines WHERE answer_id = :id GROUP BY result
UNION ALL
SELECT 'missing', count(*), CAST(coalesce(sum(o.amount_fen), 0) AS bigint)
FROM discrepancies d JOIN payments o ON o.order_id = d.order_id
WHERE d.answer_id = :id AND d.code = 'missing' HAVING count(*) > 0
"""
LINES = """
SELECT line, order_ref, order_id, amount_fen, state, answered_on, bank_ref, reason, result
FROM bank_answer_lines
WHERE answer_id = :id AND line > :after AND (CAST(:result AS text) IS NULL OR result = :result)
ORDER BY line LIMIT :most
"""


class Answers(Books):
    """What the bank said to a batch."""

    async def known(self, batch_id: UUID, file_digest: str) -> UUID | None:
        """The answer that this very file made before; others wait until this one is done."""
        await self._work.run(TURN, batch=str(batch_id))
        found: UUID | None = await self._work.value(
            KNOWN, batch_id=batch_id, file_digest=file_digest
        )
        return found

    async def has_batch(self, batch_id: UUID) -> bool:
        return await self._work.value(BATCH, id=batch_id) is not None

    async def take(self, batch_id: UUID, file_digest: str, answer: Answered) -> UUID:
        """Keep the answer, compare every line, and book what it ends."""
        answer_id = new_id()
        await self._work.run(
            KEEP,
            id=answer_id,
            batch_id=batch_id,
            area_code=self.policy.district,
            file_digest=file_digest,
            lines=len(answer.lines),
            today=self.today,
            sub=self._work.caller.sub,
        )
        await self._compare(answer_id, batch_id, answer)
        await self._work.run(PAID, answer_id=answer_id)
        await PaidOut(self._work).answered(answer_id)
        returned = await self._work.rows(RETURNED, answer_id=answer_id)
        await Returns(self._work).book(
            [(row["order_id"], row["answered_on"], row["reason"]) for row in returned]
        )
        await self._work.run(DIFFER, answer_id=answer_id, batch_id=batch_id)
        await self._work.run(MENDED, answer_id=answer_id)
        await self._work.run(MISSING, answer_id=answer_id, batch_id=batch_id)
        return answer_id

    async def _compare(self, answer_id: UUID, batch_id: UUID, answer: Answered) -> None:
        await self._work.run(
            COMPARE,
            answer_id=answer_id,
            batch_id=batch_id,
            area_code=self.policy.district,
            late_days=self.policy.payment_late_days.on(self.today),
            lines=answer.lines,
            refs=answer.refs,
            orders=answer.orders,
            amounts=answer.amounts,
            states=answer.states,
            days=answer.days,
            digests=Payees(self._work).digests(answer.accounts),
            bank_refs=answer.bank_refs,
            reasons=answer.reasons,
        )

    async def one(self, answer_id: UUID) -> Row | None:
        return await self._work.row(ANSWER, id=answer_id)

    async def counts(self, answer_id: UUID) -> Sequence[Row]:
        """Lines and money by result; orders that the bank did not name are `missing`."""
        return await self._work.rows(COUNTS, id=answer_id)

    async def lines(
        self, answer_id: UUID, after: int, most: int, result: str | None
    ) -> Sequence[Row]:
        return await self._work.rows(LINES, id=answer_id, after=after, most=most, result=result)
