"""What is proved of reclaims: no spending after a death is overlooked, and the books say all."""

from __future__ import annotations

from shared.verification import Check, counted
from shared.work import Work

# Each statement answers with two columns: how many things were looked at, and how many are off.
COUNTED = {
    # What was given back in the meantime needs no case; what came back by a case has one.
    "spent_after_death_is_in_a_case": """
        SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
            SELECT 1 FROM reclaim_lines l WHERE l.redemption_id = r.id))
        FROM redemptions r JOIN holders h ON h.person_id = r.person_id
        WHERE r.redeemed_on > h.died_on AND r.amount_fen > (
            SELECT coalesce(sum(-p.amount_fen), 0) FROM postings p
            WHERE p.cause = r.id AND p.act IN ('refund', 'recover')
                AND p.account_kind = 'provider_payable')""",
    "reclaim_decisions_are_their_parts": """
        SELECT count(*), count(*) FILTER (WHERE d.amount_fen IS DISTINCT FROM p.total
            OR (p.back > 0 AND d.outcome IS DISTINCT FROM 'approved'))
        FROM reclaim_decisions d LEFT JOIN (
            SELECT decision_id, sum(amount_fen) AS total, sum(recovered_fen) AS back
            FROM reclaim_parts GROUP BY decision_id
        ) p ON p.decision_id = d.id""",
    "reclaim_receipts_are_booked": """
        SELECT count(*), count(*) FILTER (WHERE r.amount_fen IS DISTINCT FROM p.total)
        FROM reclaim_receipts r LEFT JOIN (
            SELECT cause, sum(amount_fen) AS total FROM postings
            WHERE act = 'recover' AND account_kind = 'recovered' GROUP BY cause
        ) p ON p.cause = r.id""",
    "recovered_is_what_came_back": """
        SELECT count(*), count(*) FILTER (WHERE p.total IS DISTINCT FROM d.total)
        FROM (SELECT fund, sum(amount_fen) AS total FROM postings
            WHERE act = 'recover' AND account_kind = 'recovered' GROUP BY fund) p
        FULL JOIN (SELECT fund, sum(recovered_fen) AS total FROM reclaim_parts
            GROUP BY fund HAVING sum(recovered_fen) > 0) d ON d.fund = p.fund""",
}


async def reclaim_checks(work: Work) -> list[Check]:
    """Every law of reclaims, over all areas."""
    return await counted(work, COUNTED)
