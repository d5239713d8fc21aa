"""What holds and refunds must say: recomputed over all areas for the verification page."""

from __future__ import annotations

from shared.verification import Check, counted
from shared.work import Work

# Each statement answers with two columns: how many things were looked at, and how many are off.
COUNTED = {
    "refunds_are_booked": """
        SELECT count(*), count(*) FILTER (WHERE r.amount_fen IS DISTINCT FROM p.total)
        FROM refunds r FULL JOIN (
            SELECT set_id, -sum(amount_fen) AS total FROM postings
            WHERE act = 'refund' AND account_kind = 'provider_payable' GROUP BY set_id
        ) p ON p.set_id = r.id""",
    "refunds_within_redemptions": """
        SELECT count(*), count(*) FILTER (WHERE f.total > r.amount_fen
            OR f.provider_id <> r.provider_id OR f.person_id <> r.person_id)
        FROM (SELECT redemption_id, min(provider_id) AS provider_id, sum(amount_fen) AS total,
                CAST(min(CAST(person_id AS text)) AS uuid) AS person_id
            FROM refunds GROUP BY redemption_id) f JOIN redemptions r ON r.id = f.redemption_id""",
    "captures_within_holds": """
        SELECT count(*), count(*) FILTER (WHERE r.id IS NULL OR r.amount_fen > h.amount_fen
            OR r.provider_id <> h.provider_id OR r.person_id <> h.person_id)
        FROM holds h LEFT JOIN redemptions r ON r.id = h.redemption_id
        WHERE h.ended = 'captured'""",
}


async def till_checks(work: Work) -> list[Check]:
    """Every law of holds and refunds."""
    return await counted(work, COUNTED)
