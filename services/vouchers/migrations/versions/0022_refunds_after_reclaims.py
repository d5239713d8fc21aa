"""What a reclaim took back, or has the family owe, is not given back a second time."""

from __future__ import annotations

from importlib import import_module

from shared.ground.v1 import definer, run_script

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

REFUND_OF = "refund_of(uuid, uuid)"
# The holder first, then the redemption: nobody spends, dies or lapses while money comes back. A
# provider's part has been booked back; a family's is owed from the second signature on.
LOAD = """
CREATE FUNCTION reclaimed_of(p_redemption uuid) RETURNS TABLE (
    fund text, street_code text, month_on date, benefit_class text, amount_fen bigint
) LANGUAGE sql STABLE SET search_path = vouchers, pg_temp AS $$
    SELECT p.fund, p.street_code, p.month_on, p.benefit_class, CAST(sum(p.amount_fen) AS bigint)
    FROM reclaim_parts p JOIN reclaim_decisions d ON d.id = p.decision_id
    WHERE p.redemption_id = p_redemption AND d.outcome = 'approved' AND d.way <> 'waive'
    GROUP BY 1, 2, 3, 4
$$;
DROP FUNCTION refund_of(uuid, uuid);
CREATE FUNCTION refund_of(p_id uuid, p_redemption uuid) RETURNS TABLE (
    taken boolean, redemption_id uuid, person_id uuid, application_id uuid, area_code text,
    provider_id text, amount_fen bigint, redeemed_on date, settled boolean, died_on date,
    refunded_fen bigint, reclaimed_fen bigint, channel text, parts text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM holders h WHERE h.person_id = (SELECT person_id FROM redemptions
        WHERE id = p_redemption) FOR NO KEY UPDATE;
    PERFORM 1 FROM redemptions WHERE id = p_redemption FOR NO KEY UPDATE;
    RETURN QUERY SELECT EXISTS (SELECT 1 FROM refunds WHERE id = p_id),
        r.id, r.person_id, r.application_id, r.area_code, r.provider_id, r.amount_fen,
        r.redeemed_on, r.settlement_id IS NOT NULL, h.died_on,
        CAST(coalesce((SELECT sum(f.amount_fen) FROM refunds f
            WHERE f.redemption_id = r.id), 0) AS bigint),
        CAST(coalesce((SELECT sum(k.amount_fen) FROM reclaimed_of(r.id) k), 0) AS bigint),
        r.channel,
        (SELECT CAST(json_agg(json_build_object('account_id', c.account_id,
                'month_on', a.month_on, 'valid_until_on', a.valid_until_on,
                'left_fen', c.left_fen - coalesce(k.amount_fen, 0))
                ORDER BY a.month_on DESC) AS text)
            FROM (SELECT p.account_id, -sum(p.amount_fen) AS left_fen FROM postings p
                WHERE p.account_kind = 'holder' AND ((p.act = 'redeem' AND p.cause = r.id)
                    OR (p.act = 'refund' AND p.set_id IN (SELECT id FROM refunds
                        WHERE redemption_id = r.id)))
                GROUP BY p.account_id) c JOIN ledger_accounts a ON a.id = c.account_id
                LEFT JOIN reclaimed_of(r.id) k ON k.fund = a.fund
                    AND k.street_code = a.street_code AND k.month_on = a.month_on
                    AND k.benefit_class = a.benefit_class)
    FROM redemptions r JOIN holders h ON h.person_id = r.person_id
    WHERE r.id = p_redemption AND scope_agency() IN ('', r.provider_id);
END $$;
"""
BEFORE = import_module("services.vouchers.migrations.versions.0014_suspicions")
SPENT = "IF r.amount_fen < (SELECT sum(amount_fen) FROM refunds WHERE redemption_id = r.id) THEN"
SPENT_OR_RECLAIMED = """IF r.amount_fen < (SELECT sum(amount_fen) FROM refunds
            WHERE redemption_id = r.id)
        + coalesce((SELECT sum(k.amount_fen) FROM reclaimed_of(r.id) k), 0) THEN"""


def _refunds(*, guarded: bool) -> str:
    """The two functions of refunds as they were, or the booking alone with its wider guard."""
    script: str = BEFORE.REFUNDS
    assert SPENT in script
    if not guarded:
        return script.replace("CREATE FUNCTION book_", "CREATE OR REPLACE FUNCTION book_")
    booking = script[script.index("CREATE FUNCTION book_refund") :]
    return booking.replace(SPENT, SPENT_OR_RECLAIMED).replace("CREATE", "CREATE OR REPLACE")


def upgrade() -> None:
    run_script(LOAD + _refunds(guarded=True))
    run_script("REVOKE ALL ON FUNCTION reclaimed_of(uuid) FROM PUBLIC;")
    definer("vouchers", REFUND_OF)


def downgrade() -> None:
    run_script(f"DROP FUNCTION {REFUND_OF};" + _refunds(guarded=False))
    run_script("DROP FUNCTION reclaimed_of(uuid);")
    definer("vouchers", REFUND_OF)
