"""What paper must say of itself and of the books: recomputed over all areas for verification."""

from __future__ import annotations

from shared.verification import Check, counted
from shared.work import Work

# Each statement answers with two columns: how many things were looked at, and how many are off.
COUNTED = {
    "paper_is_its_balance": """
        SELECT count(*), count(*) FILTER (WHERE a.balance_fen IS DISTINCT FROM s.live
            OR a.scheme <> 'paper' OR m.amount_fen IS DISTINCT FROM s.made)
        FROM paper_months m JOIN ledger_accounts a ON a.id = m.account_id LEFT JOIN (
            SELECT account_id, sum(amount_fen) AS made, coalesce(sum(amount_fen) FILTER (
                WHERE state IN ('generated', 'handed_out', 'lost')), 0) AS live
            FROM paper_serials GROUP BY account_id
        ) s ON s.account_id = m.account_id""",
    "paper_serials_in_one_state": """
        SELECT count(*), count(*) FILTER (WHERE e.state IS DISTINCT FROM s.state
            OR e.outcomes > 1 OR e.births <> 1)
        FROM paper_serials s LEFT JOIN (
            SELECT serial_id, (array_agg(state ORDER BY position DESC))[1] AS state,
                count(*) FILTER (WHERE state IN ('used', 'expired', 'void')) AS outcomes,
                count(*) FILTER (WHERE before IS NULL) AS births
            FROM paper_events GROUP BY serial_id
        ) e ON e.serial_id = s.id""",
    "paper_steps_follow_each_other": """
        SELECT count(*), count(*) FILTER (WHERE e.before IS DISTINCT FROM e.previous)
        FROM (SELECT before, lag(state) OVER (PARTITION BY serial_id ORDER BY position) AS previous
            FROM paper_events) e""",
    "paper_batches_are_their_serials": """
        SELECT count(*), count(*) FILTER (WHERE (b.people, b.serials, b.amount_fen)
            IS DISTINCT FROM (s.people, s.serials, s.amount_fen))
        FROM paper_batches b LEFT JOIN (
            SELECT m.batch_id, count(DISTINCT m.account_id) AS people, count(s.id) AS serials,
                sum(s.amount_fen) AS amount_fen
            FROM paper_months m JOIN paper_serials s ON s.account_id = m.account_id
            GROUP BY m.batch_id
        ) s ON s.batch_id = b.id""",
    "paper_redemptions_are_their_serials": """
        SELECT count(*), count(*) FILTER (WHERE r.amount_fen IS DISTINCT FROM s.total)
        FROM (SELECT id, amount_fen FROM redemptions WHERE channel = 'paper') r FULL JOIN (
            SELECT redemption_id, sum(amount_fen) AS total FROM paper_serials
            WHERE redemption_id IS NOT NULL GROUP BY redemption_id
        ) s ON s.redemption_id = r.id""",
    "paper_is_spent_by_paper_alone": """
        SELECT count(*), count(*) FILTER (WHERE (r.channel = 'paper') <> (a.scheme = 'paper'))
        FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
            JOIN redemptions r ON r.id = p.cause
        WHERE p.act = 'redeem' AND p.account_kind = 'holder'""",
    "recollections_are_their_serials": """
        SELECT count(*), count(*) FILTER (WHERE (r.serials, r.amount_fen)
            IS DISTINCT FROM (coalesce(s.n, 0), coalesce(s.total, 0)))
        FROM recollections r LEFT JOIN (
            SELECT recollection_id, count(*) AS n, sum(amount_fen) AS total FROM paper_serials
            WHERE recollection_id IS NOT NULL GROUP BY recollection_id
        ) s ON s.recollection_id = r.id""",
    "settled_paper_was_recollected": """
        SELECT count(*), count(*) FILTER (WHERE s.state = 'used' OR s.recollection_id IS NULL)
        FROM paper_serials s JOIN redemptions r ON r.id = s.redemption_id
            JOIN settlements t ON t.id = r.settlement_id AND t.second_on IS NOT NULL""",
    "destructions_are_their_serials": """
        SELECT count(*), count(*) FILTER (WHERE (d.serials, d.amount_fen)
            IS DISTINCT FROM (coalesce(s.n, 0), coalesce(s.total, 0))
            OR (d.signed_on IS NOT NULL) IS DISTINCT FROM s.destroyed)
        FROM destructions d LEFT JOIN (
            SELECT destruction_id, count(*) AS n, sum(amount_fen) AS total,
                bool_and(state = 'destroyed') AS destroyed
            FROM paper_serials WHERE destruction_id IS NOT NULL GROUP BY destruction_id
        ) s ON s.destruction_id = d.id""",
}


async def paper_checks(work: Work) -> list[Check]:
    """Every law of paper."""
    return await counted(work, COUNTED)
