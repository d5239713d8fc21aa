"""What is proved of the other money: each payment order is booked, to the fen, and only once."""

from __future__ import annotations

from shared.verification import Check, counted
from shared.work import Work

# Each statement answers with two columns: how many things were looked at, and how many are off.
COUNTED = {
    "payouts_are_booked": """
        SELECT count(*), count(*) FILTER (WHERE coalesce(p.total, 0)
            IS DISTINCT FROM CASE WHEN o.void_on IS NULL THEN o.amount_fen ELSE 0 END)
        FROM payouts o FULL JOIN (
            SELECT cause, sum(amount_fen) AS total FROM postings
            WHERE act IN ('claim', 'subsidy', 'reward', 'training')
                AND account_kind IN ('claims', 'subsidies', 'rewards', 'training')
            GROUP BY cause
        ) p ON p.cause = o.id""",
    # What the bank was told last of a payout is what the payout says of itself.
    "payouts_are_as_the_bank_says": """
        SELECT count(*), count(*) FILTER (WHERE p.amount_fen <> o.amount_fen
            OR p.agency <> o.provider_id OR p.person_id IS DISTINCT FROM o.person_id
            OR (y.paid_on IS NOT NULL) <> (p.paid_on IS NOT NULL)
            OR p.payment_no <> CAST(o.id AS text) OR p.void_on IS NOT NULL)
        FROM (SELECT DISTINCT ON (payout_id) * FROM payment_orders
            WHERE payout_id IS NOT NULL ORDER BY payout_id, nth DESC) o
            JOIN payouts p ON p.id = o.payout_id LEFT JOIN payments y ON y.order_id = o.id""",
    "claims_are_paid_from_their_receipts": """
        SELECT count(*), count(*) FILTER (WHERE c.amount_fen IS DISTINCT FROM r.total
            OR (c.state = 'approved' AND c.approved_fen IS DISTINCT FROM o.amount_fen)
            OR (c.state <> 'approved' AND o.id IS NOT NULL))
        FROM medical_claims c LEFT JOIN (
            SELECT claim_id, sum(amount_fen) AS total FROM claim_receipts GROUP BY claim_id
        ) r ON r.claim_id = c.id LEFT JOIN payouts o ON o.id = c.id""",
    "devices_are_within_their_quota": """
        SELECT count(*), count(*) FILTER (WHERE t.sold <> s.n OR t.sold > t.quota
            OR s.subsidy_fen <> t.sold * t.subsidy_fen)
        FROM device_tenders t CROSS JOIN LATERAL (
            SELECT count(*) AS n, coalesce(sum(subsidy_fen), 0) AS subsidy_fen FROM device_sales
            WHERE tender_id = t.id AND returned_on IS NULL) s""",
    "rewards_were_approved": """
        SELECT count(*), count(*) FILTER (WHERE r.outcome IS DISTINCT FROM 'approved'
            OR r.amount_fen <> o.amount_fen)
        FROM payouts o LEFT JOIN rewards r ON r.id = o.id WHERE o.kind IN ('reward', 'training')""",
}


async def payout_checks(work: Work) -> list[Check]:
    """Every law of the other money, over all areas."""
    return await counted(work, COUNTED)
