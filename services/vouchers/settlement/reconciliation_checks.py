"""What statements, payment orders and the bank's answers must say of each other, as SQL.

Each statement answers with two columns: how many things were looked at, and how many are off.
"""

from __future__ import annotations

PAID = {
    # Gross lines less deductions is what the statement says, and what the ledger booked for them.
    "statements_are_their_lines": """
        SELECT count(*), count(*) FILTER (WHERE s.id IS NULL
            OR s.amount_fen IS DISTINCT FROM coalesce(r.total, 0) - coalesce(d.total, 0)
            OR s.redemptions IS DISTINCT FROM coalesce(r.n, 0)
            OR s.deductions IS DISTINCT FROM coalesce(d.n, 0)
            OR s.deducted_fen IS DISTINCT FROM coalesce(d.total, 0))
        FROM settlements s FULL JOIN (
            SELECT settlement_id, sum(amount_fen) AS total, count(*) AS n FROM redemptions
            WHERE settlement_id IS NOT NULL GROUP BY settlement_id
        ) r ON r.settlement_id = s.id LEFT JOIN (
            SELECT settlement_id, sum(amount_fen) AS total, count(*) AS n
            FROM settlement_deductions WHERE out_on IS NULL GROUP BY settlement_id
        ) d ON d.settlement_id = s.id""",
    "deductions_are_booked": """
        SELECT count(*), count(*) FILTER (WHERE d.amount_fen IS DISTINCT FROM p.total)
        FROM settlement_deductions d LEFT JOIN LATERAL (
            SELECT -sum(amount_fen) AS total FROM postings p
            WHERE p.set_id = d.source_id AND p.account_kind = 'provider_payable'
        ) p ON true""",
    # Settled in the books: an approved statement, unless its last payment came back. One that is
    # not above zero has no payment.
    "settlements_are_booked": """
        SELECT count(*), count(*) FILTER (WHERE s.id IS NULL
            OR (o.settlement_id IS NULL) <> (s.amount_fen <= 0)
            OR coalesce(p.total, 0) IS DISTINCT FROM
                CASE WHEN o.live = 1 OR s.amount_fen <= 0 THEN s.amount_fen ELSE 0 END
            OR o.live > 1 OR NOT o.same)
        FROM (SELECT * FROM settlements WHERE second_on IS NOT NULL) s FULL JOIN (
            SELECT cause, sum(amount_fen) AS total FROM postings
            WHERE act IN ('settle', 'unsettle') AND account_kind = 'settled' GROUP BY cause
        ) p ON p.cause = s.id FULL JOIN (
            SELECT o.settlement_id, count(*) FILTER (WHERE y.returned_on IS NULL) AS live,
                bool_and(o.amount_fen = s.amount_fen) AS same
            FROM payment_orders o JOIN settlements s ON s.id = o.settlement_id
                LEFT JOIN payments y ON y.order_id = o.id
            GROUP BY o.settlement_id
        ) o ON o.settlement_id = s.id""",
    "debts_are_their_statements": """
        SELECT count(*), count(*) FILTER (WHERE d.amount_fen IS DISTINCT FROM -s.amount_fen
            OR d.received_fen IS DISTINCT FROM coalesce(r.total, 0))
        FROM (SELECT * FROM settlements WHERE second_on IS NOT NULL AND amount_fen < 0) s
            FULL JOIN provider_debts d ON d.settlement_id = s.id LEFT JOIN (
                SELECT debt_id, sum(amount_fen) AS total FROM debt_receipts GROUP BY debt_id
            ) r ON r.debt_id = d.id""",
    "batches_are_their_orders": """
        SELECT count(*), count(*) FILTER (WHERE b.total_fen IS DISTINCT FROM o.total
            OR b.orders IS DISTINCT FROM o.n)
        FROM payment_batches b FULL JOIN (
            SELECT batch_id, sum(amount_fen) AS total, count(*) AS n FROM payments
            GROUP BY batch_id
        ) o ON o.batch_id = b.id""",
    "payments_are_as_ordered": """
        SELECT count(*), count(*) FILTER (WHERE y.amount_fen <> o.amount_fen
            OR y.provider_id <> o.provider_id OR p.provider_id <> o.provider_id
            OR y.person_id IS DISTINCT FROM o.person_id
            OR p.person_id IS DISTINCT FROM o.person_id
            OR p.valid_from_on IS NULL)
        FROM payments y JOIN payment_orders o ON o.id = y.order_id
            JOIN payees p ON p.id = y.payee_id""",
    "answers_keep_every_line": """
        SELECT count(*), count(*) FILTER (WHERE a.lines IS DISTINCT FROM l.n)
        FROM bank_answers a LEFT JOIN (
            SELECT answer_id, count(*) AS n FROM bank_answer_lines GROUP BY answer_id
        ) l ON l.answer_id = a.id""",
    "payments_rest_on_an_answer": """
        SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
                SELECT 1 FROM bank_answer_lines l WHERE l.order_id = o.order_id
                    AND l.result IN ('matched', 'late', 'returned'))
            AND NOT EXISTS (
                SELECT 1 FROM discrepancies d WHERE d.order_id = o.order_id
                    AND d.second_on IS NOT NULL AND d.resolution IN ('paid', 'returned')))
        FROM payments o WHERE o.paid_on IS NOT NULL OR o.returned_on IS NOT NULL""",
}
